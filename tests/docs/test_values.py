"""What docs/reference/values.md shows of each setting is what a contract with that setting does."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import fields

import pytest

from chalicelib.domain.contract.notation import Notation
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.contracts import toml
from tests.support.files.engine import stage_file
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/values.md").read_text()
EXAMPLES = re.findall(r"^\| `(type = [^`]*)` \| `([^`]*)` \| (?:`([^`]*)`|(NULL)|rejected, ([0-9]+)) \|$", PAGE, re.M)


def plain(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text).replace(r"\t", "\t")


def staged(settings: str, written: str):
    contract = read_contract(
        "thing.toml", toml(columns=f'id = {{ type = "bigint", required = true }}\nc = {{ {settings} }}\n')
    )
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("id", "c"), (1, plain(written))])
    return stage_file(out.getvalue().encode(), contract, 1 << 20)


def test_every_example_is_found():
    assert len(EXAMPLES) == len(re.findall(r"^\| `type = ", PAGE, re.M)) > 30


@pytest.mark.parametrize(("settings", "written", "value", "null", "code"), EXAMPLES)
def test_an_example_is_loaded_or_rejected_as_shown(settings, written, value, null, code):
    found = staged(settings, written)
    if code:
        assert [reject.code for reject in found.rejects] == [int(code)]
        assert plain(written) in next(csv.reader([found.rejects[0].record.decode()]))
    else:
        assert found.rejects == []
        (row,) = csv.reader([found.good.decode()])
        assert row[-1] == ("" if null else plain(value))


def test_every_setting_is_explained():
    named = re.findall(
        r"`([a-z_]+)`", "".join(re.findall(r"^\| (`[a-z_`, ]+) \| [a-z, ]+ \|", PAGE.partition("## Numbers")[0], re.M))
    )
    assert named == [field.name for field in fields(Notation)]
