"""Whole values against a regular expression, in time linear in the value, whatever the expression.

All states that may be held at once are followed together (Thompson 1968), and each set of them with where it leads is
kept, as in a deterministic automaton that is built as it is needed (RE2 does so). Guarantees the verdict of
`re.fullmatch`, and a known number of steps at most. `most_steps` gives that bound before a value is seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.domain.checks.expression import ASCII, Machine, Unsupported, machines, single_minded

LONGEST = 65_535
"""Bytes of the longest value that is matched: Redshift's longest text."""
MOST_STEPS = 4_000_000
"""For one value: some 0.4 s at most."""
MOST_SETS = 2_000
"""That are looked through to find out how many states may be held at once."""
MOST_KEPT = 200_000
"""Moves that are kept, and states in their sets; beyond, all are forgotten, so that they take a bounded room."""


@dataclass(eq=False, slots=True)
class _Held:
    """States that are held at once."""

    states: frozenset[int]
    accepts: bool
    moves: dict[str, _Held] = field(default_factory=dict)
    """Where each character that was met leads."""


class _Walk:
    """One automaton, with its moves so far."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._kept, self._known = 0, dict[frozenset[int], _Held]()
        self.steps = 0
        """States looked at so far; a move that is kept costs none."""
        self.start = self._held(machine.closed([machine.start]))

    def matches(self, text: str) -> bool:
        held = self.start
        for character in text:
            following = held.moves.get(character)
            held = self._move(held, character) if following is None else following
        return held.accepts is self._machine.wanted

    def _move(self, held: _Held, character: str) -> _Held:
        if self._kept >= MOST_KEPT:  # another thread may be on its way through the old ones, which stay sound
            self._kept, self._known = 0, {}
            self.start = self._held(self.start.states)
            held = self._held(held.states)
        machine = self._machine
        asked = {letter: letter.takes(character) for s in held.states for letter, _ in machine.paid[s]}
        reached = machine.closed(to for s in held.states for letter, to in machine.paid[s] if asked[letter])
        self._kept += 1 + len(reached)
        self.steps += len(held.states) + len(reached)
        held.moves[character] = found = self._held(reached)
        return found

    def _held(self, states: frozenset[int]) -> _Held:
        found = self._known.get(states)
        if found is None:
            found = self._known[states] = _Held(states, self._machine.accept in states)
        return found


class Matcher:
    """A compiled expression. Raises Unsupported, re.error."""

    def __init__(self, expression: str) -> None:
        found = machines(expression)
        self._walks = [_Walk(machine) for machine in found]
        self._form = re.compile(expression) if len(found) == 1 and single_minded(found[0]) else None

    def matches(self, text: str) -> bool:
        """Whether the whole text matches. Python's own matcher is quicker, and as good where it has one way only."""
        if self._form:
            return self._form.fullmatch(text) is not None
        return all(walk.matches(text) for walk in self._walks)

    @property
    def quick(self) -> bool:
        """Whether Python's own matcher does it."""
        return self._form is not None

    @property
    def steps(self) -> int:
        """States looked at since it was made."""
        return sum(walk.steps for walk in self._walks)


@lru_cache(maxsize=256)
def matcher(expression: str) -> Matcher:
    """The expression's matcher, made once."""
    return Matcher(expression)


def fault_of(expression: str, longest: int) -> str:
    """Why the expression cannot be matched against values of up to `longest` bytes, and what to write; empty if it can.

    Raises re.error.
    """
    try:
        steps = sum(most_steps(machine, longest) for machine in machines(expression))
    except Unsupported as fault:
        return f"holds {fault}"
    if steps <= MOST_STEPS:
        return ""
    return f"takes too many steps for values of {longest:,} bytes; use fewer nested repeats, or make the type shorter"


def most_steps(machine: Machine, length: int) -> int:
    """The most steps that any value of so many characters takes; beyond MOST_STEPS any number beyond."""
    steps = _steps_of_any(machine, length)
    return steps if steps <= MOST_STEPS else min(steps, length * _most_at_once(machine))


def _steps_of_any(machine: Machine, length: int) -> int:
    """Steps of a value each of whose characters belongs to every class: no other holds more states at any place."""
    held, total = machine.closed([machine.start]), 0
    seen, seen_at, total_then = held, 0, 0
    for at in range(1, length + 1):
        reached = machine.closed(to for state in held for _, to in machine.paid[state])
        total += len(held) + len(reached)
        held = reached
        if held == seen:
            circles = (length - at) // (at - seen_at)
            return total + (circles + 1) * (total - total_then)
        if total > MOST_STEPS:
            return total
        if not at & (at - 1):  # a power of two: from here on, until the next one, a circle is looked for (Brent 1980)
            seen, seen_at, total_then = held, at, total
    return total


def _most_at_once(machine: Machine) -> int:
    """Steps of any one character at most; no less than MOST_STEPS if that takes too long to find out.

    All characters beyond ASCII are followed as one that belongs to each class to which any of them belongs.
    """
    letters = {letter for paid in machine.paid for letter, _ in paid}
    kinds = {frozenset(letter for letter in letters if code in letter.ascii) for code in ASCII}
    kinds.add(frozenset(letter for letter in letters if letter.foreign))
    start = machine.closed([machine.start])
    found, todo, most, total = {start}, [start], 0, 0
    while todo:
        held = todo.pop()
        paid = [move for state in held for move in machine.paid[state]]
        for kind in kinds:
            reached = machine.closed(to for letter, to in paid if letter in kind)
            most, total = max(most, len(held) + len(reached)), total + len(held) + len(reached)
            if reached not in found:
                found.add(reached)
                todo.append(reached)
        if len(found) > MOST_SETS or total > MOST_STEPS // 8:
            return MOST_STEPS
    return most
