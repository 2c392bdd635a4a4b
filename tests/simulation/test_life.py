"""A run's life as hypothesis makes it up: whatever people, queues, workers and the warehouse do, the promises hold.

It shrinks what it finds to the shortest life that breaks one.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.adapters.memory import Fate
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Fault, Schedule
from tests.support.simulated.promises import liveness, safety
from tests.support.simulated.scenarios import ask_again, numbered, put
from tests.support.simulated.weather import FATES

NAMES = st.sampled_from(("a.csv", "b.csv"))
CONTENTS = st.sampled_from(("one", "two", "six"))
SECONDS = st.sampled_from((1.0, 31.0, 400.0, 8_000.0))
FAULTS = st.sampled_from([fault for fault in Fault if fault not in (Fault.REFUSED, Fault.ASLEEP)])


class Life(RuleBasedStateMachine):
    """Rules are what may happen next."""

    @initialize(versioned=st.booleans())
    def begin(self, versioned: bool) -> None:
        self.deployment = SimulatedDeployment(schedule=Schedule(), check=safety, versioned=versioned)
        self.refused = False

    @rule(name=NAMES, tag=CONTENTS, event=st.booleans())
    def put(self, name: str, tag: str, event: bool) -> None:
        """A supplier puts, or overwrites; the event may be lost."""
        put(self.deployment, name, numbered(len(tag) * 2, tag=tag), event=event)

    @precondition(lambda self: self.deployment.events)
    @rule(twice=st.booleans(), last=st.booleans())
    def handle_event(self, twice: bool, last: bool) -> None:
        """A notification arrives, out of turn perhaps, and perhaps comes again."""
        events = self.deployment.events
        events.insert(0, events.pop(-1 if last else 0))
        again = events[0]
        self.deployment.deliver_event()
        events += [again] if twice else []

    @precondition(lambda self: self.deployment.queue.messages)
    @rule(twice=st.booleans())
    def work(self, twice: bool) -> None:
        """A worker takes a message, which perhaps comes again."""
        if twice and (visible := self.deployment.queue.visible()):
            self.deployment.queue.duplicate(visible[0])
        self.deployment.deliver_message()

    @precondition(lambda self: self.deployment.queue.messages)
    @rule(fault=FAULTS, after=st.integers(1, 12))
    def work_badly(self, fault: Fault, after: int) -> None:
        """The same, and one of its next calls fails."""
        self.deployment.schedule.at[len(self.deployment.schedule.calls) + after] = fault
        self.deployment.deliver_message()

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Time passes: statements run, what is late comes, and now and then the sweep looks."""
        self.deployment.clock.advance(seconds)
        self.deployment.pass_time()
        if job := self.deployment.sweep_job():
            job()

    @rule(fate=st.sampled_from((*FATES, Fate.REFUSED)))
    def load_badly(self, fate: Fate) -> None:
        """The next load fails."""
        if not self.deployment.warehouse.fates:
            self.deployment.warehouse.fates.append(fate)
            self.refused |= fate is Fate.REFUSED

    @precondition(lambda self: self.deployment.settled() and not self.deployment.later)
    @rule()
    def run_again(self) -> None:
        """Somebody asks for the first run again."""
        ask_again(self.deployment)

    @invariant()
    def the_promises_hold(self) -> None:
        assert not getattr(self, "deployment", SimulatedDeployment()).violations

    def teardown(self) -> None:
        """Faults are over: now it must come to rest, with every file loaded."""
        if not hasattr(self, "deployment"):
            return
        self.deployment.schedule.at.clear()
        self.deployment.settle()
        assert not self.deployment.violations
        if self.deployment.landed:
            assert not liveness(self.deployment, may_fail=self.refused)


Life.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLife = Life.TestCase
