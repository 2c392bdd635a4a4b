"""`landfall check` on a file of bad rows only: all are counted, the first 100,000 of a chunk explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from chalicelib.domain.run.rejects import EXPLAINED
from tests.landfall.conftest import Landfall

Write = Callable[..., Path]
MORE = 50


def test_all_bad_rows_are_counted_and_the_first_are_shown(
    landfall: Landfall, transactions: Write, tmp_path: Path
) -> None:
    path, out = transactions(*["ragged"] * EXPLAINED, *['"x"y'] * MORE), tmp_path / "rejects"
    done = landfall("check", path, "--json", "--rejects", out)
    (line,) = done.lines
    assert done.code == 1
    assert line["rows_rejected"] == line["rows_read"] == EXPLAINED + MORE
    assert [len(line["rejects"]), line["rejects"][-1]["line"]] == [EXPLAINED, EXPLAINED + 1]
    assert line["refusal"]["code"] == "TOO_MANY_REJECTS"
    rejects = out.read_text().splitlines()
    assert [len(rejects), json.loads(rejects[-1])["line"]] == [EXPLAINED, EXPLAINED + 1]
    text = landfall("check", path).out
    assert f"{EXPLAINED + MORE:,} rejected in all: {EXPLAINED:,} of code 1203, {MORE} of code 1216" in text
