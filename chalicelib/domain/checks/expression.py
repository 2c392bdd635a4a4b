"""A regular expression as nondeterministic automata (Thompson 1968): values are matched in linear time, always.

Python's own parser reads the expression, and Python's own compiler matches each class of characters. Both agree by
construction. A look-ahead at the very start is an automaton of its own: the value passes or fails it beside the rest.
Some expressions are no such automaton: references to groups, look-around elsewhere, atomic groups, possessive repeats,
and anchors inside the expression. `Unsupported` then names what to write instead.
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
    """No automaton does what the expression does; the message says what it holds and what to write instead."""


@dataclass(frozen=True, eq=False)
class Letter:
    """A class of characters."""

    form: re.Pattern[str]
    foreign: bool
    """Whether a character beyond ASCII may belong to it."""

    def takes(self, character: str) -> bool:
        """Whether a character belongs to it."""
        return self.form.fullmatch(character) is not None

    @cached_property
    def ascii(self) -> frozenset[int]:
        """The code points of its ASCII characters."""
        return frozenset(code for code in ASCII if self.takes(chr(code)))


@dataclass(kw_only=True)
class Machine:
    """States are numbers; from each some lead on for nothing, others for one character of a class."""

    free: list[list[int]] = field(default_factory=list)
    paid: list[list[tuple[Letter, int]]] = field(default_factory=list)
    letters: dict[tuple[str, int], Letter] = field(default_factory=dict)
    start: int = 0
    accept: int = 0
    wanted: bool = True
    """False: the value must not match."""

    def state(self) -> int:
        if len(self.free) >= MOST_STATES:
            raise Unsupported(f"more than {MOST_STATES} states; make its counts smaller")
        self.free.append([])
        self.paid.append([])
        return len(self.free) - 1

    def after(self, start: int) -> int:
        """A new state that `start` leads to for nothing."""
        new = self.state()
        self.free[start].append(new)
        return new

    def letter(self, node: Node, flags: int) -> Letter:
        """The class of a node of one character."""
        key = (repr(node), flags)
        if key not in self.letters:
            alone = _PARSER.SubPattern(_PARSER.State(), [node])
            self.letters[key] = Letter(_COMPILER.compile(alone, flags), _foreign(node, flags))
        return self.letters[key]

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """These states and all that they lead to for nothing."""
        found, todo = set[int](), list(states)
        while todo:
            state = todo.pop()
            if state not in found:
                found.add(state)
                todo += self.free[state]
        return frozenset(found)


def _foreign(node: Node, flags: int) -> bool:
    """Whether a character beyond ASCII may belong to a class: true in doubt."""
    kind, about = str(node[0]), node[1]
    if kind == "IN":
        return any(_foreign(item, flags) for item in about)
    last = {"LITERAL": lambda: about, "RANGE": lambda: about[1]}.get(kind)
    return last is None or last() > ASCII[-1] or bool(flags & re.IGNORECASE)


def single_minded(machine: Machine) -> bool:
    """Whether at most one state is held at any time, and reached in one way: then backtracking is linear too."""
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
    """The states that it leads to for nothing, itself too; None if it leads to one of them in two ways, or to many."""
    found, known = [state], {state}
    for reached in found:  # it grows meanwhile
        found += machine.free[reached]
        known.update(machine.free[reached])
        if len(known) < len(found) or len(found) > MOST_WAYS:
            return None
    return found


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where in the expression a sequence of nodes stands."""

    flags: int
    first: bool = False
    """Nothing that takes a character stands before it."""
    last: bool = False
    """Nothing stands behind it."""
    ended: int | None = None
    """In a look-ahead: the state from which only the value's end is accepted."""

    def inside(self, *, first: bool = False, last: bool = False) -> _Place:
        return _Place(flags=self.flags, first=self.first and first, last=self.last and last, ended=self.ended)


