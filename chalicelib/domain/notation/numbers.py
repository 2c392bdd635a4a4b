"""Read one number as the contract's notation has it: affixes first, then groups of digits, then digits in excess.

Guarantees that a number is read in one way only: at most one sign, one currency sign and one percent sign; groups are
of three digits, and the first of them does not begin with 0. `12,750` is never read as 12750 where the comma is the
decimal sign, and `0.125` never as 125 where the point separates groups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.diagnosis import found_in_number
from chalicelib.domain.contract.column import FLOATS, ColumnType, TypeName
from chalicelib.domain.contract.notation import Excess, Negative, Notation, Percent
from chalicelib.domain.notation.canonical import Canonical, Read

NUMBER_BLANKS = (b" ", b"\xc2\xa0", b"\xe2\x80\xaf")
"""U+0020, U+00A0 and U+202F in UTF-8."""
MOST_DIGITS = 100
"""Numbers of more digits are not rounded: no column can store them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """A number taken apart. Its digits are ASCII."""

    sign: bytes
    whole: bytes
    fraction: bytes
    exponent: bytes

    def text(self) -> bytes:
        return self.sign + self.whole + (b"." + self.fraction if self.fraction else b"") + self.exponent


class TwoSigns(Exception):
    """A number has more than one sign."""


def separators(notation: Notation) -> tuple[bytes, ...]:
    """Return the signs of which one may stand between groups of digits."""
    return NUMBER_BLANKS if notation.thousands == " " else (notation.thousands.encode(),) if notation.thousands else ()


def number_reader(kind: ColumnType, notation: Notation) -> Read:
    """Return the reader of a column's numbers."""
    form, affixes = _form(kind, notation), _Affixes(notation)
    code = {TypeName.DECIMAL: RowCode.DECIMAL, **dict.fromkeys(FLOATS, RowCode.FLOAT)}.get(kind.kind, RowCode.DIGIT)

    def read(value: bytes) -> Canonical | Fault:
        try:
            sign, core, divided = affixes.stripped(value)
        except TwoSigns:
            return Fault(code=code, reason=f"is not {kind.sql}: it has two signs")
        found = form.fullmatch(core)
        if not found or not (found["whole"] or found["fraction"]):
            return Fault(
                code=code, reason=f"is not {kind.sql} in the contract's notation: it has {_what(core, notation)}"
            )
        parts = _Parts(
            sign=sign,
            whole=re.sub(rb"[^0-9]", b"", found["whole"]),
            fraction=found["fraction"] or b"",
            exponent=found["exponent"] or b"",
        )
        if notation.implied_decimals and (parts.fraction or parts.exponent):
            return Fault(code=code, reason="has a decimal sign, which implied_decimals says that files leave out")
        parts = _shifted(parts, notation.implied_decimals + 2 * divided)
        return _fitted(parts, kind, notation.excess, code)

    return read


def _form(kind: ColumnType, notation: Notation) -> re.Pattern[bytes]:
    point = re.escape(notation.decimal.encode())
    grouped = [b"[1-9][0-9]{0,2}(?:%s[0-9]{3})+" % re.escape(sign) for sign in separators(notation)]
    whole = b"(?P<whole>%s)" % b"|".join([*grouped, b"[0-9]*"])
    floating = kind.kind in FLOATS
    fraction = b"(?:%s(?P<fraction>[0-9]%s))?" % (point, b"*" if floating else b"+")
    return re.compile(whole + fraction + b"(?P<exponent>%s)?" % (b"[eE][+-]?[0-9]+" if floating else b""))


def _what(core: bytes, notation: Notation) -> str:
    """Return what a number has that the notation does not allow, or which of its signs stands in a wrong place."""
    decimal, groups = notation.decimal.encode(), separators(notation)
    signs = re.sub(rb"[0-9]", b"", core)
    if decimal != b"." and signs and not signs.replace(decimal, b""):
        return "a decimal sign in a wrong place"
    plain = core
    for sign in groups:
        signs, plain = signs.replace(sign, b""), plain.replace(sign, b"")
    if plain != core and not signs.replace(decimal, b""):
        return "a sign between groups of three digits in a wrong place"
    if decimal != b"." and b"." in plain:
        return "a point"
    return found_in_number(plain.replace(decimal, b"."))


