"""`make kill`: the local stack's worker is killed (SIGKILL) again and again while files land. Then all is compared.

Usage: python -m tests.kills [kills] [seed]      LANDFALL_ORCHESTRATOR=step_functions for executions, not messages

The worker runs the app's functions; ministack and the warehouse live on, as AWS does. A message that was in the dead
worker's hands is seen again after six seconds here. Everything else is as on AWS, but quicker.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from landfall.choices import chooses_machine
from local.options import Options
from local.stack import Stack
from tests.kills.files import APART, Planted, planted
from tests.kills.judge import Mail, rows_planted, states, violations
from tests.kills.points import Points
from tests.kills.site import Site
from tests.kills.sources import Fetching, fill
from tests.kills.tampering import unseen
from tests.sources.on_stack import CONTRACTS, app_of, settings_of, store_secrets, worlds

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "LANDFALL_CHUNK_MB": "0.1",
    "LANDFALL_BACKOFF_SECONDS": "1",
    "LANDFALL_GROUP_SECONDS": "1",
    "LANDFALL_STUCK_SECONDS": "6",
    "LANDFALL_SOURCE_FILE_MB": "0.001",
    # Work whose worker was killed at each try is given up, as it should be. Here that would end sound files.
    "LANDFALL_MAX_ATTEMPTS": "200",
}
SECOND = 1.1
PATIENCE = 600.0


class Feeder:
    """Lets files land, those of kinds that meet in a target a second apart: S3 tells ages in seconds."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.files: list[Planted] = []
        self._last = 0.0

    def land(self, count: int) -> None:
        """The next files."""
        for _ in range(count):
            file = planted(len(self.files))
            if file.kind in APART:
                time.sleep(max(0.0, self._last + SECOND - time.time()))
                self._last = time.time()
            self.site.put(file.key, file.body)
            self.files.append(file)


def main(kills: int, seed: int) -> int:
    """Prints the counts last; 1 if a promise broke."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as found:
        fill(found)
        app = app_of(Path(folder), found)
        options = Options(
            app_dir=str(app),
            contracts=str(app / CONTRACTS),
            api=False,
            visibility_seconds=6,
            sweep_seconds=3,
            step_functions=chooses_machine(os.environ),
            settings={**SETTINGS, **settings_of(found)},
        )
        stack = Stack(ROOT, ROOT / ".landfall" / "kills", options=options)
        site = Site(record=stack.up())
        try:
            store_secrets(found, site.record)
            return _play(stack, Fetching(site=site, worlds=found, dice=random.Random(seed)), kills)
        finally:
            stack.down()


def _play(stack: Stack, fetching: Fetching, kills: int) -> int:
    site, reading = fetching.site, {world.name: world.is_read for world in fetching.worlds}
    points = Points(log=Path(site.record.process("worker").log), dice=fetching.dice, reading=reading)
    feeder, began = Feeder(site), time.monotonic()
    for number in range(1, kills + 1):
        feeder.land(1 + number % 2)
        fetching.change()
        points.wait()
        stack.kill_worker()
        fetching.wake()
        stack.restart_worker()
        if number % 10 == 0 or number == kills:
            seconds = time.monotonic() - began
            print(f"  {number}/{kills} kills, {len(feeder.files)} files landed, {seconds:.0f} s", flush=True)
    return _judge(fetching, feeder.files, kills, points)


def _judge(fetching: Fetching, files: list[Planted], kills: int, points: Points) -> int:
    began, site = time.monotonic(), fetching.site
    fetching.at_rest(PATIENCE)
    runs = site.at_rest({file.key for file in files}, PATIENCE)
    print(f"  at rest {time.monotonic() - began:.0f} s after the last kill; killed after {dict(points.hit)}")
    print(f"  runs ended {dict(states(runs))}")
    names = site.record.names
    mail = Mail(business=site.mail(names.success_inbox), support=site.mail(names.failure_inbox))
    broken = violations(site, files, fetching.worlds, runs, mail)
    broken += [f"the judge does not see {what}" for what in unseen(site, files, fetching.worlds, runs, mail)]
    for text in broken[:40]:
        print(text)
    fetched = len(runs) - len(files)
    rows = f"{rows_planted(files)} rows, {fetched} files of {len(fetching.worlds)} sources"
    print(f"{kills} kills, {len(files)} files, {rows}, {len(broken)} violations")
    return 1 if broken else 0


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*given, *(500, 1)[len(given) :]))
