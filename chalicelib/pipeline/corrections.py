"""Update the books of a file after its corrected rows are loaded.

Guarantees that the file's record agrees with the warehouse, however many corrections load at once and wherever a
worker dies. It writes whole counts, never a difference. Does not promise that the record never lags.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from chalicelib.domain.run import keys
from chalicelib.domain.run.lineage import RowOrigins
from chalicelib.domain.run.model import Correction, Run, RunState
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import WorkGone
from chalicelib.pipeline.context import Context
from chalicelib.ports import Conflict, ObjectStore


def update_books(ctx: Context, run: Run) -> None:
    """Note which rows of a correction are loaded, and set the counts of the file they come from. Raises Retryable."""
    if run.corrects:
        with suppress(WorkGone):  # the rows were deleted: they stay in the list, and the books are right
            note_loaded(ctx.objects, run, run.corrects)
        _set_counts(ctx, run.corrects)


def _set_counts(ctx: Context, corrects: Correction) -> None:
    """Set the counts, and read the books again after each write until they are unchanged.

    worker 1: reads the books: 3 corrected |                             | writes 3, reads again: 5, writes 5
    worker 2:                          | reads: 5 corrected, writes 5    |

    If another worker has just changed the file's record, read again too: it is no conflict about the correction.
    """
    known = None
    while (row := ctx.warehouse.books(corrects.load_id)) and row != known:
        run = ctx.runs.get(corrects.run_id)
        if run is None or run.state is not RunState.LOADED or run.generation != corrects.generation:
            return  # it was run again, and has other rejects now
        counts = run.counts.after(row)
        with suppress(Conflict):
            ctx.runs.change(run, counts=counts, problem=run.problem if counts.rejected else None)
            known = row


def note_loaded(objects: ObjectStore, run: Run, corrects: Correction) -> None:
    """Record the origins of the rows of a loaded correction, except rows that are still bad. Raises WorkGone."""
    bucket, source = run.source.bucket, run.source.key
    origins = RowOrigins.from_json(objects.get(bucket, keys.row_origins(source)))
    bad = set(_still_bad(objects, run))
    offsets = [offset for offset in origins.byte_offsets.tolist() if offset not in bad]
    objects.put(bucket, keys.loaded_correction(run, corrects), json.dumps(offsets).encode())


def _still_bad(objects: ObjectStore, run: Run) -> Iterator[int]:
    for part in objects.list(run.source.bucket, keys.reject_parts(run)):
        for line in objects.get(part.bucket, part.key).splitlines():
            yield Reject.from_json(line).byte_offset


def corrected_offsets(objects: ObjectStore, run: Run) -> frozenset[int]:
    """Byte offsets of the rejects of a file's load that are corrected and loaded by now."""
    found: set[int] = set()
    if run.counts.corrected:
        for note in objects.list(run.source.bucket, keys.loaded_corrections(run.object, run.load_id)):
            found.update(json.loads(objects.get(note.bucket, note.key)))
    return frozenset(found)
