"""The demo's story: files land, their chunks move, and every file ends.

The second month lands once the first is loaded. The transactions land a second time once they are loaded, under the
same key and with the same content. This must change nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.demo.truth import DemoData, Truth
from local.demo.world import Status, World

POLL_SECONDS = 0.4
PATIENCE_SECONDS = 900.0
REFUSED = ("REJECTED", "FAILED", "UNROUTED")
QUIET_SECONDS = 2.0
"""How long a file that is dropped again must change nothing. An event takes milliseconds here."""


class StuckError(Exception):
    """A file did not end in time."""


@dataclass
class Watched:
    """A file of the demo, with its latest status."""

    truth: Truth
    status: Status | None = None
    dropped: bool = False
    dropped_again_at: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether its run is terminal, archived and notified."""
        return bool(self.status and self.status["finished"])

    @property
    def note(self) -> str:
        if self.dropped_again_at:
            return "dropped again: nothing may change"
        if not self.status or self.status["state"] not in REFUSED:
            return ""
        problem = self.status["first_error"]
        return str(problem["message"]) if problem else ""


Show = Callable[[Sequence[Watched]], None]


@dataclass(kw_only=True)
class Story:
    """Plays the story."""

    data: DemoData
    folder: Path
    world: World
    show: Show
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    files: list[Watched] = field(init=False)

    def __post_init__(self) -> None:
        self.files = [Watched(truth=truth) for truth in self.data.files]

    def play(self) -> list[Watched]:
        """Play until every file has ended. Raises StuckError."""
        deadline = self.now() + PATIENCE_SECONDS
        while not self._over():
            if self.now() > deadline:
                waiting = ", ".join(f.truth.key for f in self.files if not f.ended)
                raise StuckError(f"after {PATIENCE_SECONDS:.0f} s these have not ended: {waiting}")
            self._drop_what_may()
            self._look()
            self.show(self.files)
            self.sleep(POLL_SECONDS)
        self._look(everything=True)
        self.show(self.files)
        return self.files

    def _over(self) -> bool:
        again = self.files[0].dropped_again_at
        return all(f.ended for f in self.files) and bool(again) and self.now() - again > QUIET_SECONDS

    def _drop_what_may(self) -> None:
        ended = {f.truth.key for f in self.files if f.ended}
        for file in self.files:
            if not file.dropped and (not file.truth.after or file.truth.after in ended):
                self._drop(file)
        first = self.files[0]
        if first.ended and not first.dropped_again_at:
            self._drop(first)
            first.dropped_again_at = self.now()

    def _drop(self, file: Watched) -> None:
        self.world.drop(self.folder / file.truth.key, file.truth.key)
        file.dropped = True

    def _look(self, *, everything: bool = False) -> None:
        for file in self.files:
            if file.dropped and (everything or not file.ended):
                file.status = self.world.status(file.truth.key)
