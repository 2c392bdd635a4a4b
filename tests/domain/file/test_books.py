"""A file's books must balance."""

from __future__ import annotations

import pytest

from chalicelib.domain.file.books import totals
from chalicelib.domain.run.model import Chunk
from chalicelib.errors import Broken


def test_rows_that_are_unaccounted_for_end_the_run() -> None:
    chunk = Chunk(run_id="r", generation=1, number=1, start=0, stop=1, read=3, good=1, rejected=1)
    with pytest.raises(Broken, match="3 rows read, but 1 good and 1 rejected") as refused:
        totals([chunk])
    assert refused.value.code == "UNBALANCED"
