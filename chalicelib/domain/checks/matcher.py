"""Match whole values against a regular expression, in time linear in the value, for any expression.

All states that can be active at once are followed together (Thompson 1968). Each set of states is kept with its
transitions: a deterministic automaton that is built on demand, as in RE2. Guarantees the verdict of `re.fullmatch`, in
a bounded number of steps. `most_steps` gives that bound before the first value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.domain.checks.expression import ASCII, Machine, Unsupported, machines, single_minded

LONGEST = 65_535
"""Length in bytes of the longest value that is matched: Redshift's longest text."""
MOST_STEPS = 4_000_000
"""Most steps for one value, which take about 0.4 s."""
MOST_SETS = 2_000
"""Most sets of states that are searched for the number of states that can be active at once."""
MOST_KEPT = 200_000
"""Most moves kept, plus the states in their sets. At this limit all are dropped, which bounds the memory."""


@dataclass(eq=False, slots=True)
class _Held:
    """States that are active at once."""

    states: frozenset[int]
    accepts: bool
    moves: dict[str, _Held] = field(default_factory=dict)
    """The next states for each character so far."""


class _Walk:
    """One automaton, with its moves so far."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._kept, self._known = 0, dict[frozenset[int], _Held]()
        self.steps = 0
        """States visited so far; a kept move costs no step."""
        self.start = self._held(machine.closed([machine.start]))

    def matches(self, text: str) -> bool:
        held = self.start
        for character in text:
            following = held.moves.get(character)
            held = self._move(held, character) if following is None else following
        return held.accepts is self._machine.wanted

    def _move(self, held: _Held, character: str) -> _Held:
        if self._kept >= MOST_KEPT:  # another thread may still use the old sets, which stay valid
            self._kept, self._known = 0, {}
            self.start = self._held(self.start.states)
            held = self._held(held.states)
        machine = self._machine
        takes = {letter: letter.takes(character) for s in held.states for letter, _ in machine.paid[s]}
        reached = machine.closed(to for s in held.states for letter, to in machine.paid[s] if takes[letter])
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
        """Return whether the whole text matches.

        Python's own matcher is faster. It is linear, too, for an expression with only one way to match.
        """
        if self._form:
            return self._form.fullmatch(text) is not None
        return all(walk.matches(text) for walk in self._walks)

    @property
    def quick(self) -> bool:
        """Whether Python's own matcher does the work."""
        return self._form is not None

    @property
    def steps(self) -> int:
        """States visited since the matcher was made."""
        return sum(walk.steps for walk in self._walks)


@lru_cache(maxsize=256)
def matcher(expression: str) -> Matcher:
    """Return the expression's matcher, made once."""
    return Matcher(expression)


def fault_of(expression: str, longest: int) -> str:
    """Return why the expression cannot check values of up to `longest` bytes, and a remedy; empty if it can.

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
    """Return the most steps that any value of `length` characters takes.

    A result over MOST_STEPS only means that the limit is passed; it is not exact.
    """
    steps = _steps_of_any(machine, length)
    return steps if steps <= MOST_STEPS else min(steps, length * _most_at_once(machine))


def _steps_of_any(machine: Machine, length: int) -> int:
    """Count the steps for a value whose characters belong to every class.

    No other value of this length has more active states at any position.
    """
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
        if not at & (at - 1):  # a power of two: search for a cycle from here to the next one (Brent 1980)
            seen, seen_at, total_then = held, at, total
    return total


def _most_at_once(machine: Machine) -> int:
    """Return the most steps of one character, or MOST_STEPS if the search takes too long.

    One character stands for all characters beyond ASCII. It belongs to each class to which any of them belongs.
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
