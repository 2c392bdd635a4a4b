"""The bugs that are planted: in what is done with files, here; in loads and groups, in bugs_of_loads.py; in
corrections, in bugs_of_corrections.py; in exports, in bugs_of_exports.py; in executions of the state machine, in
bugs_of_executions.py; in sources and transforms, in bugs_of_sources.py."""

from __future__ import annotations

from tests.simulation.bugs_of_corrections import OF_MENDS
from tests.simulation.bugs_of_executions import OF_EXECUTIONS
from tests.simulation.bugs_of_exports import OF_EXPORTS
from tests.simulation.bugs_of_loads import OF_GROUPS, OF_LOADS
from tests.simulation.bugs_of_sources import OF_SOURCES, OF_TRANSFORMS
from tests.simulation.cuts import (
    ARCHIVING,
    BLIND_SWEEP,
    BOOKS,
    CHUNKS,
    DROPPED_REJECT,
    EVENTS,
    FORCED_RERUN,
    HANDLERS,
    LANDING,
    MODEL,
    OBJECTS,
    PIPELINE,
    RUNS,
    SAME_CONTENT,
    SIDE_FILES,
    STAGE,
    STAGING,
    WAREHOUSE,
    WINDOWS,
    bug,
)

OF_FILES = (
    bug("deleted without a copy", (ARCHIVING, "        ctx.objects.copy(source, key)\n", "        pass\n")),
    bug(
        "archived before it is loaded",
        (
            WINDOWS,
            "    ctx.load_queue.enqueue(run.target, run, ends)\n",
            "    ctx.objects.delete(run.source)\n    ctx.load_queue.enqueue(run.target, run, ends)\n",
        ),
    ),
    bug("deletes whatever is there now", (OBJECTS, " and versions[-1].etag == source.etag", "")),
    bug("a reject is dropped", DROPPED_REJECT),
    bug("unbalanced books are taken", DROPPED_REJECT, (BOOKS, "if not counts.balanced:", "if False:")),
    bug(
        "a part is lost, and no count in the transaction is checked",
        (WAREHOUSE, "if len(rows) != order.rows_good:", "if False:"),
        (WAREHOUSE, "if any(share.rows_good != sum(", "if False and any(share.rows_good != sum("),
        (STAGING, "for c in chunks if c.part]", "for c in chunks[1:] if c.part]"),
    ),
    bug(
        "parts of one load share a key",
        ("chalicelib/domain/run/keys.py", "part-{_number(chunk, planned_start)}.", "part."),
    ),
    bug(
        "a chunk counts each time it is staged",
        (
            CHUNKS,
            "(run, chunk.generation) or (known and not _waits(known, chunk.start)):\n            return run",
            "(run, chunk.generation):\n            return run",
        ),
        (
            CHUNKS,
            "if not _open(run, task.generation) or (known and not _waits(known, task.start)):",
            "if not _open(run, task.generation):",
        ),
    ),
    bug(
        "reads without If-Match",
        (OBJECTS, "if found.etag != source.etag:", "if False:"),
        (PIPELINE, "if found.etag != wanted.etag:", "if False:"),
    ),
    bug(
        "Lambda's recursion guard is left on",
        (STAGE, 'LOOPING = ("advance_run", "stage_chunk", "read_source")', "LOOPING = ()"),
    ),
    bug(
        "a throttled message is taken for one whose worker was killed",
        (HANDLERS, "pipeline.ctx.tries.counted(work) <", "0 >"),
    ),
    bug("the reject limit is not looked at", (BOOKS, "    ratio = ", "    return\n    ratio = ")),
    bug("a key is decoded twice", (EVENTS, 'unquote_plus(thing["key"])', 'unquote_plus(unquote_plus(thing["key"]))')),
    bug(
        "only the first record of a notification is read, and the sweep looks at runs only",
        (
            EVENTS,
            "for record in records(event):\n        with suppress(KeyError, TypeError, ValueError, A",
            "for record in records(event)[:1]:\n        with suppress(KeyError, TypeError, ValueError, A",
        ),
        BLIND_SWEEP,
    ),
    bug("the sweep looks at runs only", BLIND_SWEEP),
    bug("new content of a known key is not new", (PIPELINE, SAME_CONTENT, "if newest:")),
    bug(
        "every notification is a run",
        (PIPELINE, SAME_CONTENT, "if False:"),
        (PIPELINE, "if newest and not self._is_news(source, newest, known):", "if False:"),
        (
            MODEL,
            'return digest("run", source.bucket, source.key, source.etag, again)',
            'return digest("run", source.bucket, source.key, source.etag, source.sequencer, again)',
        ),
    ),
    bug(
        "content that comes back has no run",
        ("chalicelib/domain/run/arrivals.py", "if came_back else", "if False else"),
    ),
    bug(
        "a run is made wherever its key points by then, and that is asked for before the known one",
        (RUNS, " or (newer and self.files.get(name) != seen)", ""),
        (
            PIPELINE,
            "            known = self.ctx.runs.get(run_id(source))\n            newest = "
            "self.ctx.runs.newest(source.bucket, source.key)\n",
            "            newest = self.ctx.runs.newest(source.bucket, source.key)\n            known = "
            "self.ctx.runs.get(run_id(source))\n",
        ),
    ),
    bug(
        "a late event of a file that was listed is news",
        (
            PIPELINE,
            "if not source.sequencer or (newest.sequencer and (known is None or known.source.sequencer)):",
            "if True:",
        ),
    ),
    bug(
        "a rerun keeps the load id",
        (MODEL, f"{FORCED_RERUN}str(self.generation))", f'{FORCED_RERUN}"1")'),
    ),
    bug(
        "a side file is read and not looked at",
        (BOOKS, "totals.rows is not None and totals.rows != count:", "False:"),
    ),
    bug(
        "a side file that is put again starts nothing",
        (PIPELINE, "partial(start_again, self.ctx) if may_start_again(run) else None", "None"),
    ),
    bug(
        "a side file is another one by its time",
        (
            SIDE_FILES,
            "return read is None or read.etag != found.etag",
            "return found.last_modified > run.moments[RunState.REJECTED.value]",
        ),
    ),
    bug(
        "the sweep does not look for side files", (LANDING, "partial(on_side_file, self.pipeline.ctx, source)", "bool")
    ),
)


BUGS = (*OF_FILES, *OF_LOADS, *OF_GROUPS, *OF_MENDS, *OF_EXPORTS, *OF_SOURCES, *OF_TRANSFORMS, *OF_EXECUTIONS)
