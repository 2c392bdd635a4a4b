"""Regular expressions as tables, to match a whole column at once: one look-up per character position of all fields.

The expression's nondeterministic automaton (`expression.py`) becomes a deterministic one (Rabin and Scott 1959), and
its transitions become a table. Guarantees that the expression matches, as a whole, every value that the table accepts.
Does not promise the converse: the table never accepts non-ASCII text or quotes. Expressions with look-aheads or very
many states have no table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chalicelib.domain.checks.expression import ASCII, Machine, Unsupported, machines
from chalicelib.domain.raw.swar import LOW, Fields, Mask, word, zero_bytes

MOST_STATES = 255
"""States of the table, which holds 256 times a state's number in 16 bits; the input may have four times as many."""
DEAD = np.uint16(0)
MANY = 64
"""Fewest long fields for which a vectorised look-up pays off; the judge takes fewer fields."""


class NoTable(Exception):
    """The expression cannot become a table; the message gives the reason."""


@dataclass(frozen=True, kw_only=True)
class Automaton:
    """A compiled expression."""

    table: npt.NDArray[np.uint16]
    """256 times the next state, indexed by 256 times the state plus the byte.

    NUL, which follows a field, does not change the state.
    """
    start: int
    accepts: Mask
    """Whether each state accepts."""

    def prove(self, fields: Fields, most: int, *, longer: bool = False) -> Mask:
        """Return which fields of at most `most` bytes match as a whole; `longer` adds longer fields, if many."""
        states = np.full(len(fields.start), 256 * self.start, np.uint16)
        rows, index = np.flatnonzero((fields.length <= most) | longer), 0
        while len(rows) >= (1 if 8 * index < most else MANY):
            found, count = word(fields.part(fields.start[rows] + 8 * index, fields.length[rows] - 8 * index), 0)
            state = np.where(zero_bytes(found | ~LOW[count]), DEAD, states[rows])
            for letters in found.view(np.uint8).reshape(-1, 8).T:
                state = self.table[state | letters]
            states[rows] = state
            index += 1
            rows = rows[fields.length[rows] > 8 * index]
        proven: Mask = self.accepts[states >> 8]
        proven[rows] = False
        return proven & ((fields.length <= most) | longer)


@lru_cache(maxsize=256)
def compile_table(expression: str, quote: str) -> Automaton | None:
    """Return the expression as a table, or None if it cannot become one. The table never accepts values with quotes."""
    try:
        *ahead, machine = machines(expression)
        return None if ahead else _determined(machine, ord(quote))
    except (NoTable, Unsupported):
        return None


def _determined(machine: Machine, quote: int) -> Automaton:
    """Make one state of each set of states that can be active at once; state 0 is the empty set."""
    if len(machine.free) > 4 * MOST_STATES:
        raise NoTable("too many states")
    start = machine.closed([machine.start])
    numbers, sets, rows = {frozenset[int](): 0, start: 1}, [frozenset[int](), start], list[list[int]]()
    alike = _alike(machine, quote)
    while len(rows) < len(sets):
        held, row = sets[len(rows)], [0] * 256
        row[0] = 256 * len(rows)
        for codes in alike:
            paid = (move for state in held for move in machine.paid[state])
            reached = machine.closed(to for letter, to in paid if codes[0] in letter.ascii)
            if reached not in numbers:
                numbers[reached] = len(sets)
                sets.append(reached)
            for code in codes:
                row[code] = 256 * numbers[reached]
        rows.append(row)
        if len(sets) > MOST_STATES:
            raise NoTable("too many states")
    accepts = np.array([machine.accept in held for held in sets], np.bool_)
    return Automaton(table=np.array(rows, np.uint16).reshape(-1), start=1, accepts=accepts)


def _alike(machine: Machine, quote: int) -> list[list[int]]:
    """Group the characters that all transitions treat alike."""
    kinds = {letter.ascii for paid in machine.paid for letter, _ in paid}
    groups: dict[tuple[bool, ...], list[int]] = {}
    for code in ASCII:
        if code not in (0, quote):
            groups.setdefault(tuple(code in kind for kind in kinds), []).append(code)
    return list(groups.values())
