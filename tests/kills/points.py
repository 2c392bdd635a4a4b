"""Where the worker is killed: right after it noted something or while it reads a source, a moment later, or whenever.

The notes are those of the app's own log, written after what they tell of: `submitted` is written after the warehouse
has answered and before that is recorded. A moment of up to 60 ms after a note falls into the calls that follow it.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

NOTES = ("arrived", "planned", "staged", "sealed", "submitted", "loaded")
PATIENCE = 12.0
"""Seconds to wait for a note; if it does not come, the worker is killed then: a random point.

Longer than a message stays invisible whose worker was killed: else a slow machine would kill each worker before it has
done anything.
"""
TIMES = (1, 1, 1, 2, 4)
"""Chunks that are staged before the kill: of a file there are several, of other notes one."""
MOMENT = 0.06
LONGEST_RANDOM = 1.5
LOOK = 0.001


@dataclass(kw_only=True)
class Points:
    """Chooses a point, and waits for it."""

    log: Path
    dice: random.Random
    reading: Mapping[str, Callable[[], bool]] = field(default_factory=dict)
    """By source, whether it is being read."""
    hit: Counter[str] = field(default_factory=Counter)

    def wait(self) -> str:
        """Returns at the moment to kill; the name of the point."""
        names = (*NOTES, *self.reading)
        rarest = min(names, key=lambda name: (self.hit[name], self.dice.random()))
        name = self.dice.choice(("random", *names, *[rarest] * len(names)))
        if name == "random":
            time.sleep(self.dice.uniform(0.0, LONGEST_RANDOM))
        elif not (self._read(name) if name in self.reading else self._noted(name)):
            name = "random"
        elif self.dice.random() < 0.5:
            time.sleep(self.dice.uniform(0.0, MOMENT))
        self.hit[name] += 1
        return name

    def _read(self, name: str) -> bool:
        """Whether a worker reads the source from now on, in time."""
        self.reading[name]()  # what was read before does not count
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.reading[name]():
                return True
            time.sleep(LOOK)
        return False

    def _noted(self, name: str) -> bool:
        """Whether the worker has noted it from now on, in time; of chunks, some of them."""
        wanted, text = f'"event":"{name}"'.encode(), b""
        times = self.dice.choice(TIMES) if name == "staged" else 1
        deadline = time.monotonic() + PATIENCE
        with self.log.open("rb") as log:
            log.seek(0, 2)
            while time.monotonic() < deadline:
                text += log.read()
                if text.count(wanted) >= times:
                    return True
                time.sleep(LOOK)
        return False
