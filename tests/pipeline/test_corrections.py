"""Corrected rows on their way: what others do meanwhile, and what the warehouse has against them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.contract.layout import ANY_TEXT
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import LedgerRow, Run, RunState
from chalicelib.operations.reruns import rerun
from chalicelib.operations.resubmits import resubmit
from chalicelib.pipeline.corrections import corrected_offsets, update_books
from tests.simulation import corrections
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.scenarios import numbered, text

BAD = corrections.BAD[:2]
BODY = text(numbered(2), BAD)
COLUMNS = ("id", "value", "amount")


def landed(deployment: SimulatedDeployment, key: str = "incoming/thing/a.csv") -> Run:
    source = deployment.put(key, BODY, numbered(2))
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, source.key)
    assert newest
    return deployment.runs.runs[newest.run_id]


def order(file: Run, *rows: tuple[str, str, str]) -> ResubmitRequest:
    offsets = [BODY.index(bad.encode()) for bad in BAD]
    return ResubmitRequest(generation=file.generation, columns=COLUMNS, rows=dict(zip(offsets, rows, strict=False)))


@pytest.fixture
def quiet() -> SimulatedDeployment:
    return SimulatedDeployment()


def test_simultaneous_corrections_are_all_in_the_books(quiet: SimulatedDeployment) -> None:
    """Worker 1 reads the books, then worker 2 corrects and books another row; worker 1 writes what it read."""
    file = landed(quiet)
    first = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1")))
    quiet.settle()
    other = ResubmitRequest(generation=1, columns=COLUMNS, rows={BODY.index(BAD[1].encode()): ("x2", "z", "2")})
    books, notified = quiet.warehouse.books, []

    class Late:
        """The warehouse, slow to answer once."""

        def books(self, load_id: str) -> LedgerRow | None:
            row = books(load_id)
            if not notified:
                notified.append(row)
                resubmit(quiet.pipeline, file, other)
                quiet.settle()
            return row

    update_books(replace(quiet.pipeline.ctx, warehouse=Late()), quiet.runs.runs[first.run_id])  # type: ignore[arg-type]
    assert notified[0] is not None
    assert notified[0].corrected == 1
    counts = quiet.runs.runs[file.run_id].counts
    assert (counts.corrected, counts.rejected, counts.settled) == (2, 0, True)


def test_books_of_a_file_that_was_run_again_are_left_alone(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1")))
    quiet.settle()
    quiet.runs.runs[file.run_id] = again = replace(quiet.runs.runs[file.run_id], generation=2)
    update_books(quiet.pipeline.ctx, quiet.runs.runs[correction.run_id])
    assert quiet.runs.runs[file.run_id] == again


def test_rows_deleted_from_the_target_stay_in_the_books(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1")))
    quiet.settle()
    origins = quiet.objects.head(BUCKET, keys.row_origins(correction.source.key))
    quiet.objects.delete(origins)
    quiet.runs.runs[file.run_id] = replace(quiet.runs.runs[file.run_id], counts=file.counts)
    update_books(quiet.pipeline.ctx, quiet.runs.runs[correction.run_id])
    assert quiet.runs.runs[file.run_id].counts.corrected == 1


def test_a_file_without_corrections_has_no_books_to_update(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    update_books(quiet.pipeline.ctx, file)
    assert quiet.runs.runs[file.run_id] == file


def test_a_key_twice_among_corrected_rows_is_named_by_its_line(quiet: SimulatedDeployment) -> None:
    contracts = {**quiet.pipeline.ctx.contracts}
    unique = contracts["unique"]
    contracts["unique"] = replace(unique, limits=replace(unique.limits, max_reject_ratio=1.0))
    quiet.reconfigure(contracts=contracts)
    file = landed(quiet, "incoming/unique/a.csv")
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1"), ("x1", "z", "2")))
    quiet.settle()
    ended = quiet.runs.runs[correction.run_id]
    assert ended.state is RunState.REJECTED
    assert ended.problem is not None
    assert (ended.problem.code, ended.problem.line) == ("DUPLICATE_KEYS", 5)
    assert ended.problem.byte_offset == BODY.index(BAD[1].encode())
    assert quiet.runs.runs[file.run_id].counts.corrected == 0


def test_corrections_are_loaded_one_by_one_and_beside_no_file(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    sent = [resubmit(quiet.pipeline, file, order(file, ("x1", "y", str(n)))) for n in range(2)]
    quiet.put("incoming/thing/b.csv", text(numbered(2, tag="b")), numbered(2, tag="b"))
    quiet.settle()
    orders = [statement.order for statement in quiet.warehouse.statements.values()]
    assert [len(one.shares) for one in orders] == [1] * 4
    assert sum(quiet.runs.runs[run.run_id].counts.duplicate for run in sent) == 1
    assert quiet.runs.runs[file.run_id].counts.corrected == 1


def test_what_lies_beside_the_rejects_is_no_reject(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1"), ("x2", "z", "b")))
    quiet.settle()
    found = [o.key for o in quiet.objects.list(BUCKET, "rejected/")]
    own = keys.rejects_prefix(file)
    still_bad = keys.rejects(correction, 1)
    assert sorted(found) == sorted([still_bad, keys.rejects(file, 1), f"{own}corrections/{correction.load_id}.json"])
    assert [o.key for o in quiet.objects.list(BUCKET, keys.reject_parts(file))] == [keys.rejects(file, 1)]


def test_what_a_person_wrote_lies_where_values_are_not_masked(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1"), ("x2", "z", "b")))
    beside = f"processed/{file.prefix}/corrections/{correction.run_id}"
    assert (correction.source.key, keys.row_origins(correction.source.key)) == (f"{beside}.csv", f"{beside}.origins")


def test_another_workers_look_at_the_file_is_no_end_of_the_books(quiet: SimulatedDeployment) -> None:
    """Worker 1 is about to write the file's counts, then worker 2 writes its record."""
    file = landed(quiet)
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1")))
    quiet.settle()
    books, notified = quiet.warehouse.books, []
    quiet.runs.runs[file.run_id] = replace(quiet.runs.runs[file.run_id], counts=file.counts)

    class Crossed:
        """The run store, in which somebody else is faster once."""

        get = staticmethod(quiet.runs.get)

        @staticmethod
        def change(run: Run, **changes: object) -> Run:
            if not notified:
                notified.append(run)
                quiet.runs.change(run)
            return quiet.runs.change(run, **changes)

    quiet.reconfigure(runs=Crossed())  # type: ignore[arg-type]
    update_books(quiet.pipeline.ctx, quiet.runs.runs[correction.run_id])
    assert quiet.runs.runs[file.run_id].counts == file.counts.after(books(file.load_id))  # type: ignore[arg-type]


