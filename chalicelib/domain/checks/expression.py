"""A regular expression as nondeterministic automata (Thompson 1968), which match every value in linear time.

Python's own parser reads the expression, and Python's own compiler matches each class of characters, so that both agree
with `re` by construction. Each look-ahead at the start is a separate automaton, which the value must pass too. Some
expressions have no such automaton: references to groups, look-around elsewhere, atomic groups, possessive repeats, and
anchors inside the expression. The message of `Unsupported` then names a replacement.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

MOST_STATES = 10_000
MOST_WAYS = 256
ASCII = range(128)
_PARSER: Any = import_module("re._parser")  # not public, but the same since Python 3.11; a test would show a change
_COMPILER: Any = import_module("re._compiler")
_STARTS = ("AT_BEGINNING", "AT_BEGINNING_STRING")
_ENDS = ("AT_END", "AT_END_STRING")
_GROUP = "a reference to a group; list the alternatives with | instead"
_PLAIN = "an atomic group or a possessive repeat; write a plain group or repeat, which takes linear time here"
_AROUND = "a look-around after its start; move look-aheads to the start, or list the alternatives with |"
_ANCHOR = "an anchor or \\b inside; write the characters that are allowed there instead"
_CLASS = "[, --, &&, || or ~~ in a class, which a later Python may read differently"
_REFUSED = {
    "GROUPREF": _GROUP,
    "GROUPREF_EXISTS": _GROUP,
    "ATOMIC_GROUP": _PLAIN,
    "POSSESSIVE_REPEAT": _PLAIN,
    "ASSERT": _AROUND,
    "ASSERT_NOT": _AROUND,
    "FAILURE": "a group that never matches, (?!); remove it",
}

Node = tuple[Any, Any]


class Unsupported(Exception):
    """The expression has no automaton; the message names the unsupported part and a replacement."""


@dataclass(frozen=True, eq=False)
class Letter:
    """A class of characters."""

    form: re.Pattern[str]
    foreign: bool
    """Whether a character beyond ASCII may belong to the class."""

    def takes(self, character: str) -> bool:
        """Return whether a character belongs to the class."""
        return self.form.fullmatch(character) is not None

    @cached_property
    def ascii(self) -> frozenset[int]:
        """The code points of the class's ASCII characters."""
        return frozenset(code for code in ASCII if self.takes(chr(code)))


@dataclass(kw_only=True)
class Machine:
    """An automaton whose states are numbers. Some moves of a state are free, others take one character of a class."""

    free: list[list[int]] = field(default_factory=list)
    paid: list[list[tuple[Letter, int]]] = field(default_factory=list)
    letters: dict[tuple[str, int], Letter] = field(default_factory=dict)
    start: int = 0
    accept: int = 0
    wanted: bool = True
    """False: the value must not match (a negative look-ahead)."""

    def state(self) -> int:
        if len(self.free) >= MOST_STATES:
            raise Unsupported(f"more than {MOST_STATES} states; make its counts smaller")
        self.free.append([])
        self.paid.append([])
        return len(self.free) - 1

    def after(self, start: int) -> int:
        """Add a state with a free move to it from `start`."""
        new = self.state()
        self.free[start].append(new)
        return new

    def letter(self, node: Node, flags: int) -> Letter:
        """Return the class of a node that matches one character."""
        key = (repr(node), flags)
        if key not in self.letters:
            alone = _PARSER.SubPattern(_PARSER.State(), [node])
            self.letters[key] = Letter(_COMPILER.compile(alone, flags), _foreign(node, flags))
        return self.letters[key]

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """Return these states and all states that free moves reach from them."""
        found, todo = set[int](), list(states)
        while todo:
            state = todo.pop()
            if state not in found:
                found.add(state)
                todo += self.free[state]
        return frozenset(found)


def _foreign(node: Node, flags: int) -> bool:
    """Return whether a character beyond ASCII may belong to a class; True if unsure."""
    kind, about = str(node[0]), node[1]
    if kind == "IN":
        return any(_foreign(item, flags) for item in about)
    last = {"LITERAL": lambda: about, "RANGE": lambda: about[1]}.get(kind)
    return last is None or last() > ASCII[-1] or bool(flags & re.IGNORECASE)


def single_minded(machine: Machine) -> bool:
    """Return whether at most one state is active at any time and is reached in one way: backtracking is linear then."""
    for state in {machine.start} | {to for paid in machine.paid for _, to in paid}:
        ways = _ways(machine, state)
        if ways is None:
            return False
        letters = [letter for reached in ways for letter, _ in machine.paid[reached]]
        codes = [code for letter in letters for code in letter.ascii]
        if len(set(codes)) < len(codes) or sum(letter.foreign for letter in letters) > 1:
            return False
    return True


def _ways(machine: Machine, state: int) -> list[int] | None:
    """Return the state and those that free moves reach; None if one has two ways to it, or if there are too many."""
    found, known = [state], {state}
    for reached in found:  # the list grows during the loop
        found += machine.free[reached]
        known.update(machine.free[reached])
        if len(known) < len(found) or len(found) > MOST_WAYS:
            return None
    return found


@dataclass(frozen=True, kw_only=True)
class _Position:
    """The position of a sequence of nodes in the expression."""

    flags: int
    first: bool = False
    """No node that takes a character stands before it."""
    last: bool = False
    """No node that takes a character stands after it."""
    ended: int | None = None
    """In a look-ahead: the state that accepts only the value's end."""

    def inside(self, *, first: bool = False, last: bool = False) -> _Position:
        return _Position(flags=self.flags, first=self.first and first, last=self.last and last, ended=self.ended)


