"""L: measures whether twice the bytes take twice the time, in every dialect, for any storm."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.frame import table
from bench.storms import HOSTILE, dialects, rules, storm, units
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.raw.bytesource import InMemory, Range
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import Rules

SHORT_UNITS = 4
"""Longest unit of the random storms, which follow the hostile ones."""
ROUNDS = 3
"""Number of measurements, of which the least counts: a disturbance only adds time."""
SHOWN = 10
SUSPICIOUS = 2.3


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One storm in one dialect."""

    dialect: Dialect
    unit: str
    seconds: float
    """CPU seconds of the larger file."""
    size: int
    ratio: float

    @property
    def per_mb(self) -> float:
        return self.seconds / self.size * 1e6

    def row(self) -> list[object]:
        d = self.dialect
        ways = f"{d.delimiter!r} {d.quote or 'none'} {d.escape.value} {d.quotes.value} {d.newline.value}"
        words = f"{d.empty.value} {'/'.join(d.null) or '-'} {d.comment or '-'}"
        return [f"`{self.unit!r}`", f"`{ways} {words}`", f"{self.ratio:.2f}", f"{self.per_mb:.2f}"]


def storms(size: int, seconds: float, note: Callable[[str], None]) -> str:
    """Run L: the hostile units in every dialect in turn, then random short ones, until the time is up."""
    found: list[Measured] = []
    began = time.perf_counter()
    for dialect, unit in drawn():
        if time.perf_counter() - began > seconds:
            break
        found.append(measured(dialect, unit, size))
        if len(found) % 500 == 0:
            note(f"{len(found)} storms, worst ratio {max(m.ratio for m in found):.2f}")
    heads = ["unit", "dialect: delimiter, quote, escape, quotes, line end, empty, null, comment", "ratio", "CPU s a MB"]
    worst = sorted(found, key=lambda m: m.ratio, reverse=True)[:SHOWN]
    slowest = sorted(found, key=lambda m: m.per_mb, reverse=True)[:SHOWN]
    ratios = sorted(m.ratio for m in found)
    count = len({m.dialect for m in found})
    about = f"{len(found):,} storms in {count} dialects, {size // 1000} and {2 * size // 1000} KB"
    middle = f"ratio of CPU times: median {ratios[len(ratios) // 2]:.2f}, greatest {ratios[-1]:.2f}"
    shown = [table(heads, [m.row() for m in some]) for some in (worst, slowest)]
    return f"### L. Linear: {about}\n\n{middle}. The greatest ratios:\n\n{shown[0]}\n\nThe slowest:\n\n{shown[1]}"


def drawn() -> Iterator[tuple[Dialect, str]]:
    """Yield each hostile unit in each dialect, then random storms, which are the same each time."""
    every, short, dice = dialects(), list(units(SHORT_UNITS)), random.Random(14)
    for turn in range(len(HOSTILE)):
        for place, dialect in enumerate(every):
            yield dialect, HOSTILE[(place + turn) % len(HOSTILE)]
    while True:
        yield dice.choice(every), dice.choice(short)


def measured(dialect: Dialect, unit: str, size: int) -> Measured:
    """Measure the CPU time of a storm and of twice the storm. Repeat it if the result seems more than linear."""
    reader, once = rules(dialect), storm(unit, dialect, size)
    for rounds in (1, ROUNDS, 4 * ROUNDS):
        short = min(cpu(reader, once) for _ in range(rounds))
        long = min(cpu(reader, once * 2) for _ in range(rounds))
        if long / short <= SUSPICIOUS:
            break
    return Measured(dialect=dialect, unit=unit, seconds=long, size=2 * len(once), ratio=long / short)


def cpu(reader: Rules, data: bytes) -> float:
    """Return the CPU seconds to stage a file."""
    gc.collect()
    began = time.process_time()
    for _ in stage_chunk(InMemory(data), Range(start=0, stop=len(data)), reader):
        pass
    return time.process_time() - began
