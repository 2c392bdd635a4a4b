"""How the files write the values of one column, if Redshift reads them otherwise, and where they stand in a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chalicelib.domain.contract.tally import Altered


class Negative(Enum):
    """How negative numbers may be written, besides a minus in front."""

    SIGN = "sign"  # in no other way
    PARENTHESES = "parentheses"  # (15.00)
    TRAILING = "trailing"  # 15.00-


class Percent(Enum):
    """The meaning of a percent sign after a number."""

    NONE = "none"  # there may be none
    FRACTION = "fraction"  # 12.5% is 0.125
    NUMBER = "number"  # 12.5% is 12.5


class Excess(Enum):
    """The treatment of digits after the point that the column has no room for."""

    ZEROS = "zeros"  # zeros are left out, which changes nothing; the row of any other digit is rejected
    REJECT = "reject"  # the row is rejected, also for zeros
    ROUND = "round"  # half away from zero
    CUT = "cut"  # they are left out

    def refuses(self, digits: bytes) -> bool:
        """Return whether these digits in excess are a fault."""
        return self is Excess.REJECT or (self is Excess.ZEROS and _has_value(digits))

    def increases(self, digits: bytes) -> bool:
        """Return whether the last digit that is kept becomes one more."""
        return self is Excess.ROUND and digits >= b"5"

    def alteration(self, digits: bytes) -> Altered | None:
        """Return the kind of change if these digits are left out; None if the value stays the same."""
        return self.loss if _has_value(digits) else None

    @property
    def loss(self) -> Altered:
        """The kind of change if digits with a value are left out."""
        return Altered.ROUNDED if self is Excess.ROUND else Altered.CUT


def _has_value(digits: bytes) -> bool:
    return bool(digits.strip(b"0"))


class Trim(Enum):
    """The characters around a value that are left out."""

    NONE = "none"
    BLANKS = "blanks"  # blanks and tabs
    UNICODE = "unicode"  # all that Unicode counts as white space, and invisible signs such as U+200B


class TooLong(Enum):
    """The treatment of a text that is longer than its column."""

    REJECT = "reject"
    CUT = "cut"  # behind the last whole character that fits


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How files write a column's values. The default is Redshift's own notation, and zeros that change nothing."""

    decimal: str = "."
    """numbers: the sign before the fraction."""
    implied_decimals: int = 0
    """numbers: how many of the last digits stand behind a decimal sign that files leave out."""
    thousands: str = ""
    """numbers: the sign between groups of three digits; a blank stands for U+0020, U+00A0 and U+202F."""
    currency: tuple[str, ...] = ()
    """numbers: signs, one of which may stand before or after the number."""
    negative: Negative = Negative.SIGN
    percent: Percent = Percent.NONE
    excess: Excess = Excess.ZEROS
    """numbers of a scale, and times: digits after the point beyond the scale, or beyond microseconds."""
    null: tuple[str, ...] = ()
    """Words that mean NULL, with quotes and without."""
    true: tuple[str, ...] = ()
    """boolean: further words, in any case."""
    false: tuple[str, ...] = ()
    trim: Trim = Trim.NONE
    too_long: TooLong = TooLong.REJECT
    spreadsheet_text: bool = False
    """A value may be written ="...", as for spreadsheets."""
    century_from: int = 0
    """With a format: the first of the hundred years that years of two digits stand for; 0 if it has none."""
    timezone: str = ""
    """timestamptz: the zone of the times that files write without one; empty is UTC."""


BLANK = " "


class Align(Enum):
    """The end of a column at which its values stand; padding fills the rest."""

    LEFT = "left"  # padding stands behind a value
    RIGHT = "right"  # padding stands in front of a value
    BOTH = "both"  # padding may stand at both ends


@dataclass(frozen=True, kw_only=True)
class Span:
    """The positions of a column, in the contract's unit, and what fills them up."""

    start: int
    """The first position, from 1."""
    width: int
    padding: str = BLANK
    """The character that is stripped. A field of blanks only is empty, whatever the padding is."""
    align: Align = Align.BOTH

    @property
    def sound(self) -> bool:
        """Whether it has a position."""
        return self.start > 0 and self.width > 0

    @property
    def last(self) -> int:
        """The last position."""
        return self.start + self.width - 1
