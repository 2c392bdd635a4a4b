"""JSON for SUPER, and hexadecimal for VARBYTE.

JSON is taken as RFC 8259 has it, with these decisions, each on the side that loses nothing silently:

    NaN, Infinity           are not JSON: refused, though Python's own reader takes them
    a name twice            in one object: refused, as readers differ in which value they keep
    numbers                 at most 38 digits before the exponent, within the range of double precision; what lies
                            between is kept as Redshift keeps it: whole numbers and decimals exactly, others as doubles
    \\u0000, lone \\ud800      are no text: refused
    depth                   at most 500 (Redshift: 1,000), size at most 4 MiB, the longest record

Sources: Redshift guide, "Using COPY to load data into SUPER columns", "Limitations" (of SUPER), "Loading a column of
the VARBYTE data type".
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import numpy as np

from chalicelib.domain.checks.check import Check, Fault, memoised, prove_nothing
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.contract import ColumnType
from chalicelib.domain.raw.swar import Fields, Mask, longest

MOST_JSON = 4 << 20
MOST_DEPTH = 500
MOST_DIGITS = 38
LONGEST_HEX = 64
"""Bytes of hexadecimal values that are looked at vectorised; longer ones are judged one by one."""
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
IS_HEX = np.isin(np.arange(256), list(b"0123456789abcdefABCDEF"))
BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]++|[\]}]++', re.DOTALL)
"""Brackets in a row, or a string, in which they do not count; possessive, so that it holds no way back."""
QUOTE, OPENING = ord('"'), b"[{"
ESCAPED = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|.)", re.DOTALL)


def document() -> Check:
    """One JSON text."""
    return Check(prove=prove_nothing, judge=memoised(_json_fault))


def _json_fault(value: bytes) -> Fault | None:
    if len(value) > MOST_JSON:
        return Fault(code=RowCode.OUT_OF_RANGE, reason="is longer than the 4 MiB of JSON that can be loaded")
    if value.count(b"[") + value.count(b"{") > MOST_DEPTH and _too_deep(value):
        return Fault(code=RowCode.JSON, reason=f"is nested more than {MOST_DEPTH} levels deep")
    try:
        json.loads(
            value.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_number, parse_int=_number
        )
    except _DocumentError as fault:
        return Fault(code=RowCode.JSON, reason=str(fault))
    except ValueError:
        return Fault(code=RowCode.JSON, reason="is not well-formed JSON")
    if b"\\u" in value and not _text_only(value):
        return Fault(code=RowCode.JSON, reason="has an escape that is not a valid character")
    return None


class _DocumentError(Exception):
    """JSON that readers take differently. Not a ValueError: those say that it is no JSON at all."""


def _object(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _DocumentError("repeats a name in one JSON object")


def _constant(_name: str) -> NoReturn:
    raise ValueError


def _number(text: str) -> None:
    digits = re.split("[eE]", text)[0].lstrip("-").replace(".", "").lstrip("0")
    if len(digits) > MOST_DIGITS:
        raise _DocumentError(f"has a JSON number of more than {MOST_DIGITS} digits")
    number = float(text)
    if math.isinf(number) or (number == 0 and digits):
        raise _DocumentError("has a JSON number outside the range of double precision")


def _too_deep(value: bytes) -> bool:
    """Whether brackets are open within each other more than MOST_DEPTH deep. Holds nothing but the count."""
    depth = 0
    for found in BRACKETS.finditer(value):
        first, count = value[found.start()], found.end() - found.start()
        if first != QUOTE:
            depth += count if first in OPENING else -count
            if depth > MOST_DEPTH:
                return True
    return False


def _text_only(value: bytes) -> bool:
    r"""Whether no escape is \u0000 or half a pair. `value` is JSON, so escapes stand within strings only."""
    expected, behind = False, 0
    for escape in ESCAPED.finditer(value):
        code = int(escape[1], 16) if escape[1] else -1
        low = 0xDC00 <= code <= 0xDFFF
        if code == 0 or low != (expected and escape.start() == behind) or (expected and not low):
            return False
        expected, behind = 0xD800 <= code <= 0xDBFF, escape.end()
    return not expected


def varbyte(kind: ColumnType) -> Check:
    """Bytes, two hexadecimal digits each, without a prefix."""

    def prove(fields: Fields) -> Mask:
        proven: Mask = (fields.length % 2 == 0) & (fields.length <= min(2 * kind.length, LONGEST_HEX))
        for at in range(min(longest(fields), LONGEST_HEX)):
            proven &= IS_HEX[fields.at(at)] | (fields.length <= at)
        return proven

    def judge(value: bytes) -> Fault | None:
        if not HEX.fullmatch(value):
            return Fault(code=RowCode.VARBYTE, reason="is not hexadecimal: pairs of 0-9 and a-f only")
        if len(value) > 2 * kind.length:
            return Fault(code=RowCode.OUT_OF_RANGE, reason=f"is longer than the {kind.length} bytes of {kind.sql}")
        return None

    return Check(prove=prove, judge=judge)
