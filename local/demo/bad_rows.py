"""The kinds of bad transactions. Each makes one record that the contract must refuse for exactly one reason.

A record is text. A byte that is not UTF-8 is written as in Python's `surrogateescape`: U+DCE9 is byte E9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Fields = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class BadKind:
    """A kind of bad row."""

    name: str
    code: int
    """Redshift's load error code, as the reject must have it."""
    column: str = ""
    """The column at fault; empty if the whole record is at fault."""
    texts: Sequence[str]
    """Values to write there, in turn."""
    write: Callable[[Fields, str], str] | None = None
    """Makes the record from its good fields and a text, unless the text replaces the column's value."""

    def record(self, fields: Fields, turn: int) -> str:
        text = self.texts[turn % len(self.texts)]
        if self.write:
            return self.write(fields, text)
        return ",".join({**fields, self.column: text}.values())


def _cut(fields: Fields, text: str) -> str:
    return ",".join(list(fields.values())[: int(text)])


def _more(fields: Fields, text: str) -> str:
    return ",".join([*fields.values(), text])


def _merchant(fields: Fields, text: str) -> str:
    return ",".join({**fields, "merchant": text}.values())


BAD_KINDS: tuple[BadKind, ...] = (
    BadKind(name="no such day", code=1205, column="transaction_date", texts=("2025-02-30", "2023-02-29", "2024-13-01")),
    BadKind(name="date format", code=1205, column="transaction_date", texts=("05.01.2025", "2025-1-5", "01/31/2025")),
    BadKind(name="date in words", code=1205, column="transaction_date", texts=("N/A", "yesterday", "null")),
    BadKind(name="amount in words", code=1209, column="amount", texts=("abc", '"12,50"', "$12.50", "1 234.50", ".")),
    BadKind(name="amount scale", code=1209, column="amount", texts=("12.345", "0.001")),
    BadKind(name="amount size", code=1204, column="amount", texts=("12345678901234567.00", "99999999999999999999")),
    BadKind(name="amount exponent", code=1209, column="amount", texts=("1e5", "1E2", "1.5e1")),
    BadKind(name="amount NaN", code=1209, column="amount", texts=("NaN", "inf", "-Infinity")),
    BadKind(name="too few fields", code=1203, texts=("6", "2", "1"), write=_cut),
    BadKind(name="too many fields", code=1202, texts=("x", "", '"surplus,more"'), write=_more),
    BadKind(name="empty key", code=1213, column="transaction_id", texts=("",)),
    BadKind(name="too long", code=1204, column="merchant", texts=("X" * 257, "X" * 300, "X" * 2_000)),
    BadKind(name="too many bytes", code=1204, column="merchant", texts=("é" * 129,)),
    BadKind(name="not UTF-8", code=1220, column="merchant", texts=("Caf\udce9", "\udcff\udcfe x", "cut \udce2\udc82")),
    BadKind(name="account in words", code=1207, column="account_id", texts=("12a", "1.5", "0x10", "1_000")),
    BadKind(name="account size", code=1222, column="account_id", texts=("9223372036854775808", "-9223372036854775809")),
    BadKind(name="no such currency", code=0, column="currency", texts=("usd", "US", "XXY")),
    BadKind(name="NUL byte", code=1218, column="merchant", texts=("Acme\0Ltd",)),
    BadKind(name="stray quote", code=1216, texts=('Acme "Ltd"', '6" nails'), write=_merchant),
    BadKind(name="text after quote", code=1216, texts=('"Acme" Ltd', '"Acme"Ltd"'), write=_merchant),
    BadKind(name="open quote", code=1216, texts=('"Acme Ltd',), write=_merchant),
)
