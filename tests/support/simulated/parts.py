"""One simulated deployment: memory adapters behind faults, and what people do to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from chalicelib.adapters.memory import (
    MemoryBookmarks,
    MemoryChunks,
    MemoryClock,
    MemoryLoadQueue,
    MemoryNotifier,
    MemoryRuns,
    MemorySearch,
    MemoryTable,
    MemoryTries,
    MemoryWarehouse,
)
from chalicelib.config import Settings
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.model import SourceObject
from chalicelib.errors import Throttled
from chalicelib.orchestration.executions import MachineQueue
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.pipeline import Pipeline
from tests.support.settings import BUCKET
from tests.support.settings import SETTINGS as USUAL
from tests.support.simulated.faults import DAY_SECONDS, PORTS, Fault, Faulty, Schedule, Trouble
from tests.support.simulated.guard import GuardedQueue
from tests.support.simulated.machine import Machine, ReadingsByMessage
from tests.support.simulated.outside import CONTRACTS, READS, Landed, WorkersClock, record_of
from tests.support.simulated.sourced import Bucket, Sourced
from tests.support.simulated.tables import Table
from tests.support.simulated.weather import CALM, HOUR, LATE_SECONDS, Weather

SETTINGS = replace(USUAL, chunk_mb=0.00006, source_file_mb=0.00006)
Job = Callable[[], None]
Moment = tuple[Callable[[Any], bool], Callable[[Any], object]]
"""When, and what: both are asked of the deployment."""


@dataclass(frozen=True)
class When:
    """A condition, before what is done once it holds."""

    condition: Callable[[Any], bool]
    moments: list[Moment]

    def do(self, action: Callable[[Any], object]) -> None:
        """Do it once, with the deployment, as soon as the condition holds."""
        self.moments.append((self.condition, action))


@cache
def _giving_up_after(hours: float) -> Settings:
    return replace(SETTINGS, give_up_hours=hours)


@dataclass
class DeployedParts:
    """Everything outside the pipeline, and the pipeline."""

    schedule: Schedule = field(default_factory=Schedule)
    dice: random.Random | None = None
    """If set, messages are taken in random order, and some are doubled."""
    weather: Weather = CALM
    landed: list[Landed] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    """S3 notifications not delivered yet, as S3 writes them."""
    late: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    """The same, but each comes at a time of its own."""
    versioned: bool = False
    """Whether the bucket keeps versions."""
    by_machine: bool = False
    """Whether executions of the state machine move runs on, and not messages."""
    later: list[Moment] = field(default_factory=list)
    """What people do in the course of events: when, and what. Each happens once."""
    meanwhile: list[Moment] = field(default_factory=list)
    """The same, but while a worker is at work: between two of its calls."""
    requests: list[Job] = field(default_factory=list)
    """What people ask of the API, each for a worker to do."""
    violations: set[str] = field(default_factory=set)
    check: Callable[[Any, str], set[str]] = lambda deployment, where: set()
    """What is broken, by the call after which it is asked."""
    killed: set[str] = field(default_factory=set)
    """Runs whose worker was killed while it handled a message."""
    memory: dict[Any, Any] = field(default_factory=dict)
    """For checks, of what they have looked at."""

    def __post_init__(self) -> None:
        weather, self.clock = self.weather, MemoryClock()
        self.workers_clock = WorkersClock(self.clock)
        self.objects = Bucket(self.clock, versioned=self.versioned)
        table = MemoryTable(self.workers_clock, lag=weather.lag)
        self.runs, self.chunks, self.tries = MemoryRuns(table), MemoryChunks(table), MemoryTries(table)
        self.search, self.bookmarks = MemorySearch(table), MemoryBookmarks(table)
        self.load_queue = MemoryLoadQueue(self.workers_clock)
        self.queue = GuardedQueue(self.clock)
        self.notifier = MemoryNotifier()
        self.warehouse = MemoryWarehouse(self.clock, self.objects, latency=weather.latency)
        self.warehouse.token_life, self.warehouse.statement_life = weather.token_life, weather.statement_life
        self.warehouse.fates.extend(self.schedule.fates() or weather.fates)
        self.started = self.swept = self.clock.now()
        self.sequence = self.switches = 0
        self.seen: set[str] = set()
        self.source: Sourced | None = None
        """What the deployment reads, if a scenario has it."""
        self.others_turn: Callable[[], None] | None = None
        """Called before each call: where other workers may come in between."""
        self.executions = Machine(self.clock, lambda bucket, key: json.loads(self.objects.get(bucket, key)), self.dice)
        self.executions.stopped = self._stops
        self.pipeline = self._deployed(CONTRACTS)
        if weather.asleep_at:
            self.later.append(
                (lambda w: len(w.schedule.calls) >= weather.asleep_at or w.settled(), DeployedParts.sleep)
            )

    def _deployed(self, contracts: Mapping[str, Contract]) -> Pipeline:
        days = bool(self.weather.asleep_at) + [*self.schedule.at.values()].count(Fault.ASLEEP)
        hours = SETTINGS.give_up_hours + days * DAY_SECONDS / HOUR  # nobody gives up because the deployment stood still
        ports = {name: self._behind_faults(name) for name in PORTS}
        if self.by_machine:
            kept = {name: ports[name] for name in ("queue", "runs", "bookmarks")}
            readings = ReadingsByMessage(ports["queue"])
            ports["queue"] = MachineQueue(
                executions=self._behind_faults("executions"), readings=readings, clock=self.workers_clock, **kept
            )
        return Pipeline(
            ctx=Context(
                settings=_giving_up_after(hours),
                contracts=contracts,
                clock=self.workers_clock,
                note=lambda name, fields: None,
                **ports,
            )
        )

    def _stops(self) -> bool:
        """Whether somebody stops an execution at the call that is due now."""
        by_chance = self.dice is not None and not self.schedule.stopped and self.dice.random() < self.weather.stopped
        return self.schedule.twist("execution") == Trouble.STOPPED.value or by_chance

    def _behind_faults(self, name: str) -> Any:
        port = getattr(self.source if name in ("table", "api") else self, name)
        return Faulty(name, port, self.schedule, self.clock, self._turn, self._after)

    # ---- what people do ---------------------------------------------------------------------------------------------

    def put(self, key: str, body: bytes, rows: dict[str, str], *, event: bool = True) -> SourceObject:
        """A supplier puts a file; unless `event` is lost, a notification follows."""
        self.clock.advance(1)
        self.objects.put(BUCKET, key, body)
        return self._landed(key, rows, event=event)

    def fetch(self, contract: Contract) -> Table:
        """From now on the deployment has only this contract, and reads its source: a table that is empty yet."""
        self.deploy({contract.name: contract})
        self.source = source = Sourced(contract, self.bookmarks, self.clock)
        self.objects.folder = source.folder
        self.objects.landed = lambda key, body: self._landed(key, source.table.note_landed(body))
        return source.table

    def _landed(self, key: str, rows: dict[str, str], *, event: bool = True) -> SourceObject:
        self.sequence += 1
        source = self.objects.head(BUCKET, key)
        noticed = replace(source, sequencer=f"{self.sequence:016X}")
        self.landed.append(Landed(source=noticed, rows=rows))
        if event:
            self.notify({"Records": [record_of(noticed)]})
        return noticed

    def when(self, condition: Callable[[Any], bool], *, at_work: bool = False) -> When:
        """Somebody acts in the course of events; with `at_work`, between two calls of a worker."""
        return When(condition, self.meanwhile if at_work else self.later)

    def notify(self, event: dict[str, Any]) -> None:
        trouble, weather = self.schedule.twist("event"), self.weather
        if trouble == Trouble.LOST.value or (self.dice and self.dice.random() < weather.event_lost):
            return
        if trouble == Trouble.LATE.value or (self.dice and self.dice.random() < weather.event_late):
            self.late.append((self.clock.now() + LATE_SECONDS, event))
            return
        self.events.append(event)
        if trouble == Trouble.DOUBLE.value:
            self.events.append(event)
        if trouble == Trouble.DOUBLE_LATE.value:
            self.late.append((self.clock.now() + LATE_SECONDS, event))

    def deploy(self, contracts: Mapping[str, Contract]) -> None:
        """From now on workers start with these contracts; who is at work goes on with the old ones."""
        self.pipeline = self._deployed(contracts)

    def sleep(self) -> None:
        """Nothing happens for a day."""
        self.clock.advance(DAY_SECONDS)

    def settled(self) -> bool:
        """Whether every run has come to its end, as far as is known now."""
        return bool(self.runs.runs) and not self.events and all(run.finished for run in self.runs.runs.values())

    def _let_act(self, moments: list[Moment]) -> bool:
        """Let those act whose moment has come. Whether there were any."""
        acting = [moment for moment in moments if moment[0](self)]
        for moment in acting:
            moments.remove(moment)
            self.schedule.another = True
            moment[1](self)
            self.schedule.another = True
        return bool(acting)

    def _paused(self) -> bool:
        start, stop = self.weather.paused
        return bool(stop) and start <= self.clock.now() - self.started < stop

    # ---- around each call -------------------------------------------------------------------------------------------

    def _turn(self, where: str) -> None:
        if self.others_turn:
            self.others_turn()
        if where.startswith("warehouse.") and self._paused():
            raise Throttled("the warehouse is paused")

    def reconfigure(self, **changes: Any) -> None:
        """Let the pipeline act on other contracts, settings or ports."""
        self.pipeline = replace(self.pipeline, ctx=replace(self.pipeline.ctx, **changes))

    def _after(self, where: str) -> None:
        if self.meanwhile and self._let_act(self.meanwhile):
            where = "people"
        if where not in READS:
            self._look(where)

    def _look(self, where: str) -> None:
        """What that has broken."""
        for violation in self.check(self, where) - self.seen:
            self.seen.add(violation)
            self.violations.add(f"{violation} (after call {len(self.schedule.calls)}, {where})")
