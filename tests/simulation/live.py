"""Three workers that are at work at the same time, and switch at the calls they make.

Each worker is a coroutine, and dice say who goes on next: so that the same seed is the same interleaving, whatever the
machine does. Between two calls anything may happen: another worker's call, time, the end of a statement, a second
delivery of the message that is being worked on.
"""

from __future__ import annotations

import random

from greenlet import getcurrent, greenlet

from tests.support.simulated.deployment import Job, SimulatedDeployment
from tests.support.simulated.faults import Killed

WORKERS = 3
LAMBDA_SECONDS = 900.0
"""After which Lambda stops a worker."""
STEPS = 20_000
"""A step is one call of one worker, or something that happens by itself."""


class Worker:
    """Goes on only as far as it is told."""

    def __init__(self) -> None:
        self.offset = 0.0
        """By which its clock is wrong."""
        self.course: greenlet | None = None
        """The job that it is at."""
        self.began = 0.0

    def begin(self, job: Job, now: float) -> None:
        self.began = now
        self.course = greenlet(job)

    def step(self) -> None:
        """Let it run to its next call, or to the end of its job."""
        assert self.course is not None  # one that has not begun is false
        self.course.switch()
        if self.course.dead:
            self.course = None


class Crew:
    """The workers of one deployment."""

    def __init__(self, deployment: SimulatedDeployment, dice: random.Random) -> None:
        self.deployment, self.dice = deployment, dice
        self.workers = [Worker() for _ in range(WORKERS)]
        self.last: Worker | None = None
        """Whose turn it is, or was."""
        self.driver = getcurrent()
        deployment.others_turn = self._others_turn

    def _others_turn(self) -> None:
        """Called before each call: whoever is about to make it goes on when it is its turn again."""
        worker = self.last
        if worker and getcurrent() is not self.driver:  # a person waits for nobody
            worker.offset = self.deployment.workers_clock.offset
            self.driver.switch()
            self.deployment.workers_clock.offset = worker.offset
            if self.deployment.clock.now() - worker.began > LAMBDA_SECONDS:
                raise Killed

    def step(self) -> bool:
        """One worker takes a job or goes on with its own. False if there is nothing to do for any."""
        busy = [worker for worker in self.workers if worker.course is not None]
        idle = [worker for worker in self.workers if worker.course is None]
        if idle and (not busy or self.dice.random() < 0.3) and (job := self.deployment.next_job()):
            worker = self.dice.choice(idle)
            worker.begin(job, self.deployment.clock.now())
        elif busy:
            worker = self.dice.choice(busy)
        else:
            return False
        self.deployment.switches += self.last in busy and worker is not self.last
        self.last = worker
        worker.step()
        return True

    def end(self) -> None:
        """Let all go on to the ends of their jobs."""
        self.deployment.schedule.stopped = True
        for worker in self.workers:
            self.last = worker
            while worker.course is not None:
                worker.step()


def play_live(deployment: SimulatedDeployment) -> None:
    """Play until nothing is left to do; each message may be worked on by several workers at once."""
    assert deployment.dice
    crew = Crew(deployment, deployment.dice)
    try:
        for step in range(STEPS):
            deployment.schedule.stopped = step > STEPS * 2 // 3
            deployment.pass_time()
            _turbulence(deployment, deployment.dice)
            if not crew.step():
                if deployment.at_rest():
                    break
                deployment.wait()
    finally:
        crew.end()
    deployment.pass_time()
    deployment.finish()


def _turbulence(deployment: SimulatedDeployment, dice: random.Random) -> None:
    """A message that is being worked on comes once more; a worker takes long while others go on."""
    if deployment.schedule.stopped:
        return
    if dice.random() < 0.02 and deployment.queue.messages:
        deployment.queue.duplicate(dice.choice(deployment.queue.messages))
    if dice.random() < 0.02:
        deployment.clock.advance(dice.choice((1.0, 10.0, 40.0, 400.0)))
