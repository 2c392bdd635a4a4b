"""A file's books must balance."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.file.books import as_accepted, refuse_if_too_bad, refuse_more_wrong_cuts, totals
from chalicelib.domain.run.model import Chunk, Counts, Run, RunState, SourceObject
from chalicelib.domain.run.rejects import EXPLAINED
from chalicelib.errors import Broken, Rejected
from tests.support.files.engine import contract, text


def test_rows_that_are_unaccounted_for_end_the_run() -> None:
    chunk = Chunk(run_id="r", generation=1, number=1, start=0, stop=1, read=3, good=1, rejected=1)
    with pytest.raises(Broken, match="3 rows read, but 1 good and 1 rejected") as refused:
        totals([chunk])
    assert refused.value.code == "UNBALANCED"


def test_wrong_cuts_are_mended_up_to_a_bound() -> None:
    source = SourceObject(bucket="b", key="k", etag="e", size=1)
    run = Run(
        run_id="r",
        object="o",
        source=source,
        state=RunState.STAGING,
        arrived_at=0.0,
        updated_at=0.0,
        chunks=9,
        reopened=3,
    )
    refuse_more_wrong_cuts(run, 4)
    with pytest.raises(Broken, match="more than 3 of its 9 chunks began inside a quoted text") as refused:
        refuse_more_wrong_cuts(run, 3)
    assert refused.value.code == "TOO_MANY_WRONG_CUTS"


def test_more_bad_rows_than_are_kept_cannot_be_accepted() -> None:
    accepted = as_accepted(contract(Column(name="a", type=text())))
    refuse_if_too_bad(accepted, Counts(read=EXPLAINED, rejected=EXPLAINED), None, accepted=True)
    with pytest.raises(Rejected, match="at most 100,000 rows can be accepted") as refused:
        refuse_if_too_bad(accepted, Counts(read=EXPLAINED + 1, rejected=EXPLAINED + 1), None, accepted=True)
    assert refused.value.code == "TOO_MANY_REJECTS"
