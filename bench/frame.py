"""The measurement: each contender in its own process, with one thread, in rotated order. Medians of rounds count.

CPU seconds are the process's user and system time from wait4, imports included. Peak memory is the process's own
high-water mark: that of wait4 includes the moment before exec, when the process is still a copy of this driver.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".landfall" / "bench"
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_SINGLE = (
    *("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS"),
    *("RAYON_NUM_THREADS", "NUMEXPR_NUM_THREADS", "LANDFALL_BENCH_THREADS"),
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One process, from its start to its end."""

    cpu: float
    seconds: float
    mb: float
    output: dict[str, Any]
    """Its result."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A function `module:name` to measure, called with texts in its own process."""

    name: str
    call: str
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    python: Path = PYTHON


@dataclass(kw_only=True)
class Results:
    """All runs of one comparison."""

    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, name: str, what: str) -> float:
        return statistics.median(getattr(run, what) for run in self.runs[name])

    def spread(self, name: str) -> float:
        """Return (slowest - fastest) / median of the CPU seconds."""
        cpus = [run.cpu for run in self.runs[name]]
        return (max(cpus) - min(cpus)) / statistics.median(cpus)

    def output(self, name: str) -> dict[str, Any]:
        return self.runs[name][-1].output


def environment() -> dict[str, str]:
    """Return an environment that limits libraries to one thread, and switches telemetry off."""
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **dict.fromkeys(_SINGLE, "1"), **quiet}


def measured(contender: Contender) -> Run:
    """Run it once. Raises RuntimeError with the end of its output if it fails."""
    command = [str(contender.python), "-m", "bench.one", contender.call, *contender.arguments]
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "out").open("w+") as out, (WORK / "err").open("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env={**environment(), **contender.env}, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{contender.name} ended with {process.returncode}:\n{_text(err)[-3_000:]}")
        found = json.loads(_text(out).splitlines()[-1])
    return Run(cpu=used.ru_utime + used.ru_stime, seconds=seconds, mb=found.pop("peak_mb"), output=found)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def rotated(contenders: Sequence[Contender], rounds: int, note: Callable[[str], None]) -> Results:
    """Measure all of them `rounds` times, each round in another order. An extra first round warms the caches."""
    results = Results(runs={c.name: [] for c in contenders})
    for turn in range(rounds + 1):
        start = turn % len(contenders)
        for contender in (*contenders[start:], *contenders[:start]):
            note(f"round {turn} of {rounds}: {contender.name}")
            run = measured(contender)
            if turn:
                results.runs[contender.name].append(run)
    return results


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Format a table in Markdown."""
    lines = [" | ".join(map(str, row)) for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def measures(results: Results, name: str, beside: str) -> list[str]:
    """Return CPU seconds, their ratio to another contender's, the spread, and wall-clock seconds."""
    cpu = results.median(name, "cpu")
    ratio = cpu / results.median(beside, "cpu")
    return [f"{cpu:.2f}", f"{ratio:.2f}", f"{results.spread(name):.0%}", f"{results.median(name, 'seconds'):.2f}"]


def comparison(results: Results, *, beside: str, exact: Callable[[str], str], column: str = "bad rows") -> str:
    """Format CPU, time, memory and the ratio to one contender."""
    heads = ["", "CPU s", "ratio", "spread", "seconds", "peak MB", column]
    rows = [
        [name, *measures(results, name, beside), f"{results.median(name, 'mb'):.0f}", exact(name)]
        for name in results.runs
    ]
    return table(heads, rows)
