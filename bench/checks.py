"""A and C: the check of a file against its contract, by Landfall and by the engines that could do it."""

from __future__ import annotations

from collections.abc import Callable

from bench.files import KINDS, Sample, made, transactions
from bench.frame import Contender, Results, comparison, rotated

PEERS = {
    "landfall": "landfall:check",
    "polars": "polars_engine:check",
    "duckdb": "duckdb_engine:check",
    "pyarrow": "pyarrow_engine:check",
    "pandas, C parser": "pandas_engine:check c",
    "pandas, pyarrow parser": "pandas_engine:check pyarrow",
}
PLAIN = {"csv.reader, as in tutorials": "plain:check", "counting quotes with numpy": "plain:count_quotes"}
Note = Callable[[str], None]


def transactions_check(rows: int, rounds: int, note: Note) -> str:
    """Run A."""
    sample = transactions(rows)
    results = rotated(contenders({**PEERS, **PLAIN}, sample), rounds, note)
    return f"### A. Check of transactions: {sample.about} of 21 kinds\n\n" + _shown(results, sample)


def hard_files(mb: int, rounds: int, note: Note) -> str:
    """Run C."""
    parts = []
    for kind in KINDS:
        sample = made(kind, mb)
        peers = {name: call for name, call in PEERS.items() if name != "pandas, C parser"}
        results = rotated(contenders(peers, sample), rounds, note)
        columns = f"{len(KINDS[kind]) + 1} columns"
        parts.append(f"### C. {kind.capitalize()}: {columns}, {sample.about}\n\n" + _shown(results, sample))
    return "\n\n".join(parts)


def contenders(calls: dict[str, str], sample: Sample) -> list[Contender]:
    """Return the functions with the file and its contract, by name; a function may have more arguments behind it."""
    found = []
    for name, call in calls.items():
        function, *more = call.split()
        arguments = (str(sample.path),) if "quotes" in call else (str(sample.path), str(sample.contract), *more)
        found.append(Contender(name=name, call=f"bench.engines.{function}", arguments=arguments))
    return found


def _shown(results: Results, sample: Sample) -> str:
    return comparison(results, beside="landfall", exact=lambda name: verdict(results, name, sample))


def verdict(results: Results, name: str, sample: Sample) -> str:
    """Compare the bad rows that a contender found with the planted ones."""
    output = results.output(name)
    if "faults" not in output:
        return "not looked for"
    found: dict[str, str | None] = output["faults"]
    missed, extra = len(sample.faults.keys() - found.keys()), len(found.keys() - sample.faults.keys())
    elsewhere = sum(found[line] not in (None, column) for line, column in sample.faults.items() if line in found)
    if missed or extra or elsewhere:
        return f"{missed} missed, {extra} wrongly refused, {elsewhere} in another column"
    miscounts = [
        what for what in ("read", "duplicate") if output[what] != getattr(sample, "rows" if what == "read" else what)
    ]
    return "exact" if not miscounts else f"found; {' and '.join(miscounts)} miscounted"
