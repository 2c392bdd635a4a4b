"""`make sim`: how many schedules were played, and what they broke.

Usage: python -m tests.simulation [seeded schedules, default 20000]
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.explore import Finding, findings, seeded
from tests.simulation.scenarios import SCENARIOS

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
        singles = list(pool.map(findings, SCENARIOS))
        storms = list(pool.map(storm, range(0, seeds, BLOCK)))
    broken = [f for _, found in singles for f in found] + [f for found in storms for f in found]
    for finding in broken[:20]:
        print(finding)
    print(f"{sum(played for played, _ in singles)} single-fault schedules")
    print(f"{len(storms) * BLOCK} seeded schedules")
    print(f"{len(broken)} violations")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
