"""Regular expressions as tables, so that a whole column is matched at once: one look-up per character of all fields.

An expression becomes a nondeterministic automaton (Thompson 1968), that becomes a deterministic one (Rabin and Scott
1959), and its transitions a table. Python's own parser reads the expression, and Python's own classes (digits, words,
spaces) are asked for, so both agree by construction. Guarantees that what the table accepts the expression matches as a
whole. Does not promise the converse: non-ASCII text and quotes are never accepted, and expressions with look-around,
references to groups, possessive repeats, flags or very many states have no table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from chalicelib.domain.swar import LOW, Fields, Mask, word, zero_bytes

MOST_STATES = 255
"""Of the table, which holds 256 times a state's number in 16 bits; four times as many on the way to it."""
ASCII = range(1, 128)
DEAD = np.uint16(0)
_PARSER: Any = import_module("re._parser")  # not public, but the same since Python 3.11; a test would show a change
_ANY = frozenset(ASCII) - {ord("\n")}
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
}
Characters = frozenset[int]


class NoTable(Exception):
    """The expression cannot be one; the message says why."""


@dataclass(kw_only=True)
class _Nondeterministic:
    """States are numbers; from each some lead on for nothing, others for one of some characters."""

    free: list[list[int]] = field(default_factory=list)
    paid: list[list[tuple[Characters, int]]] = field(default_factory=list)

    def state(self) -> int:
        if len(self.free) >= 4 * MOST_STATES:
            raise NoTable("too many states")
        self.free.append([])
        self.paid.append([])
        return len(self.free) - 1

    def sequence(self, nodes: Iterable[Any], start: int) -> int:
        """Match the nodes one after the other from a state; the state that leads to."""
        for node in nodes:
            start = self.node(str(node[0]), node[1], start)
        return start

    def node(self, kind: str, about: Any, start: int) -> int:
        """The same for one node of the parser's tree."""
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):  # greed decides which match is found, not whether there is one
            return self._repeat(about, start)
        if kind == "SUBPATTERN":
            _, flags_added, flags_dropped, nodes = about
            if flags_added or flags_dropped:
                raise NoTable("flags")
            return self.sequence(nodes, start)
        end = self.state()
        if kind == "BRANCH":
            for nodes in about[1]:
                self.free[self.sequence(nodes, self._after(start))].append(end)
        else:
            self.paid[start].append((_characters(kind, about), end))
        return end

    def _repeat(self, about: Any, start: int) -> int:
        least, most, nodes = about
        for _ in range(least):
            start = self.sequence(nodes, start)
        end = self.state()
        if most == _PARSER.MAXREPEAT:
            loop = self._after(start)
            self.free[self.sequence(nodes, loop)].append(loop)
            self.free[loop].append(end)
            return end
        for _ in range(most - least):
            self.free[start].append(end)
            start = self.sequence(nodes, self._after(start))
        self.free[start].append(end)
        return end

    def _after(self, start: int) -> int:
        """A new state that `start` leads to for nothing."""
        new = self.state()
        self.free[start].append(new)
        return new

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """These states and all that they lead to for nothing."""
        found, todo = set[int](), list(states)
        while todo:
            state = todo.pop()
            if state not in found:
                found.add(state)
                todo += self.free[state]
        return frozenset(found)


def _characters(kind: str, about: Any) -> Characters:
    """The characters that a node of one character stands for."""
    if kind == "LITERAL":
        return frozenset({about})
    if kind == "NOT_LITERAL":
        return frozenset(ASCII) - {about}
    if kind == "ANY":
        return _ANY
    if kind == "RANGE":
        return frozenset(range(about[0], min(about[1], 127) + 1))
    if kind == "CATEGORY" and str(about) in _CATEGORIES:
        return frozenset(code for code in ASCII if re.fullmatch(_CATEGORIES[str(about)], chr(code)))
    if kind == "IN":
        inside = [item for item in about if str(item[0]) != "NEGATE"]
        found = frozenset[int]().union(*(_characters(str(item[0]), item[1]) for item in inside))
        return found if len(inside) == len(about) else frozenset(ASCII) - found
    raise NoTable(kind)


@dataclass(frozen=True, kw_only=True)
class Automaton:
    """A compiled expression."""

    table: npt.NDArray[np.uint16]
    """256 times the next state, by 256 times the state and the byte. NUL, which follows a field, changes none."""
    start: int
    accepts: Mask
    """By state."""

    def prove(self, fields: Fields, most: int) -> Mask:
        """Which fields match as a whole, among those of at most `most` bytes."""
        states = np.full(len(fields.start), 256 * self.start, np.uint16)
        rows, index = np.flatnonzero(fields.length <= most), 0
        while len(rows):
            found, count = word(fields.part(fields.start[rows] + 8 * index, fields.length[rows] - 8 * index), 0)
            state = np.where(zero_bytes(found | ~LOW[count]), DEAD, states[rows])
            for letters in found.view(np.uint8).reshape(-1, 8).T:
                state = self.table[state | letters]
            states[rows] = state
            index += 1
            rows = rows[fields.length[rows] > 8 * index]
        proven: Mask = self.accepts[states >> 8] & (fields.length <= most)
        return proven


@lru_cache(maxsize=256)
def compile_table(expression: str, quote: str) -> Automaton | None:
    """The expression as a table, if it can be one. Values with quotes in them are never accepted."""
    parsed = _PARSER.parse(expression)
    nodes = list(parsed)
    if nodes and (str(nodes[0][0]), str(nodes[0][1])) == ("AT", "AT_BEGINNING"):
        nodes = nodes[1:]
    if nodes and (str(nodes[-1][0]), str(nodes[-1][1])) == ("AT", "AT_END"):
        nodes = nodes[:-1]
    if parsed.state.flags != re.UNICODE:
        return None
    machine = _Nondeterministic()
    first = machine.state()
    try:
        return _determined(machine, first, machine.sequence(nodes, first), ord(quote))
    except NoTable:
        return None


def _determined(machine: _Nondeterministic, first: int, last: int, quote: int) -> Automaton:
    """Every set of states that may be held at once as one state; state 0 is the empty set."""
    start = machine.closed([first])
    numbers, sets, rows = {frozenset[int](): 0, start: 1}, [frozenset[int](), start], list[list[int]]()
    alike = _alike(machine, quote)
    while len(rows) < len(sets):
        held, row = sets[len(rows)], [0] * 256
        row[0] = 256 * len(rows)
        for codes in alike:
            reached = machine.closed(to for state in held for chars, to in machine.paid[state] if codes[0] in chars)
            if reached not in numbers:
                numbers[reached] = len(sets)
                sets.append(reached)
            for code in codes:
                row[code] = 256 * numbers[reached]
        rows.append(row)
        if len(sets) > MOST_STATES:
            raise NoTable("too many states")
    accepts = np.array([last in held for held in sets], np.bool_)
    return Automaton(table=np.array(rows, np.uint16).reshape(-1), start=1, accepts=accepts)


def _alike(machine: _Nondeterministic, quote: int) -> list[list[int]]:
    """Characters in groups that no transition tells apart."""
    kinds = {characters for paid in machine.paid for characters, _ in paid}
    groups: dict[tuple[bool, ...], list[int]] = {}
    for code in ASCII:
        if code != quote:
            groups.setdefault(tuple(code in kind for kind in kinds), []).append(code)
    return list(groups.values())
