"""How everything here is measured: each contender a process of its own, rotated, one thread, medians of rounds.

CPU seconds are what the system charged the process (user and system, imports included), from wait4. Peak memory is the
process's own high-water mark: wait4's also counts the moment before exec, when it still is a copy of this driver.
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
    said: dict[str, Any]
    """What it found."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Something to be measured: a function `module:name`, called with texts, in a process of its own."""

    name: str
    call: str
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Results:
    """All runs of one comparison."""

    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, name: str, what: str) -> float:
        return statistics.median(getattr(run, what) for run in self.runs[name])

    def spread(self, name: str) -> float:
        """(slowest - fastest) / median of the CPU seconds."""
        cpus = [run.cpu for run in self.runs[name]]
        return (max(cpus) - min(cpus)) / statistics.median(cpus)

    def said(self, name: str) -> dict[str, Any]:
        return self.runs[name][-1].said


def environment() -> dict[str, str]:
    """One thread for whoever asks the environment; nothing told to anybody outside."""
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **dict.fromkeys(_SINGLE, "1"), **quiet}


def measured(contender: Contender) -> Run:
    """Run it once. Raises RuntimeError with the end of what it wrote if it fails."""
    command = [str(PYTHON), "-m", "bench.one", contender.call, *contender.arguments]
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "said").open("w+") as said, (WORK / "wrote").open("w+") as wrote:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env={**environment(), **contender.env}, stdout=said, stderr=wrote)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{contender.name} ended with {process.returncode}:\n{_text(wrote)[-3_000:]}")
        found = json.loads(_text(said).splitlines()[-1])
    return Run(cpu=used.ru_utime + used.ru_stime, seconds=seconds, mb=found.pop("peak_mb"), said=found)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def rotated(contenders: Sequence[Contender], rounds: int, note: Callable[[str], None]) -> Results:
    """All of them, `rounds` times, each round in another order; one round before that warms the caches."""
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
    """In Markdown."""
    lines = [" | ".join(map(str, row)) for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def measures(results: Results, name: str, beside: str) -> list[str]:
    """CPU seconds, their ratio to those of another one, spread, and seconds by the clock."""
    cpu = results.median(name, "cpu")
    ratio = cpu / results.median(beside, "cpu")
    return [f"{cpu:.2f}", f"{ratio:.2f}", f"{results.spread(name):.0%}", f"{results.median(name, 'seconds'):.2f}"]


def comparison(results: Results, *, beside: str, exact: Callable[[str], str], column: str = "bad rows") -> str:
    """CPU, time, memory and the ratio to one of them."""
    heads = ["", "CPU s", "ratio", "spread", "seconds", "peak MB", column]
    rows = [
        [name, *measures(results, name, beside), f"{results.median(name, 'mb'):.0f}", exact(name)]
        for name in results.runs
    ]
    return table(heads, rows)
