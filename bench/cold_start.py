"""S: a function's cost before its first answer: imports from the packaged zip, under a bare Python, beside boto3's.

A handler's imports are those of its entry point and those of its first call. The trial at the end of `make package`
lists the latter (deploy/bundle/trial.py). Only byte code of the zip is used; none is compiled here.
"""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.frame import Results, Run, measures, table
from deploy.bundle.package import entries, generate
from deploy.bundle.project import BUILD
from deploy.bundle.started import ENVIRONMENT, MACHINES, bare, unpacked
from deploy.bundle.trial import Called, trial
from deploy.bundle.vendor import vendor

BASE = "boto3"
TRIALS = 3
IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
for name in sys.argv[2:]:
    __import__(name)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
import json
print(json.dumps({"cpu": cpu, "seconds": wall, "modules": len(sys.modules)}))
"""


def cold_start(rounds: int, note: Callable[[str], None]) -> str:
    """Run S: each handler's imports beside `import boto3`, and its first event."""
    architecture = MACHINES[platform.machine()]
    note("making the package")
    where = BUILD / "bench"
    template = generate("prod", architecture, vendor(architecture, BUILD), where / "project", where / "out")
    with unpacked(template.with_name("deployment.zip")) as files:
        note("an event for each handler, against ministack")
        trials = [trial(files, entries(template)) for _ in range(TRIALS)]
        paths = {BASE: (BASE,), **_paths(entries(template), trials[0])}
        results = _rotated(files, entries(template), paths, rounds, note)
    return _shown(results, trials)


def _paths(entry_points: Mapping[str, str], called: Mapping[str, Called]) -> dict[str, tuple[str, ...]]:
    """Return the modules that each handler imports until it has answered an event."""
    return {name: (entry_points[name].split(".")[0], *called[name].later) for name in sorted(called)}


def _rotated(
    files: Path,
    entry_points: Mapping[str, str],
    paths: Mapping[str, Sequence[str]],
    rounds: int,
    note: Callable[[str], None],
) -> Results:
    """Measure all, each in its own process, each round in another order. An extra first round warms the caches."""
    results, names = Results(runs={name: [] for name in paths}), list(paths)
    for turn in range(rounds + 1):
        note(f"round {turn} of {rounds}")
        start = turn % len(names)
        for name in (*names[start:], *names[:start]):
            around = {**ENVIRONMENT, "_HANDLER": entry_points.get(name, "")}
            output = json.loads(bare(IMPORT, str(files), *paths[name], around=around))
            if turn:
                results.runs[name].append(Run(cpu=output["cpu"], seconds=output["seconds"], mb=0.0, output=output))
    return results


def _shown(results: Results, trials: Sequence[Mapping[str, Called]]) -> str:
    heads = ["", "imports, CPU s", "ratio", "spread", "seconds", "modules", "first event, CPU s"]
    rows = [
        [
            name,
            *measures(results, name, BASE),
            results.output(name)["modules"],
            f"{statistics.median(t[name].cpu for t in trials):.2f}" if name in trials[0] else "",
        ]
        for name in results.runs
    ]
    later = sorted({module for called in trials[0].values() for module in called.later if "." not in module})
    title = "### S. Cold start: imports beside boto3's"
    return f"{title}\n\n{table(heads, rows)}\n\nImported at the first event only: {', '.join(later)}."