def test_bad_rows_may_be_resubmitted_after_a_contract_change(quiet: SimulatedDeployment) -> None:
    file = landed(quiet)
    sent = order(file, ("x1", "y", "1"), ("x2", "z", "b"))
    correction = resubmit(quiet.pipeline, file, sent)
    quiet.settle()
    assert resubmit(quiet.pipeline, file, sent).generation == 1, "the same rows, judged alike"
    amounts = replace(quiet.pipeline.ctx.contracts["thing"], fingerprint="another")
    texts = tuple(replace(c, type=ANY_TEXT) if c.name == "amount" else c for c in amounts.columns)
    quiet.reconfigure(contracts={**quiet.pipeline.ctx.contracts, "thing": replace(amounts, columns=texts)})
    assert resubmit(quiet.pipeline, file, sent).generation == 2
    quiet.settle()
    again = quiet.runs.runs[correction.run_id].counts
    assert (again.read, again.duplicate, again.inserted) == (2, 1, 1), (
        "what was corrected before is not corrected again"
    )
    assert quiet.runs.runs[file.run_id].counts.corrected == 2


def test_what_is_corrected_is_never_listed_again(quiet: SimulatedDeployment) -> None:
    """Not even if the correction is run again by a contract that refuses the row by now."""
    file = landed(quiet)
    correction = resubmit(quiet.pipeline, file, order(file, ("x1", "y", "1")))
    quiet.settle()
    thing = replace(quiet.pipeline.ctx.contracts["thing"], fingerprint="another")
    refusing = tuple(replace(c, values=("no",)) if c.name == "value" else c for c in thing.columns)
    quiet.reconfigure(contracts={**quiet.pipeline.ctx.contracts, "thing": replace(thing, columns=refusing)})
    rerun(quiet.pipeline, quiet.runs.runs[correction.run_id])
    quiet.settle()
    assert quiet.runs.runs[correction.run_id].counts.rejected == 1
    assert corrected_offsets(quiet.objects, quiet.runs.runs[file.run_id]) == {BODY.index(BAD[0].encode())}
