"""Files that are hard to read: repeated short strings of characters with a meaning in the dialect, in every dialect.

Some readers look far ahead for the end of a record, and go on a line later if there is none. Such a file costs them
quadratic time. `tests/properties/test_linear.py` counts the bytes that are read, `make bench BENCH=L` takes the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import Dialect, Empty, Escape, Newline, Quotes
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.domain.staging.validate import Rules, compile_rules

DELIMITERS = (",", "x", "\x01", "||")
"""One of each class: a usual one of COPY, a letter, a control character, several characters."""
HOSTILE = (
    "\\n", "q\n", "qn", "qdn", "aqdqdn", "qdqn", "qqdqn", "aqn", "qaqan", "qan", "dqn", "nqd", "\\qn", "q\\n", "q\\qn",
    "\\dn", "\\\\n", "\\rn", "q\\rn", "rn", "r", "n", "d", "q", "\\", "0", "#n", "#qn", "qnqqn", "qdnqdqn", "aq\\dqdn",
)  # fmt: skip
"""Units in the letters of ALPHABET that are expensive for some reader, or nearly were."""
ALPHABET = "q\\drn0#a"
"""Quote, backslash, delimiter, carriage return, line feed, NUL, comment sign, a letter."""


def dialects() -> list[Dialect]:
    """Return every combination of the settings that affect how records are found."""
    found = []
    words = ((Empty.NULL, ("",)), (Empty.NULL, ("", "NULL")), (Empty.TEXT, ("NULL",)))
    ways = product(DELIMITERS, ('"', "'", ""), Escape, Quotes, Newline, ("", "#"), words)
    for delimiter, quote, escape, quotes, newline, comment, (empty, null) in ways:
        if quote or quotes is Quotes.STRICT:
            found.append(
                Dialect(
                    delimiter=delimiter, quote=quote, escape=escape, quotes=quotes, newline=newline, comment=comment,
                    empty=empty, null=null, header=False, columns=("a", "b"),
                )
            )  # fmt: skip
    return found


def units(longest: int) -> Iterator[str]:
    """Yield all strings of ALPHABET with at most so many letters."""
    for length in range(1, longest + 1):
        yield from map("".join, product(ALPHABET, repeat=length))


def storm(unit: str, dialect: Dialect, size: int) -> bytes:
    """Repeat a unit in a dialect's characters as often as it fits. Twice the size is the same storm twice."""
    signs = {"q": dialect.quote or '"', "d": dialect.delimiter, "r": "\r", "n": "\n", "0": "\0", "#": dialect.comment}
    text = "".join(signs.get(letter, letter) or letter for letter in unit).encode()
    return text * (size // len(text))


def rules(dialect: Dialect, longest: int = Limits.max_record_bytes) -> Rules:
    """Return the rules that read files of two text columns in a dialect."""
    text = ColumnType(kind=TypeName.VARCHAR, length=65_535)
    contract = Contract(
        name="things", schema="s", table="t", lands_at=("in/*",), key=(), dialect=dialect, lineage=False,
        columns=tuple(Column(name=name, type=text) for name in "ab"), limits=Limits(max_record_bytes=longest),
    )  # fmt: skip
    return compile_rules(contract, match_header(contract, dialect.columns))
