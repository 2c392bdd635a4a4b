"""Names of files that S3 can hold, and names of parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import StageAs
from chalicelib.domain.run.keys import LONGEST, is_part_of, part, part_without, too_long
from chalicelib.domain.run.model import Chunk
from tests.security.runs import run_of


@pytest.mark.parametrize(
    ("name", "long"), [("a" * LONGEST, False), ("a" * (LONGEST + 1), True), ("ü" * 512 + "a", True)]
)
def test_a_key_has_a_most_of_bytes(name: str, long: bool) -> None:
    assert too_long(name) is long


@pytest.mark.parametrize(("form", "ending"), [(StageAs.CSV, ".csv.zst"), (StageAs.JSON, ".json.zst")])
def test_a_part_is_named_by_the_form_of_its_rows(form: StageAs, ending: str) -> None:
    run = run_of("incoming/thing/a.csv")
    chunk = Chunk(run_id=run.run_id, generation=1, number=3, start=7, stop=9)
    chunk = replace(chunk, part=part(run, chunk, 7, form))
    assert chunk.part == f"processed/{run.prefix}/part-00003{ending}"
    assert part(run, chunk, 8, form) == f"processed/{run.prefix}/part-00003-from-7{ending}"
    assert part_without(chunk, 2) == f"processed/{run.prefix}/part-00003-without-2{ending}"
    assert is_part_of(chunk, chunk.part)
    assert is_part_of(chunk, part_without(chunk, 2))
    assert not is_part_of(chunk, part(run, replace(chunk, number=4), 7, form))
