"""How COPY reads dates and timestamps in several formats."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.copy_times import copy_formats, staged_as_text
from chalicelib.domain.warehouse.load import render_load
from tests.support.contracts import COLUMNS, toml
from tests.support.load_orders import load_of_one


def dated(**formats: str) -> Contract:
    kinds = {name: "timestamp" if name.startswith("at") else "date" for name in formats}
    columns = "".join(f'{n} = {{ type = "{kinds[n]}", format = "{f}" }}\n' for n, f in formats.items())
    return read_contract("thing.toml", toml(columns=COLUMNS + columns))


@pytest.mark.parametrize(
    ("formats", "notified", "as_text"),
    [
        ({"a": "", "b": ""}, "", []),
        ({"a": "auto", "b": ""}, " DATEFORMAT AS 'auto'", []),
        ({"a": "DD.MM.YYYY", "b": "DD.MM.YYYY"}, " DATEFORMAT AS 'DD.MM.YYYY'", []),
        ({"a": "DD.MM.YYYY", "b": ""}, "", ["a"]),
        ({"a": "DD MON YYYY", "b": "", "c": "DD.MM.YYYY"}, " DATEFORMAT AS 'DD MON YYYY'", ["b", "c"]),
        ({"at": "DD.MM.YYYY HH24:MI", "a": ""}, " TIMEFORMAT AS 'DD.MM.YYYY HH24:MI'", []),
        ({"at": ""}, " TIMEFORMAT AS 'auto'", []),
    ],
)
def test_copy_is_given_the_format_that_needs_it_most(
    formats: dict[str, str], notified: str, as_text: list[str]
) -> None:
    contract = dated(**formats)
    assert copy_formats(contract) == notified
    assert list(staged_as_text(contract)) == as_text


def test_the_others_are_cut_and_cast_in_one_update() -> None:
    contract = dated(a="", b="DD MON YYYY", c="DD.MM.YYYY", at="", at_too="HH24:MI:SS DD.MM.YYYY")
    order = load_of_one(
        contract=contract,
        columns=tuple(c.name for c in contract.columns),
        load_id="0123456789abcdef" * 2,
        run_id="run",
        source_order="1",
        bucket="landing-zone",
        key="k",
        rows_read=1,
        rows_good=1,
        rows_rejected=0,
        manifest="s3://landing-zone/processed/x/manifest.json",
        iam_role="default",
    )
    [update] = [s for s in render_load(order).statements if s.startswith("UPDATE")]
    assert '"a" = CAST("_text_2" AS date)' in update
    assert (
        '"c" = CAST(\'\' || SUBSTRING("_text_4", 7, 4) || \'-\' || SUBSTRING("_text_4", 4, 2)'
        " || '-' || SUBSTRING(\"_text_4\", 1, 2) AS date)"
    ) in update
    assert '"at" = CAST("_text_5" AS timestamp)' in update
    assert '"at_too"' not in update
    assert '"b" =' not in update
