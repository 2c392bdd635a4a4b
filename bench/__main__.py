"""`make bench`: runs the comparisons. It prints Markdown on standard output, and the progress on standard error."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from bench import (
    checks,
    cold_start,
    direct_loads,
    end_to_end,
    formats,
    hostile,
    linear,
    notations,
    orchestrators,
    small_files,
    staging,
)
from bench.sources import pulls


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Landfall beside its peers. See bench/README.md.")
    everything = ["A", "B", "C", "D", "E", "F", "H", "I", "J", "L", "M", "N", "O", "P", "S", "X"]
    parser.add_argument("parts", nargs="*", default=everything, help="which comparisons")
    parser.add_argument("--rows", type=int, default=650_000, help="transactions to check (650,000 are 50 MB)")
    parser.add_argument("--mb", type=int, default=50, help="size of the hard files of C")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--d-mb", type=int, default=200, help="size of the file of D")
    parser.add_argument("--without-dlt", action="store_true", help="leave it out of D, where it takes most of the time")
    parser.add_argument("--e-files", type=int, default=1_000, help="how many files E pours in at once")
    parser.add_argument("--e-alone", type=int, default=100, help="how many it loads by a transaction each")
    parser.add_argument("--e-seconds", type=int, default=60, help="how long it lets files land one after the other")
    parser.add_argument(
        "--e-rate", type=float, default=4.0, help="how many a second; more than the stack can only pile up"
    )
    parser.add_argument("--h-mb", type=float, default=3.0, help="size of each hostile file of H")
    parser.add_argument("--l-kb", type=int, default=64, help="size of L's smaller storms; the larger have twice that")
    parser.add_argument("--l-seconds", type=float, default=600, help="how long L draws storms, hostile ones first")
    parser.add_argument("--m-mb", type=int, nargs="+", default=[50, 250, 1_000], help="sizes of the files of M")
    parser.add_argument("--p-rows", type=int, nargs="+", default=[100_000, 1_000_000], help="rows of the sources of P")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load average {load:.1f} at the start\n")
    parts = {
        "A": lambda: checks.transactions_check(args.rows, args.rounds, note),
        "B": lambda: staging.staged(args.rows, args.rounds, note),
        "C": lambda: checks.hard_files(args.mb, args.rounds, note),
        "I": lambda: direct_loads.direct_loads(args.rounds, note),
        "F": lambda: formats.fixed_width_check(args.rows, args.rounds, note),
        "J": lambda: formats.json_check(args.rows, args.rounds, note),
        "L": lambda: linear.storms(args.l_kb * 1000, args.l_seconds, note),
        "N": lambda: notations.notations_check(args.rows, args.rounds, note),
        "M": lambda: staging.memory(args.m_mb, note),
        "O": lambda: orchestrators.orchestrators(args.rounds, note),
        "P": lambda: pulls.pulls(args.p_rows, note),
        "E": lambda: small_files.small_files(args.e_files, args.e_alone, args.e_seconds, args.e_rate, note),
        "H": lambda: hostile.hostile_files(args.h_mb, note),
        "S": lambda: cold_start.cold_start(args.rounds, note),
        "X": lambda: formats.workbook_check(args.rows, args.rounds, note),
        "D": lambda: end_to_end.loaded(args.d_mb, note, with_dlt=not args.without_dlt),
    }
    for part in args.parts:
        print(parts[part](), end="\n\n", flush=True)


def note(text: str) -> None:
    """Print the progress."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
