"""Checks of JSON for SUPER, and of hexadecimal for VARBYTE.

JSON follows RFC 8259, with these decisions. Each decision avoids a silent loss of data:

    NaN, Infinity           are not JSON: refused, although Python's own reader accepts them
    a name twice            in one object: refused, because readers keep different values
    numbers                 at most 38 digits before the exponent, within the range of double precision; Redshift stores
                            whole numbers and decimals exactly, other numbers as doubles
    \\u0000, lone \\ud800      are not text: refused
    texts and names         at most 65,535 bytes each of UTF-8, unless the contract allows more (up to 16,000,000)
    depth                   at most 500 (Redshift: 1,000); size at most 4 MiB, the longest record

Sources: Redshift guide, "Using COPY to load data into SUPER columns", "Limitations" (of SUPER),
"enable_large_strings_opt_in", "Loading a column of the VARBYTE data type".
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from chalicelib.domain.checks.check import Check, Fault, memoised, prove_nothing
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.diagnosis import invisible
from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.raw.swar import Fields, Mask, longest, table_of

MOST_JSON = 4 << 20
MOST_DEPTH = 500
MOST_DIGITS = 38
LONGEST_HEX = 64
"""Length of the longest hexadecimal value that is checked vectorised; longer values are judged one by one."""
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
IS_HEX = table_of(b"0123456789abcdefABCDEF")
BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]++|[\]}]++', re.DOTALL)
"""Consecutive brackets, or a string, in which brackets do not count; possessive, so that it never backtracks."""
QUOTE, OPENING = ord('"'), b"[{"
COMMA_BEFORE = re.compile(r",\s*$")
TRAILING_COMMA = re.compile(r",\s*[\]}]")
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
"""A text or a name of well-formed JSON, with its quotes."""
ESCAPED = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|.)", re.DOTALL)


def document(longest_string: int = Limits.max_super_string) -> Check:
    """Return the check of one JSON text."""

    def judge(value: bytes) -> Fault | None:
        return _json_fault(value) or _too_long(value, longest_string)

    return Check(prove=prove_nothing, judge=memoised(judge))


def _too_long(value: bytes, most: int) -> Fault | None:
    """Return the fault of JSON with a text or a name of more bytes; escapes count as what they stand for."""
    for found in STRING.finditer(value) if len(value) > most else ():
        size = found.end() - found.start() - 2
        if size > most and (size := len(json.loads(found[0].decode()).encode())) > most:
            return Fault(
                code=RowCode.OUT_OF_RANGE,
                reason=f"has a text of {size:,} bytes inside: a text in a super has at most {most:,} bytes"
                " (limits.max_super_string)",
            )
    return None


def _json_fault(value: bytes) -> Fault | None:
    if len(value) > MOST_JSON:
        return Fault(code=RowCode.OUT_OF_RANGE, reason="is longer than the 4 MiB of JSON that can be loaded")
    if too_deep(value):
        return Fault(code=RowCode.JSON, reason=f"is nested more than {MOST_DEPTH} levels deep")
    try:
        json.loads(
            value.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_number, parse_int=_number
        )
    except _DocumentError as fault:
        return Fault(code=RowCode.JSON, reason=str(fault))
    except ValueError as error:
        return Fault(code=RowCode.JSON, reason=f"is not well-formed JSON{_no_json(error)}")
    if b"\\u" in value and not _text_only(value):
        return Fault(code=RowCode.JSON, reason="has an escape that is not a valid character")
    return None


class _DocumentError(Exception):
    """JSON that readers interpret differently. Not a ValueError, which means that the value is not JSON."""


def _object(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _DocumentError("repeats a name in one JSON object")


def _constant(_name: str) -> NoReturn:
    raise _DocumentError("has NaN or Infinity, which JSON does not have")


def _no_json(error: ValueError) -> str:
    """Return what keeps a text from being JSON, if that is clear, without the text."""
    if not isinstance(error, json.JSONDecodeError):
        return ""
    before, behind = error.doc[: error.pos], error.doc[error.pos :]
    if not behind.strip() or "Unterminated" in error.msg:
        return ": it ends too early"
    if behind[0] == "'":
        return ": names and texts stand in double quotes"
    if (COMMA_BEFORE.search(before[-80:]) and behind[0] in "]}") or TRAILING_COMMA.match(behind[:80]):
        return ": a comma stands before a closing bracket"
    if "control character" in error.msg:
        return ": a text in it has a line end or another control character"
    return ": more follows behind its end" if error.msg.startswith("Extra data") else ""


def _number(text: str) -> None:
    digits = re.split("[eE]", text)[0].lstrip("-").replace(".", "").lstrip("0")
    if len(digits) > MOST_DIGITS:
        raise _DocumentError(f"has a JSON number of more than {MOST_DIGITS} digits")
    number = float(text)
    if math.isinf(number) or (number == 0 and digits):
        raise _DocumentError("has a JSON number outside the range of double precision")


def too_deep(value: bytes) -> bool:
    """Return whether brackets are nested more than MOST_DEPTH deep. Keeps only the count."""
    if value.count(b"[") + value.count(b"{") <= MOST_DEPTH:
        return False
    depth = 0
    for found in BRACKETS.finditer(value):
        first, count = value[found.start()], found.end() - found.start()
        if first != QUOTE:
            depth += count if first in OPENING else -count
            if depth > MOST_DEPTH:
                return True
    return False


def _text_only(value: bytes) -> bool:
    r"""Return whether no escape is \u0000 or half a pair. `value` is JSON, so escapes stand in strings only."""
    expected, behind = False, 0
    for escape in ESCAPED.finditer(value):
        code = int(escape[1], 16) if escape[1] else -1
        low = 0xDC00 <= code <= 0xDFFF
        if code == 0 or low != (expected and escape.start() == behind) or (expected and not low):
            return False
        expected, behind = 0xD800 <= code <= 0xDBFF, escape.end()
    return not expected


def varbyte(kind: ColumnType) -> Check:
    """Return the check of bytes, written as two hexadecimal digits each, without a prefix."""

    def prove(fields: Fields) -> Mask:
        proven: Mask = (fields.length % 2 == 0) & (fields.length <= min(2 * kind.length, LONGEST_HEX))
        for at in range(min(longest(fields), LONGEST_HEX)):
            proven &= IS_HEX[fields.at(at)] | (fields.length <= at)
        return proven

    def judge(value: bytes) -> Fault | None:
        if not HEX.fullmatch(value):
            reason = f"is not hexadecimal (pairs of 0-9 and a-f): {_no_hex(value)}"
            return Fault(code=RowCode.VARBYTE, reason=reason)
        if len(value) > 2 * kind.length:
            return Fault(code=RowCode.OUT_OF_RANGE, reason=f"is longer than the {kind.length} bytes of {kind.sql}")
        return None

    return Check(prove=prove, judge=judge)


def _no_hex(value: bytes) -> str:
    """Return what keeps a value from being hexadecimal, without the value."""
    if value[:2].lower() in (b"0x", b"\\x"):
        return "it begins with 0x or \\x"
    if hidden := invisible(value.decode(errors="replace")):
        return f"it has {hidden}"
    digits = all(IS_HEX[byte] for byte in value)
    return "it has an odd number of digits" if digits else "it has other letters or signs"
