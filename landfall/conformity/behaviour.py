"""A check that takes more than a batch: what it does is a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from landfall.conformity.session import Session

Act = Callable[[Session], str]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What a warehouse does, as a text that is compared with what Landfall assumes."""

    name: str
    why: str
    expected: str
    act: Act
    only_slower: bool = False

    def see(self, session: Session) -> str:
        return self.act(session)


def behaviour(*, name: str, why: str, expected: str) -> Callable[[Act], Behaviour]:
    """Decorate what is done: the function becomes the check."""
    return lambda act: Behaviour(name=name, why=why, expected=expected, act=act)
