"""One simulated deployment: memory adapters behind faults, and a driver that plays queues, clocks and the sweep.

The driver turns what is there to be done (a notification, a message, a sweep) into jobs. By itself it does one after
the other; live.py gives them to workers that are at work at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.adapters.memory import Message
from chalicelib.adapters.memory.queue import CHUNKS, SOURCES
from chalicelib.domain.run.events import chunk_of, landed, run_of_message
from chalicelib.domain.run.model import Run, SourceObject
from chalicelib.errors import LandfallError
from chalicelib.orchestration import sqs as handlers
from chalicelib.orchestration import step_functions
from chalicelib.orchestration.failures import UnexpectedError
from chalicelib.pipeline.landing_scan import is_ignored, on_landed
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.pipeline.sweep import sweep
from tests.support.settings import BUCKET
from tests.support.simulated.announced import not_as_announced
from tests.support.simulated.exports import exports_due
from tests.support.simulated.faults import Killed, Trouble
from tests.support.simulated.outside import CONTRACTS
from tests.support.simulated.parts import SETTINGS, DeployedParts, Job
from tests.support.simulated.weather import LATE_SECONDS

__all__ = ["BUCKET", "CONTRACTS", "SETTINGS", "Job", "SimulatedDeployment"]

SWEEP_SECONDS = 300.0
STEPS = 2_000
"""A schedule that has not come to rest after so many steps is a violation of liveness."""


class SimulatedDeployment(DeployedParts):
    """A deployment that is played to its end."""

    # ---- the driver -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Play until nothing is left to do. Faults stop after two thirds of the steps: from there it must heal."""
        for step in range(STEPS):
            self.schedule.stopped = step > STEPS * 2 // 3
            self.pass_time()
            if job := self.next_job():
                job()
            elif self.at_rest():
                break
            else:
                self.wait()
        self.finish()

    def finish(self) -> None:
        """Whatever was left undone is a broken promise."""
        self.schedule.stopped = True
        self._after("end")
        if not self.at_rest():
            self.violations.add("I9 not at rest in the end")

    def at_rest(self) -> bool:
        """Nothing is on its way, no statement is still to run, and the sweep would find nothing to do."""
        if self.events or self.late or self.later or self.requests or self.warehouse.pending():
            return False
        if self.executions.running:
            return False
        if self.source and not self.source.read_up:
            return False
        runs = self.runs.runs.values()
        if not all(run.finished for run in runs) or any(not_as_announced(self.objects, runs)):
            return False
        if exports_due(self):
            return False
        files = (x for x in self.objects.list(BUCKET, "incoming/") if not x.key.endswith("/"))
        return all(is_ignored(self.pipeline.ctx, x.key) or self._has_run(x) for x in files)

    def _has_run(self, file: SourceObject) -> bool:
        """Whether what lies there is that of the last run of its key, or not younger than the last of its content."""
        newest = self.runs.newest(file.bucket, file.key)
        same = [r for r in self.runs.runs.values() if (r.source.key, r.source.etag) == (file.key, file.etag)]
        newest_age = max(((r.source.last_modified or r.arrived_at) for r in same), default=0.0)
        return (newest is not None and newest.etag == file.etag) or file.last_modified <= newest_age

    def pass_time(self) -> None:
        """What happens by itself: people act, statements run, what is late arrives."""
        if self.later and self._let_act(self.later):
            self._look("people")
        self.run_statements()
        self.executions.pass_time()
        if self.late:
            now = self.clock.now()
            self.events += [event for at, event in self.late if at <= now]
            self.late = [(at, event) for at, event in self.late if at > now]

    def wait(self) -> None:
        """Until the next thing happens."""
        moments = [m.visible_at for m in self.queue.messages] + [at for at, _ in self.late]
        moments += [s.due for s in self.warehouse.statements.values()] + [self.swept + SWEEP_SECONDS]
        moments += self.executions.moments()
        moments += [self.source.next_tick] if self.source and not self.source.read_up else []
        now = self.clock.now()
        self.clock.advance(min((at for at in moments if at > now), default=now + SWEEP_SECONDS) - now)

    def run_statements(self) -> None:
        """What is due in the warehouse runs; the event of its end may get lost."""
        ended = [] if self._paused() else self.warehouse.run_due()
        for statement in ended:
            name = self.warehouse.statements[statement.statement_id].name
            trouble = self.schedule.twist("ended")
            lost = self.dice is not None and self.dice.random() < self.weather.ended_lost
            if not lost and trouble != Trouble.LOST.value:
                self._notify_of_statement(name, int(LATE_SECONDS) if trouble == Trouble.LATE.value else 0)
            if trouble == Trouble.DOUBLE.value:
                self._notify_of_statement(name, 0)
        if ended:
            self._after("warehouse")

    def _notify_of_statement(self, run_id: str, delay: int) -> None:
        """EventBridge calls a function, which sends the run's message; a machine's answer may fail."""
        if self.by_machine and not delay:
            self.requests.append(lambda: self.pipeline.ctx.queue.send_run(run_id))
        else:
            self.queue.send_run(run_id, delay=delay)

    # ---- jobs -------------------------------------------------------------------------------------------------------

    def next_job(self) -> Job | None:
        """What a worker could do now."""
        if job := self.sweep_job() or self._tick_job():
            return job
        if self.requests:
            return self._job(self.requests.pop(0))
        if self.executions.due() and (self.dice is None or self.dice.random() < 0.6):
            return self._machine_job()
        if self.dice and self.dice.random() < 0.5:
            return self._message_job() or self._event_job()
        return self._event_job() or self._message_job()

    def _machine_job(self) -> Job:
        """A call that the state machine makes."""
        due = self.executions.due()
        call = due[0 if self.dice is None else self.dice.randrange(len(due))]
        call.busy, pipeline = True, self.pipeline
        return self._job(lambda: call.make(lambda function, payload: self._call(pipeline, function, payload)))

    def _call(self, pipeline: Pipeline, function: str, payload: dict[str, Any]) -> Any:
        """What app.py does with a step of the machine."""
        try:
            if function == "${StageChunk}":
                task = chunk_of(payload)
                assert task
                return step_functions.on_chunk(pipeline, task)
            return step_functions.on_step(pipeline, payload)
        except Killed:
            self.killed.add(payload["run"])
            raise

    def sweep_job(self) -> Job | None:
        """The sweep, if it is due."""
        if self.clock.now() - self.swept < SWEEP_SECONDS:
            return None
        self.swept = self.clock.now()
        return self._job(lambda: sweep(self.pipeline))

    def _tick_job(self) -> Job | None:
        """The clock of sources, if it is due and has something to do. It may come twice, as EventBridge's events."""
        source = self.source
        if source is None or source.next_tick > self.clock.now() or source.read_up:
            return None
        if self.dice is None or self.dice.random() < 0.9:
            source.ticked = self.clock.now()
        return self._job(lambda: source.tick(self.pipeline.ctx))

    def _job(self, work: Callable[[], object], answered: Job = lambda: None) -> Job:
        """Work for one worker; `answered` follows unless it was killed or raised."""
        offset = self.dice.choice(self.weather.skew) if self.dice else 0.0

        def done() -> None:
            self.workers_clock.offset = offset
            self.schedule.another = True
            if self._try(work):
                answered()

        return done

    def _event_job(self) -> Job | None:
        if not self.events:
            return None
        event = self.events[0 if self.dice is None else self.dice.randrange(len(self.events))]

        def answered() -> None:
            again = self.dice is not None and self.dice.random() < 0.2  # S3 delivers at least once
            if event in self.events and not again:
                self.events.remove(event)

        return self._job(lambda: self.handle_event(event), answered)

    def handle_event(self, event: dict[str, Any]) -> Run | None:
        """What app.py does with a notification; returns the last run it names."""
        run = None
        for source in landed(event):
            run = on_landed(self.pipeline, source)
        return run

    def _message_job(self) -> Job | None:
        visible = self.queue.visible()
        if not visible:
            return None
        message = self.queue.take(visible[0 if self.dice is None else self.dice.randrange(len(visible))])
        trouble = self.schedule.twist("message")
        if self.dice and self.dice.random() < 0.1:
            self.queue.duplicate(message, delay=self.dice.random() * 100)
        if self._throttled(message, trouble):
            return lambda: None
        if trouble and trouble in (Trouble.DOUBLE.value, Trouble.DOUBLE_LATE.value):
            self.queue.duplicate(message, delay=LATE_SECONDS if trouble == Trouble.DOUBLE_LATE.value else 0)
        pipeline = self.pipeline
        return self._job(lambda: self.handle_message(pipeline, message), lambda: self.queue.ack(message))

    def _throttled(self, message: Message, trouble: str | None) -> bool:
        """Whether Lambda is too busy to call the message's function, which is then visible again after a while."""
        if trouble == Trouble.DEAD.value:
            message.receives = SETTINGS.max_attempts + 1
        if trouble in (Trouble.THROTTLED.value, Trouble.DEAD.value):
            return True
        storm = self.dice is not None and not self.schedule.stopped
        return storm and self.dice is not None and self.dice.random() < self.weather.throttled

    def deliver_event(self) -> bool:
        return _done(self._event_job())

    def deliver_message(self) -> bool:
        return _done(self._message_job())

    def handle_message(self, pipeline: Pipeline, message: Message) -> None:
        record = {
            "body": message.body,
            "messageId": f"m{message.number}",
            "receiptHandle": message,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
        }
        try:
            with self.queue.handling(message):
                self._handler_of(message)(pipeline, record)
        except Killed:
            self.killed.add(run_of_message(message.body))
            raise

    def _handler_of(self, message: Message) -> Callable[[Pipeline, dict[str, Any]], None]:
        if self.queue.drops(message):
            self.violations.add("I9 Lambda's recursion guard dropped a message")
        elif message.queue == SOURCES:
            return self._read_source
        elif message.receives <= SETTINGS.max_attempts + 1:
            handle = handlers.on_chunk_message if message.queue == CHUNKS else handlers.on_run_message
            return lambda pipeline, record: handle(pipeline, self.queue.delay, record)
        return handlers.on_dead_letter

    def _read_source(self, pipeline: Pipeline, record: dict[str, Any]) -> None:
        assert self.source
        self.source.read(pipeline.ctx, self._behind_faults, self.workers_clock, record)

    def _try(self, work: Callable[[], object]) -> bool:
        """Whether the work was answered. A killed worker answers nothing; a raised error is not an answer either."""
        try:
            work()
        except (LandfallError, Killed) as error:
            error.__traceback__ = None  # whose frames hold the error: without it such circles need not be looked for
            return False
        except UnexpectedError as error:
            self.violations.add(f"nobody foresaw this: {error}")
            return False
        return True


def _done(job: Job | None) -> bool:
    if job:
        job()
    return job is not None
