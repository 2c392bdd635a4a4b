"""The contents of the table of runs, shared by the stores in memory."""

from __future__ import annotations

from chalicelib.domain.run.model import Chunk, Run
from chalicelib.ports import Clock, Newest


class MemoryTable:
    """Runs by id, chunks by (run, generation, number), newest versions by file id, bookmarks by name, and tries.

    With `lag` > 0 a search sees the runs as they were `lag` seconds ago.
    """

    def __init__(self, clock: Clock, *, lag: float = 0.0) -> None:
        self.clock = clock
        self.lag = lag
        self.runs: dict[str, Run] = {}
        self.chunks: dict[tuple[str, int, int], Chunk] = {}
        self.files: dict[str, Newest] = {}
        self.bookmarks: dict[str, str] = {}
        self.tries: dict[tuple[str, int, int], int] = {}
        self._history: list[tuple[float, Run]] = []

    def save(self, run: Run) -> Run:
        """Keep the run and return it."""
        self.runs[run.run_id] = run
        if self.lag:
            self._history.append((self.clock.now(), run))
        return run

    def seen(self) -> list[Run]:
        """Return the runs as searches see them."""
        if not self.lag:
            return list(self.runs.values())
        horizon = self.clock.now() - self.lag
        return list({run.run_id: run for at, run in self._history if at <= horizon}.values())