def _sequence(machine: Machine, nodes: Iterable[Node], start: int, position: _Position) -> int:
    """Add states that match the nodes one after the other; return the last state."""
    given = list(nodes)
    takes = [index for index, (kind, _) in enumerate(given) if str(kind) != "AT"]
    first, last = (takes[0], takes[-1]) if takes else (len(given), -1)
    for index, (kind, about) in enumerate(given):
        start = _node(machine, (kind, about), start, position.inside(first=index <= first, last=index >= last))
    return start


def _node(machine: Machine, node: Node, start: int, position: _Position) -> int:
    kind, about = str(node[0]), node[1]
    if kind == "ASSERT_NOT" and not len(about[1]):
        kind = "FAILURE"  # as Python 3.13 itself says
    if kind in _REFUSED:
        raise Unsupported(_REFUSED[kind])
    if kind == "AT":
        return _anchor(machine, str(about), start, position)
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):  # greediness selects the match; it does not change whether one exists
        return _repeat(machine, about, start, position)
    if kind == "SUBPATTERN":
        _, added, dropped, nodes = about
        flags = _COMPILER._combine_flags(position.flags, added, dropped)  # as the compiler does
        inner = _Position(flags=flags, first=position.first, last=position.last, ended=position.ended)
        return _sequence(machine, nodes, start, inner)
    end = machine.state()
    if kind == "BRANCH":
        for nodes in about[1]:
            machine.free[_sequence(machine, nodes, machine.after(start), position)].append(end)
    else:
        machine.paid[start].append((machine.letter(node, position.flags), end))
    return end


def _anchor(machine: Machine, kind: str, start: int, position: _Position) -> int:
    """Add the moves of an anchor; none where it always holds. Raises Unsupported where it is not supported."""
    if kind in _STARTS and position.first:
        return start
    if kind not in _ENDS or not position.last or (position.ended is not None and position.flags & re.MULTILINE):
        raise Unsupported(_ANCHOR)
    if position.ended is None:
        return start
    machine.free[start].append(position.ended if kind == "AT_END" else machine.accept)
    return machine.state()


def _repeat(machine: Machine, about: Any, start: int, position: _Position) -> int:
    least, most, nodes = about
    inner = position.inside()
    for _ in range(least):
        before, start = start, _sequence(machine, nodes, start, inner)
        if start == before:  # it takes no character, so further repeats change nothing
            return start
    end = machine.state()
    if most == _PARSER.MAXREPEAT:
        loop = machine.after(start)
        machine.free[_sequence(machine, nodes, loop, inner)].append(loop)
        machine.free[loop].append(end)
        return end
    for _ in range(most - least):
        machine.free[start].append(end)
        start = _sequence(machine, nodes, machine.after(start), inner)
    machine.free[start].append(end)
    return end


@lru_cache(maxsize=256)
def machines(expression: str) -> tuple[Machine, ...]:
    """Return one automaton for each look-ahead at the start, then one for the rest. Raises Unsupported, re.error."""
    try:
        parsed = _parsed(expression)
        return tuple(_parts(list(parsed), parsed.state.flags))
    except (RecursionError, OverflowError, MemoryError):
        raise Unsupported("too many groups or too large counts to compile; make it shorter") from None


def _parsed(expression: str) -> Any:
    """Parse the expression with Python's parser.

    Raises Unsupported if Python warns that a later version may read the expression differently.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        try:
            return _PARSER.parse(expression)
        except FutureWarning as warning:
            raise Unsupported(f"{_CLASS} ({str(warning).lower()}); put a backslash before it") from None


def _parts(nodes: Sequence[Node], flags: int) -> Iterable[Machine]:
    at = 0
    while at < len(nodes) and _leads(nodes[at]):
        kind, about = str(nodes[at][0]), nodes[at][1]
        if kind != "AT":
            yield _ahead(about[1], flags, wanted=kind == "ASSERT")
        at += 1
    machine = Machine()
    machine.start = machine.state()
    position = _Position(flags=flags, first=True, last=True)
    machine.accept = _sequence(machine, nodes[at:], machine.start, position)
    yield machine


def _leads(node: Node) -> bool:
    """Return whether the node is an anchor of the start or a look-ahead."""
    kind, about = str(node[0]), node[1]
    return str(about) in _STARTS if kind == "AT" else kind in ("ASSERT", "ASSERT_NOT") and about[0] > 0


def _ahead(nodes: Iterable[Node], flags: int, *, wanted: bool) -> Machine:
    """Return an automaton of whole values whose beginning matches the look-ahead."""
    machine = Machine(wanted=wanted)
    machine.start, machine.accept, ended, rest = (machine.state() for _ in range(4))
    machine.free[ended].append(machine.accept)
    machine.paid[ended].append((machine.letter((_PARSER.LITERAL, ord("\n")), re.UNICODE), machine.accept))
    machine.paid[rest].append((machine.letter((_PARSER.ANY, None), re.UNICODE | re.DOTALL), rest))
    machine.free[rest].append(machine.accept)
    position = _Position(flags=flags, first=True, last=True, ended=ended)
    machine.free[_sequence(machine, nodes, machine.start, position)].append(rest)
    return machine
