"""The rows of each kind of source end in the target, on the real local stack, with books that balance."""

from __future__ import annotations

from pathlib import Path

from tests.sources.everything import play


def test_the_rows_of_every_source_end_in_the_target(tmp_path: Path) -> None:
    found = play(tmp_path)
    assert {one.kind for one in found} >= {"http", "connect", "sheets", "postgresql", "custom"}
    assert all(one.good for one in found), "\n".join(one.line for one in found)
