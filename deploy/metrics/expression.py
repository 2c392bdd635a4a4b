"""What kind of value a CloudWatch metric math expression has, or why CloudWatch refuses it.

It knows the operators, IF, and the functions in SIGNATURES. Any other function is refused: nothing is assumed.
Source: AWS, "Metric math syntax and functions", Amazon CloudWatch User Guide. MAX and MIN of two series, which it does
not list, are taken from reports of alarms that CloudWatch accepted.
It imports the standard library only: the local AWS runs it, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a part of an expression is."""

    NUMBER = "a number"
    METRIC = "the id of a metric"
    """It is a time series, too."""
    SERIES = "a time series"
    ARRAY = "an array of time series"
    WORD = "a keyword"
    TEXT = "a text in quotes"


class RefusedError(Exception):
    """CloudWatch refuses this; the message has the reason and the fix."""


N, M, S, A, W, T = Kind.NUMBER, Kind.METRIC, Kind.SERIES, Kind.ARRAY, Kind.WORD, Kind.TEXT
Signatures = Mapping[tuple[Kind, ...], Kind]
OVER_TIME: Signatures = {(S,): N, (A,): S}
POINT_BY_POINT: Signatures = {(S,): S, (A,): A}
BOTH_WAYS = ("MAX", "MIN")
POINTS = ("ABS", "CEIL", "DIFF", "DIFF_TIME", "FLOOR", "LOG", "LOG10", "RATE", "RUNNING_SUM")
CLOCK = ("DATE", "DAY", "EPOCH", "HOUR", "MINUTE", "MONTH", "YEAR")
SIGNATURES: dict[str, Signatures] = {
    **dict.fromkeys(("AVG", "DATAPOINT_COUNT", "STDDEV", "SUM"), OVER_TIME),
    **{name: {**OVER_TIME, (S, S): S} for name in BOTH_WAYS},
    **dict.fromkeys(POINTS, POINT_BY_POINT),
    **{name: {(S,): S} for name in CLOCK},
    **{name: {(A,): S} for name in ("FIRST", "LAST")},
    "FILL": {(S, N): S, (S, W): S, (A, N): A, (A, S): A, (A, W): A},
    "IF": dict.fromkeys(((S, S), (S, N), (S, S, S), (S, N, S), (S, S, N), (S, N, N), (N, S), (N, S, S)), S),
    "METRIC_COUNT": {(A,): N},
    "PERIOD": {(M,): N},
    "REMOVE_EMPTY": {(A,): A},
    "TIME_SERIES": {(N,): S},
}
GRAPHS_ONLY: dict[str, Signatures] = {"METRICS": {(): A, (T,): A}, "SEARCH": {(T,): A, (T, T): A, (T, T, N): A}}
"""Functions that a dashboard takes and an alarm does not."""
WORDS = frozenset({"LINEAR", "REPEAT"})
FIXES = {
    "MAX": "guard a division by IF(x > 0, y / x, 0); nest MAX(MAX(a, b), c) for more than two",
    "MIN": "nest MIN(MIN(a, b), c) for more than two",
    "SUM": "write a + b + c",
    "METRICS": "name each metric: a + b + c",
    "SEARCH": "name each metric: a + b + c",
    "PERIOD": "name a metric itself, not the result of an expression",
    "IF": "compare a series: IF(x > 0, y, 0)",
}
LEVELS = (("OR", "||"), ("AND", "&&"), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"), ("^",))
"""Operators with two sides, those that bind least first."""
ARITHMETIC = frozenset("+-*/^")
TOKEN = re.compile(r"\d+(?:\.\d+)?|\w+|\"[^\"]*\"|'[^']*'|&&|\|\||[=!<>]=|[-+*/^<>()\[\],]", re.A)
ID = re.compile(r"[a-z]\w*", re.A)


def kind_of(expression: str, value: Callable[[str], Kind], *, in_alarm: bool) -> Kind:
    """Return the kind of the result. `value` gives that of an id, or raises RefusedError. Raises RefusedError."""
    functions = SIGNATURES if in_alarm else {**SIGNATURES, **GRAPHS_ONLY}
    reader = _Reader(tokens=_tokens(expression), value=value, functions=functions)
    found = _value(reader.binary())
    if rest := reader.peek():
        raise RefusedError(f"`{rest}` is not expected here: put an operator or a comma before it")
    if found not in (S, A):
        raise RefusedError(f"the result is {found.value}, not a time series: TIME_SERIES(x) makes one of a number")
    return found


def _tokens(expression: str) -> list[str]:
    if left := TOKEN.sub("", expression).strip():
        operators = " ".join(operator for level in LEVELS for operator in level)
        raise RefusedError(f"`{left[0]}` has no meaning: the operators are {operators}")
    return TOKEN.findall(expression)


@dataclass(kw_only=True)
class _Reader:
    """Reads an expression from left to right; each method returns the kind of what it has read."""

    tokens: list[str]
    value: Callable[[str], Kind]
    functions: Mapping[str, Signatures]
    at: int = field(default=0)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or wanted not in ("", token):
            raise RefusedError(f"`{wanted or 'a value'}` is missing {f'before `{token}`' if token else 'at the end'}")
        self.at += 1
        return token

    def binary(self, level: int = 0) -> Kind:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in LEVELS[level]:
            operator = self.take()
            left = _joined(operator, left, self.binary(level + 1))
        return left

    def unary(self) -> Kind:
        if self.peek() != "-":
            return self.single()
        return _joined(self.take(), N, self.unary())

    def single(self) -> Kind:
        first = self.take()
        if first == "(":
            return self._closed(_value(self.binary()), ")")
        if first == "[":
            return _array(self._list("]"))
        if first[0].isdigit():
            return N
        if first[0] in "\"'":
            return T
        if not first[0].isalpha():
            raise RefusedError(f"`{first}` stands where a value has to be: give it one on each side")
        if self.peek() == "(":
            return self._call(first)
        return W if first in WORDS else self.value(first)

    def _closed(self, found: Kind, bracket: str) -> Kind:
        self.take(bracket)
        return found

    def _list(self, bracket: str) -> list[Kind]:
        found: list[Kind] = []
        while self.peek() != bracket:
            if found:
                self.take(",")
            found.append(self.binary())
        self.take(bracket)
        return found

    def _call(self, name: str) -> Kind:
        if name not in self.functions:
            raise RefusedError(_no_function(name, self.functions))
        self.take("(")
        given = tuple(self._list(")"))
        signatures = self.functions[name]
        if M not in next(iter(signatures)):
            given = tuple(map(_value, given))
        if given not in signatures:
            taken = "; or ".join(", ".join(kind.value for kind in one) for one in signatures)
            kinds = ", ".join(kind.value for kind in given) or "nothing"
            raise RefusedError(
                f"{name} takes {taken}; it is given {kinds}: {FIXES.get(name, 'change what it is given')}"
            )
        return signatures[given]


def _no_function(name: str, functions: Mapping[str, Signatures]) -> str:
    if name in GRAPHS_ONLY:
        return f"an alarm takes no {name}(): {FIXES[name]}"
    if name.upper() in functions:
        return f"functions are written in capitals: {name.upper()}(...)"
    return f"{name} is no function that this check knows: {', '.join(sorted(functions))}"


def _value(kind: Kind) -> Kind:
    """Return the kind of a value: a metric's is a time series."""
    return S if kind is M else kind


def _array(kinds: list[Kind]) -> Kind:
    if not kinds or not set(kinds) <= {M, S, A}:
        raise RefusedError(f"an array takes time series only: {FIXES['MAX']}")
    return A


def _joined(operator: str, left: Kind, right: Kind) -> Kind:
    """Return what an operator makes of its two sides."""
    left, right = _value(left), _value(right)
    order = (N, S, A) if operator in ARITHMETIC else (N, S)
    for side in (left, right):
        if side not in order:
            raise RefusedError(f"`{operator}` does not take {side.value}: make it one series with SUM(...)")
    if (left, right) == (S, A):
        raise RefusedError(f"`{operator}` takes an array and a time series in this order only: put the array first")
    return max(left, right, key=order.index)