def _sequence(machine: Machine, nodes: Iterable[Node], start: int, place: _Place) -> int:
    """Match the nodes one after the other from a state; the state that leads to."""
    given = list(nodes)
    takes = [index for index, (kind, _) in enumerate(given) if str(kind) != "AT"]
    first, last = (takes[0], takes[-1]) if takes else (len(given), -1)
    for index, (kind, about) in enumerate(given):
        start = _node(machine, (kind, about), start, place.inside(first=index <= first, last=index >= last))
    return start


def _node(machine: Machine, node: Node, start: int, place: _Place) -> int:
    kind, about = str(node[0]), node[1]
    if kind in _REFUSED:
        raise Unsupported(_REFUSED[kind])
    if kind == "AT":
        return _anchor(machine, str(about), start, place)
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):  # greed decides which match is found, not whether there is one
        return _repeat(machine, about, start, place)
    if kind == "SUBPATTERN":
        _, added, dropped, nodes = about
        flags = _COMPILER._combine_flags(place.flags, added, dropped)  # as the compiler does
        inner = _Place(flags=flags, first=place.first, last=place.last, ended=place.ended)
        return _sequence(machine, nodes, start, inner)
    end = machine.state()
    if kind == "BRANCH":
        for nodes in about[1]:
            machine.free[_sequence(machine, nodes, machine.after(start), place)].append(end)
    else:
        machine.paid[start].append((machine.letter(node, place.flags), end))
    return end


def _anchor(machine: Machine, kind: str, start: int, place: _Place) -> int:
    """Where an anchor is always true it is nothing. Raises Unsupported elsewhere."""
    if kind in _STARTS and place.first:
        return start
    if kind not in _ENDS or not place.last or (place.ended is not None and place.flags & re.MULTILINE):
        raise Unsupported(_ANCHOR)
    if place.ended is None:
        return start
    machine.free[start].append(place.ended if kind == "AT_END" else machine.accept)
    return machine.state()


def _repeat(machine: Machine, about: Any, start: int, place: _Place) -> int:
    least, most, nodes = about
    inner = place.inside()
    for _ in range(least):
        before, start = start, _sequence(machine, nodes, start, inner)
        if start == before:  # it takes no character: once is as good as often
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
    """One for each look-ahead at the start, then one for the rest. Raises Unsupported, re.error."""
    try:
        parsed = _parsed(expression)
        return tuple(_parts(list(parsed), parsed.state.flags))
    except (RecursionError, OverflowError, MemoryError):
        raise Unsupported("too many groups or too large counts to compile; make it shorter") from None


def _parsed(expression: str) -> Any:
    """Python's reading of the expression, unless Python warns that a later version may read it otherwise."""
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
    place = _Place(flags=flags, first=True, last=True)
    machine.accept = _sequence(machine, nodes[at:], machine.start, place)
    yield machine


def _leads(node: Node) -> bool:
    """Whether it is an anchor of the start or a look-ahead."""
    kind, about = str(node[0]), node[1]
    return str(about) in _STARTS if kind == "AT" else kind in ("ASSERT", "ASSERT_NOT") and about[0] > 0


def _ahead(nodes: Iterable[Node], flags: int, *, wanted: bool) -> Machine:
    """Matches whole values that begin as the look-ahead says."""
    machine = Machine(wanted=wanted)
    machine.start, machine.accept, ended, rest = (machine.state() for _ in range(4))
    machine.free[ended].append(machine.accept)
    machine.paid[ended].append((machine.letter((_PARSER.LITERAL, ord("\n")), re.UNICODE), machine.accept))
    machine.paid[rest].append((machine.letter((_PARSER.ANY, None), re.UNICODE | re.DOTALL), rest))
    machine.free[rest].append(machine.accept)
    place = _Place(flags=flags, first=True, last=True, ended=ended)
    machine.free[_sequence(machine, nodes, machine.start, place)].append(rest)
    return machine
