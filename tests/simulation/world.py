"""One simulated deployment: memory adapters behind faults, and a driver that plays queues, clocks and the sweep."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from chalicelib import handlers
from chalicelib.adapters.memory import (
    MemoryBell,
    MemoryClock,
    MemoryLine,
    MemoryObjects,
    MemoryQueue,
    MemoryRuns,
    MemoryWarehouse,
    Message,
)
from chalicelib.domain.contract_file import load_contracts
from chalicelib.domain.events import landed
from chalicelib.domain.model import Run, Source
from chalicelib.errors import LandfallError
from chalicelib.pipeline import Pipeline
from chalicelib.sweep import sweep
from tests.settings import BUCKET
from tests.settings import SETTINGS as USUAL
from tests.simulation.faults import Faulty, Killed, Schedule

CONTRACTS = load_contracts(Path(__file__).parent / "contracts")
SETTINGS = replace(USUAL, chunk_mb=0.00006)
STEP_SECONDS = 5.0
SWEEP_SECONDS = 300.0
STEPS = 600
"""A schedule that has not come to rest after so many steps is a violation of liveness."""


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A version that was put, with the rows a person reading it would expect to be good."""

    source: Source
    rows: dict[str, str]
    """Key to the rest of the row."""


@dataclass
class World:
    """Everything outside the pipeline, and the pipeline."""

    schedule: Schedule = field(default_factory=Schedule)
    dice: random.Random | None = None
    """If set, messages are taken in random order, and some are doubled."""
    landed: list[Landed] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    """S3 notifications not delivered yet, as S3 writes them."""
    versioned: bool = False
    """Whether the bucket keeps versions."""
    later: list[tuple[Callable[[World], bool], Callable[[World], None]]] = field(default_factory=list)
    """What people do in the course of events: when, and what. Each happens once."""
    meanwhile: list[tuple[Callable[[World], bool], Callable[[World], None]]] = field(default_factory=list)
    """The same, but while a worker is at work: between two of its calls."""
    violations: set[str] = field(default_factory=set)
    check: Callable[[World], set[str]] = lambda world: set()

    def __post_init__(self) -> None:
        self.clock = MemoryClock()
        self.objects = MemoryObjects(self.clock, versioned=self.versioned)
        self.runs = MemoryRuns(self.clock)
        self.line = MemoryLine(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.bell = MemoryBell()
        self.warehouse = MemoryWarehouse(self.clock, self.objects)
        self.sequence = 0
        self.seen: set[str] = set()
        self.pipeline = Pipeline(
            settings=SETTINGS,
            contracts=CONTRACTS,
            clock=self.clock,
            note=lambda name, fields: None,
            **{name: Faulty(name, getattr(self, name), self.schedule, self.clock, self._after) for name in PORT_NAMES},
        )

    def put(self, key: str, body: bytes, rows: dict[str, str], *, event: bool = True) -> Source:
        """A supplier puts a file; unless `event` is lost, a notification follows."""
        self.sequence += 1
        self.clock.advance(1)
        self.objects.put(BUCKET, key, body)
        source = self.objects.head(BUCKET, key)
        noticed = replace(source, sequencer=f"{self.sequence:016X}")
        self.landed.append(Landed(source=noticed, rows=rows))
        if event:
            self.events.append({"Records": [_record(noticed)]})
        return noticed

    # ---- the driver -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Play until nothing is left to do. Faults stop after two thirds of the steps: from there it must heal."""
        swept = self.clock.now()
        for step in range(STEPS):
            self.schedule.stopped = step > STEPS * 2 // 3
            self._people(self.later)
            self._statements()
            busy = self._deliver_event() or self._deliver_message()
            if self.clock.now() - swept >= SWEEP_SECONDS:
                swept = self.clock.now()
                self._try(lambda: sweep(self.pipeline))
            if not busy:
                if self.at_rest():
                    break
                self.clock.advance(STEP_SECONDS if self.queue.messages else SWEEP_SECONDS)
        self.schedule.stopped = True
        self._after("end")
        if not self.at_rest():
            self.violations.add("I9 not at rest in the end")

    def at_rest(self) -> bool:
        """Nothing is on its way, and the sweep would find nothing to do."""
        unknown = {(x.key, x.etag) for x in self.objects.list(BUCKET, "incoming/")} - {
            (r.source.key, r.source.etag) for r in self.runs.runs.values()
        }
        waits = self.events or unknown or self.later
        return not waits and all(r.finished for r in self.runs.runs.values())

    def _people(self, moments: list[tuple[Callable[[World], bool], Callable[[World], None]]]) -> None:
        for moment in [m for m in moments if m[0](self)]:
            moments.remove(moment)
            moment[1](self)

    def _statements(self) -> None:
        """What is due in the warehouse runs; the event of its end may get lost when faults are by chance."""
        for statement in self.warehouse.run_due():
            name = self.warehouse.statements[statement.statement_id].name
            if self.dice is None or self.dice.random() < 0.7:
                self.queue.send_run(name)
        self._after("warehouse")

    def _deliver_event(self) -> bool:
        if not self.events:
            return False
        event = self.events[0 if self.dice is None else self.dice.randrange(len(self.events))]
        if self._try(lambda: self.hear(event)):
            self.events.remove(event)
            if self.dice and self.dice.random() < 0.2:
                self.events.append(event)  # S3 delivers at least once
        return True

    def hear(self, event: dict[str, Any]) -> Run | None:
        """What app.py does with a notification; returns the last run it names."""
        run = None
        for source in landed(event):
            run = self.pipeline.arrive(source)
        return run

    def _deliver_message(self) -> bool:
        visible = self.queue.visible()
        if not visible:
            return False
        message = self.queue.receive(0 if self.dice is None else self.dice.randrange(len(visible)))
        assert message is not None
        if self.dice and self.dice.random() < 0.1:
            self.queue.duplicate(message, delay=self.dice.random() * 100)
        if self._try(lambda: self._handle(message)):
            self.queue.ack(message)
        return True

    def _handle(self, message: Message) -> None:
        record = {
            "body": message.body,
            "receiptHandle": message,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
        }
        if message.receives > SETTINGS.max_attempts + 1:
            handlers.on_dead_letter(self.pipeline, record)
        elif "number" in json.loads(message.body):
            handlers.on_chunk_message(self.pipeline, self.queue.delay, record)
        else:
            handlers.on_run_message(self.pipeline, self.queue.delay, record)

    def _try(self, work: Callable[[], object]) -> bool:
        """Whether the work was answered. A killed worker answers nothing; a raised error is not an answer either."""
        try:
            work()
        except (LandfallError, Killed):
            return False
        return True

    def _after(self, where: str) -> None:
        self._people(self.meanwhile)
        for violation in self.check(self) - self.seen:
            self.seen.add(violation)
            self.violations.add(f"{violation} (after call {len(self.schedule.calls)}, {where})")


def _record(source: Source) -> dict[str, Any]:
    """One record of an S3 notification: the key is form-encoded."""
    thing = {"key": quote_plus(source.key), "size": source.size, "eTag": source.etag, "sequencer": source.sequencer}
    thing |= {"versionId": source.version_id} if source.version_id else {}
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": source.bucket}, "object": thing}}


PORT_NAMES = ("objects", "runs", "line", "warehouse", "queue", "bell")
