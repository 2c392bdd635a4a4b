"""After mended rows are loaded: the file that they were rejected from gets its books anew.

Guarantees that its record says what the warehouse says, however many mends are loaded at once and wherever a worker
dies: what is written is always the whole, never a difference. It does not promise that the record never lags.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from chalicelib.domain import keys
from chalicelib.domain.lineage import Places
from chalicelib.domain.model import Mends, Run, RunState
from chalicelib.domain.rejects import Reject
from chalicelib.errors import WorkGone
from chalicelib.ports import Conflict, ObjectStore
from chalicelib.world import World


def amend_books(world: World, run: Run) -> None:
    """Note which rows of a mend are loaded, and set the counts of the file they come from. Raises Retryable."""
    if run.mends:
        with suppress(WorkGone):  # somebody took the rows away: then they are listed on, and the books are right
            note_loaded(world.objects, run, run.mends)
        _set_counts(world, run.mends)


def _set_counts(world: World, mends: Mends) -> None:
    """Look again after the write, until nothing has changed meanwhile.

    worker 1: asks the books: 3 mended |                              | writes 3, asks again: 5, writes 5
    worker 2:                          | asks: 5 mended, writes 5     |

    That another worker has just written the file's record is no conflict about the mend's: look again, too.
    """
    known = None
    while (row := world.warehouse.books(mends.load_id)) and row != known:
        run = world.runs.get(mends.run_id)
        if run is None or run.state is not RunState.LOADED or run.generation != mends.generation:
            return  # it was run again, and has other rejects now
        counts = run.counts.after(row)
        with suppress(Conflict):
            world.runs.change(run, counts=counts, problem=run.problem if counts.rejected else None)
            known = row


def note_loaded(objects: ObjectStore, run: Run, mends: Mends) -> None:
    """Write down where the rows of a loaded mend come from, but for those that are still bad."""
    bucket, source = run.source.bucket, run.source.key
    places = Places.from_json(objects.get(bucket, keys.places(source)))
    bad = set(_still_bad(objects, run))
    offsets = [offset for offset in places.byte_offsets.tolist() if offset not in bad]
    objects.put(bucket, keys.loaded_mend(run, mends), json.dumps(offsets).encode())


def _still_bad(objects: ObjectStore, run: Run) -> Iterator[int]:
    for part in objects.list(run.source.bucket, keys.reject_parts(run)):
        for line in objects.get(part.bucket, part.key).splitlines():
            yield Reject.from_json(line).byte_offset


def mended_offsets(objects: ObjectStore, run: Run) -> frozenset[int]:
    """Which rejects of a file's load are mended and loaded since, by the byte they start at."""
    found: set[int] = set()
    if run.counts.mended:
        for note in objects.list(run.source.bucket, keys.loaded_mends(run.object, run.load_id)):
            found.update(json.loads(objects.get(note.bucket, note.key)))
    return frozenset(found)
