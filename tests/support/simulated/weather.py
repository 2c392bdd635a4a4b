"""What the deployment around the pipeline is like while a schedule is played: slow, forgetful, late, out of step."""

from __future__ import annotations

import random
from dataclasses import dataclass

from chalicelib.adapters.memory import Fate

MINUTE, HOUR = 60.0, 3_600.0
LATE_SECONDS = 3 * HOUR
"""By which what comes late is late: everything else is over by then."""
FATES = (Fate.CONFLICT, Fate.ABORTED, Fate.STUCK, Fate.LOST, Fate.HIDDEN)
"""A load that met one of these is asked for again, unless it is hidden and ran before anybody asked."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """All times in seconds, all shares between 0 and 1."""

    latency: float = 1.0
    """Before a statement runs. While one takes long, files gather for the next."""
    token_life: float = 600.0
    """After which the warehouse takes the same token for a new statement."""
    statement_life: float = 86_400.0
    """After which the warehouse does not know a statement any more."""
    fates: tuple[Fate, ...] = ()
    """Of the statements, in the order in which they are asked for."""
    paused: tuple[float, float] = (0.0, 0.0)
    """From when to when the warehouse is paused: it answers nothing and runs nothing. Counted from the start."""
    lag: float = 0.0
    """By which searches for runs are behind."""
    skew: tuple[float, ...] = (0.0,)
    """By which workers' clocks may be wrong."""
    event_lost: float = 0.0
    """Share of S3's notifications that never come."""
    event_late: float = 0.0
    """Share of S3's notifications that come hours later."""
    ended_lost: float = 0.0
    """Share of the warehouse's events that never come."""
    asleep_at: int = 0
    """After so many calls nothing happens for a day; 0 is never."""
    chance: float = 0.0
    """Share of calls that fail."""
    throttled: float = 0.0
    """Share of received messages that Lambda is too busy for."""
    stopped: float = 0.0
    """Share of the state machine's calls at which somebody stops the execution."""

    @property
    def may_fail(self) -> bool:
        """Whether a sound file may end FAILED: the warehouse refuses for good."""
        return Fate.REFUSED in self.fates


CALM = Weather()


def drawn(dice: random.Random) -> Weather:
    """A storm: faults by chance always, and of the rest some."""

    def some(value: float, share: float = 0.25) -> float:
        return value if dice.random() < share else 0.0

    start = dice.random() * 10 * MINUTE
    refused = (Fate.REFUSED,) if dice.random() < 0.04 else ()
    return Weather(
        latency=dice.choice((1.0, 1.0, 30.0, 5 * MINUTE, 40 * MINUTE)),
        token_life=dice.choice((0.0, 60.0, 600.0)),
        statement_life=dice.choice((86_400.0, 86_400.0, 2 * HOUR)),
        fates=tuple(dice.choice(FATES) if dice.random() < 0.3 else Fate.FINE for _ in range(4)) + refused,
        paused=(start, start + dice.random() * 2 * HOUR) if dice.random() < 0.15 else (0.0, 0.0),
        lag=dice.choice((0.0, 0.0, 30.0, 10 * MINUTE)),
        skew=(-5 * MINUTE, 0.0, 5 * MINUTE) if dice.random() < 0.3 else (0.0,),
        event_lost=some(0.3),
        event_late=some(0.3),
        ended_lost=dice.choice((0.0, 0.3, 1.0)),
        asleep_at=dice.randrange(5, 120) if dice.random() < 0.1 else 0,
        chance=dice.choice((0.0, 0.01, 0.03, 0.03, 0.08)),
        throttled=some(0.5, share=0.2),
    )
