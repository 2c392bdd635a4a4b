"""What side files announce of their files, and whether the files ended as it should be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chalicelib.adapters.memory import MemoryObjects
from chalicelib.domain.file.control_totals import ENDING
from chalicelib.domain.run.model import Run, RunState

ROWS = 3
"""The rows of every file whose side file is in this form."""
FORM = re.compile(rb"[a-z]+\.csv,([0-9]+)")


def not_as_announced(objects: MemoryObjects, runs: Iterable[Run]) -> Iterator[str]:
    """I9: a file is loaded if its side file announces its rows, and only then."""
    sides = {key: versions[-1].body for (_, key), versions in objects.objects.items() if key.endswith(ENDING)}
    for run in runs if sides else ():
        loaded = run.state is RunState.LOADED
        side = FORM.fullmatch(sides.get((run.archive_key if loaded else run.source.key) + ENDING) or b"")
        if loaded and side and int(side[1]) != ROWS:
            yield "I9 LOADED though its side file announces other rows"
        if run.state is RunState.REJECTED and side and int(side[1]) == ROWS:
            yield "I9 REJECTED though its side file announces its rows"
