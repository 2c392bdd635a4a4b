"""A run's life as hypothesis makes it up: whatever people, queues, workers and the warehouse do, the promises hold.

It shrinks what it finds to the shortest life that breaks one.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.adapters.memory import Fate
from tests.support.simulated.faults import Fault, Schedule
from tests.support.simulated.promises import liveness, safety
from tests.support.simulated.scenarios import ask_again, numbered, put
from tests.support.simulated.weather import FATES
from tests.support.simulated.world import World

NAMES = st.sampled_from(("a.csv", "b.csv"))
CONTENTS = st.sampled_from(("one", "two", "six"))
SECONDS = st.sampled_from((1.0, 31.0, 400.0, 8_000.0))
FAULTS = st.sampled_from([fault for fault in Fault if fault not in (Fault.REFUSED, Fault.ASLEEP)])


class Life(RuleBasedStateMachine):
    """Rules are what may happen next."""

    @initialize(versioned=st.booleans())
    def begin(self, versioned: bool) -> None:
        self.world = World(schedule=Schedule(), check=safety, versioned=versioned)
        self.refused = False

    @rule(name=NAMES, tag=CONTENTS, event=st.booleans())
    def put(self, name: str, tag: str, event: bool) -> None:
        """A supplier puts, or overwrites; the event may be lost."""
        put(self.world, name, numbered(len(tag) * 2, tag=tag), event=event)

    @precondition(lambda self: self.world.events)
    @rule(twice=st.booleans(), last=st.booleans())
    def hear(self, twice: bool, last: bool) -> None:
        """A notification arrives, out of turn perhaps, and perhaps comes again."""
        events = self.world.events
        events.insert(0, events.pop(-1 if last else 0))
        again = events[0]
        self.world._deliver_event()
        events += [again] if twice else []

    @precondition(lambda self: self.world.queue.messages)
    @rule(twice=st.booleans())
    def work(self, twice: bool) -> None:
        """A worker takes a message, which perhaps comes again."""
        if twice and (visible := self.world.queue.visible()):
            self.world.queue.duplicate(visible[0])
        self.world._deliver_message()

    @precondition(lambda self: self.world.queue.messages)
    @rule(fault=FAULTS, after=st.integers(1, 12))
    def work_badly(self, fault: Fault, after: int) -> None:
        """The same, and one of its next calls fails."""
        self.world.schedule.at[len(self.world.schedule.calls) + after] = fault
        self.world._deliver_message()

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Time passes: statements run, what is late comes, and now and then the sweep looks."""
        self.world.clock.advance(seconds)
        self.world.pass_time()
        if job := self.world.sweep_job():
            job()

    @rule(fate=st.sampled_from((*FATES, Fate.REFUSED)))
    def load_badly(self, fate: Fate) -> None:
        """The next load fails."""
        if not self.world.warehouse.fates:
            self.world.warehouse.fates.append(fate)
            self.refused |= fate is Fate.REFUSED

    @precondition(lambda self: self.world.settled() and not self.world.later)
    @rule()
    def run_again(self) -> None:
        """Somebody asks for the first run again."""
        ask_again(self.world)

    @invariant()
    def the_promises_hold(self) -> None:
        assert not getattr(self, "world", World()).violations

    def teardown(self) -> None:
        """Faults are over: now it must come to rest, with every file loaded."""
        if not hasattr(self, "world"):
            return
        self.world.schedule.at.clear()
        self.world.run()
        assert not self.world.violations
        if self.world.landed:
            assert not liveness(self.world, may_fail=self.refused)


Life.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLife = Life.TestCase
