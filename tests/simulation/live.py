"""Three workers that are at work at the same time, and switch at the calls they make.

Each worker is a thread, but only the one that holds the baton runs, and dice say who gets it next: so that the same
seed is the same interleaving, whatever the machine does. Between two calls anything may happen: another worker's call,
time, the end of a statement, a second delivery of the message that is being worked on.
"""

from __future__ import annotations

import random
from threading import Semaphore, Thread, current_thread

from tests.simulation.world import Job, World

WORKERS = 3
STEPS = 20_000
"""A step is one call of one worker, or something that happens by itself."""


class Worker:
    """A thread that goes on only as far as it is told."""

    def __init__(self, name: str) -> None:
        self.job: Job | None = None
        self.offset = 0.0
        """By which its clock is wrong."""
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        self._over = False
        self._failure: BaseException | None = None
        self.thread = Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def step(self) -> None:
        """Let it run to its next call, or to the end of its job."""
        self._go.release()
        self._stopped.acquire()
        if self._failure:
            raise self._failure

    def pause(self) -> None:
        """Called by its own thread before each call: the baton goes back."""
        self._stopped.release()
        self._go.acquire()

    def end(self) -> None:
        """Let the thread end."""
        self._over = True
        self._go.release()
        self.thread.join()

    def _work(self) -> None:
        self._go.acquire()
        while not self._over:
            try:
                if self.job:
                    self.job()
            except BaseException as failure:  # noqa: BLE001 - raised again in the thread that plays the world
                self._failure = failure
            self.job = None
            self._stopped.release()
            self._go.acquire()


class Crew:
    """The workers of one world."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world, self.dice = world, dice
        self.workers = [Worker(f"worker-{n}") for n in range(WORKERS)]
        self.by_thread = {worker.thread: worker for worker in self.workers}
        world.others_turn = self._others_turn
        self.last: Worker | None = None

    def _others_turn(self) -> None:
        if worker := self.by_thread.get(current_thread()):  # else it is a person, who waits for nobody
            worker.offset = self.world.workers_clock.offset
            worker.pause()
            self.world.workers_clock.offset = worker.offset

    def step(self) -> bool:
        """One worker takes a job or goes on with its own. False if there is nothing to do for any."""
        busy = [worker for worker in self.workers if worker.job]
        idle = [worker for worker in self.workers if not worker.job]
        if idle and (not busy or self.dice.random() < 0.3) and (job := self.world.next_job()):
            worker = self.dice.choice(idle)
            worker.job = job
        elif busy:
            worker = self.dice.choice(busy)
        else:
            return False
        self.world.switches += self.last in busy and worker is not self.last
        self.last = worker
        worker.step()
        return True

    def end(self) -> None:
        """Let all go on to the ends of their jobs, then home."""
        self.world.schedule.stopped = True
        for worker in self.workers:
            while worker.job:
                worker.step()
            worker.end()


def play_live(world: World) -> None:
    """Play until nothing is left to do; each message may be worked on by several workers at once."""
    assert world.dice
    crew = Crew(world, world.dice)
    try:
        for step in range(STEPS):
            world.schedule.stopped = step > STEPS * 2 // 3
            world.pass_time()
            _turbulence(world, world.dice)
            if not crew.step():
                if world.at_rest():
                    break
                world.wait()
    finally:
        crew.end()
    world.pass_time()
    world.finish()


def _turbulence(world: World, dice: random.Random) -> None:
    """A message that is being worked on comes once more; a worker takes long while others go on."""
    if world.schedule.stopped:
        return
    if dice.random() < 0.02 and world.queue.messages:
        world.queue.duplicate(dice.choice(world.queue.messages))
    if dice.random() < 0.02:
        world.clock.advance(dice.choice((1.0, 10.0, 40.0, 400.0)))
