"""`make sim`: how many schedules were played, and what they broke.

Usage: python -m tests.simulation [seeded schedules, default 20000 | --until-broken]
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from tests.simulation.explore import BOTH, Finding, findings, play, seeded, single_faults
from tests.simulation.faults import Schedule

BLOCK = 250


def storm(first: int) -> list[Finding]:
    """One block of seeds."""
    found = []
    for seed in range(first, first + BLOCK):
        name, world = seeded(seed)
        if world.violations:
            found.append(Finding(scenario=name, schedule=f"seed {seed}", violations=tuple(sorted(world.violations))))
    return found


def main(seeds: int) -> int:
    """Prints the counts last; 1 if a promise broke."""
    with ProcessPoolExecutor() as pool:
        singles = list(pool.map(findings, *zip(*BOTH, strict=True)))
        storms = list(pool.map(storm, range(0, seeds, BLOCK)))
    broken = [f for _, found in singles for f in found] + [f for found in storms for f in found]
    for finding in broken[:20]:
        print(finding)
    print(f"{sum(played for played, _ in singles)} single-fault schedules")
    print(f"{len(storms) * BLOCK} seeded schedules")
    print(f"{len(broken)} violations")
    return 1 if broken else 0


def until_broken(seeds: int) -> int:
    """Stops at the first broken promise: plain scenarios first, then single faults, then storms."""
    plain = ((s.__name__, "no fault", play(s, Schedule(), versioned=v)) for s, v in BOTH)
    single = ((s.__name__, name, world) for s, v in BOTH for name, world in single_faults(s, versioned=v))
    storms = ((name, f"seed {seed}", world) for seed in range(seeds) for name, world in [seeded(seed)])
    for played, (scenario, schedule, world) in enumerate(chain(plain, single, storms), 1):
        if world.violations:
            broken = "; ".join(sorted(world.violations)[:2])
            print(f"{broken} [{scenario}, {schedule}, schedule {played}]")
            return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--until-broken"]:
        sys.exit(until_broken(2_000))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