class _Affixes:
    """The signs around a number, each at most once."""

    def __init__(self, notation: Notation) -> None:
        self.currency = tuple(sorted((sign.encode() for sign in notation.currency), key=len, reverse=True))
        self.parentheses = notation.negative is Negative.PARENTHESES
        self.trailing = notation.negative is Negative.TRAILING
        self.percent = notation.percent is not Percent.NONE
        self.divides = notation.percent is Percent.FRACTION

    def stripped(self, text: bytes) -> tuple[bytes, bytes, bool]:
        """Return the sign, the number without affixes, and whether it counts hundredths. Raises TwoSigns."""
        sign, currency, percent = b"", self.currency, self.percent
        while True:
            before = text
            if found := self._sign(text):
                if sign:
                    raise TwoSigns
                sign, text = found
            for mark in currency:
                if (rest := _without(text, mark)) is not None:
                    text, currency = rest, ()
                    break
            if percent and text.endswith(b"%"):
                text, percent = _blankless(text[:-1], behind=True), False
            if text == before:
                return sign, text, self.divides and self.percent and not percent

    def _sign(self, text: bytes) -> tuple[bytes, bytes] | None:
        """Return the outermost sign, and the text without it."""
        if text[:1] in (b"-", b"+"):
            return text[:1], text[1:]
        if self.parentheses and text[:1] == b"(" and text[-1:] == b")":
            return b"-", text[1:-1]
        return (b"-", text[:-1]) if self.trailing and text[-1:] == b"-" else None


def _without(text: bytes, mark: bytes) -> bytes | None:
    """Return the text without a mark at one of its ends, and without the blank between them."""
    if text.startswith(mark):
        return _blankless(text[len(mark) :], behind=False)
    return _blankless(text[: -len(mark)], behind=True) if text.endswith(mark) else None


def _blankless(text: bytes, *, behind: bool) -> bytes:
    for blank in NUMBER_BLANKS:
        if behind and text.endswith(blank):
            return text[: -len(blank)]
        if not behind and text.startswith(blank):
            return text[len(blank) :]
    return text


def _shifted(parts: _Parts, digits: int) -> _Parts:
    """Move the point by so many digits to the left."""
    if not digits:
        return parts
    whole = parts.whole.rjust(digits + 1, b"0")
    fraction = whole[-digits:] + parts.fraction
    return _Parts(sign=parts.sign, whole=whole[:-digits], fraction=fraction, exponent=parts.exponent)


def _fitted(parts: _Parts, kind: ColumnType, excess: Excess, code: RowCode) -> Canonical | Fault:
    """Return the number with as many digits after the point as the column has."""
    extra = b"" if kind.kind in FLOATS else parts.fraction[kind.scale :]
    if not extra:
        return Canonical(text=parts.text())
    if excess.refuses(extra):
        what = f"more digits after the point than {kind.sql} keeps" if kind.scale else "digits after the point"
        return Fault(code=code, reason=f"has {what}")
    kept = _Parts(
        sign=parts.sign,
        whole=parts.whole or b"0"[kind.scale :],
        fraction=parts.fraction[: kind.scale],
        exponent=parts.exponent,
    )
    if excess.increases(extra) and len(kept.whole) + kind.scale <= MOST_DIGITS:
        kept = _increased(kept)
    return Canonical(text=kept.text(), altered=excess.alteration(extra))


def _increased(parts: _Parts) -> _Parts:
    """Return the number whose last digit is one more."""
    digits, scale = parts.whole + parts.fraction, len(parts.fraction)
    more = b"%d" % (int(digits) + 1)
    more = more.rjust(max(len(digits), scale + 1), b"0")
    return _Parts(
        sign=parts.sign, whole=more[: len(more) - scale], fraction=more[len(more) - scale :], exponent=parts.exponent
    )
