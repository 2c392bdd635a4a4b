"""Dialects of CSV, pieces of files in them, and what a reader must find."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect, Empty, EmptyRecords, Escape, Newline, Quotes, ShortRows
from chalicelib.domain.contract.tally import Altered, LeftOut, total
from tests.support.files import written
from tests.support.files.engine import Staged, as_staged, contract, staged_values, text

LEFT_OUT = {"comment": LeftOut.COMMENTS, "blank": LeftOut.BLANK_LINES, "empty": LeftOut.EMPTY_RECORDS}
"""The kinds of `written.read` that are not rows."""
DIALECTS = {
    "lenient": Dialect(quotes=Quotes.LENIENT),
    "backslash": Dialect(escape=Escape.BACKSLASH),
    "lenient backslash": Dialect(escape=Escape.BACKSLASH, quotes=Quotes.LENIENT, null=("\\N",)),
    "no quotes": Dialect(quote="", delimiter="|"),
    "no quotes, comma": Dialect(quote="", escape=Escape.BACKSLASH, null=("NULL", "\\N", "")),
    "null words": Dialect(null=("", "NULL", "\\N", "a")),
    "empty is text": Dialect(empty=Empty.TEXT, null=()),
    "null is text": Dialect(empty=Empty.TEXT, null=("", "NULL")),
    "comments": Dialect(comment="#"),
    "long comments": Dialect(comment="//", quotes=Quotes.LENIENT),
    "returns": Dialect(newline=Newline.CR),
    "returns, lenient": Dialect(newline=Newline.CR, quotes=Quotes.LENIENT, comment="#", null=("NULL",)),
    "two characters": Dialect(delimiter="||"),
    "two characters, lenient": Dialect(delimiter="||", quotes=Quotes.LENIENT, escape=Escape.BACKSLASH),
    "letter": Dialect(delimiter="x"),
    "digit": Dialect(delimiter="1", quote="'"),
    "control": Dialect(delimiter="\x01", quote="'", comment="a#"),
    "quote as delimiter": Dialect(delimiter='"', quote=""),
    "trailing delimiters": Dialect(trailing_delimiter=True),
    "trailing delimiters, two characters": Dialect(delimiter="||", trailing_delimiter=True, null=("NULL",)),
    "short rows": Dialect(short_rows=ShortRows.FILL),
    "short rows, empty is text": Dialect(short_rows=ShortRows.FILL, empty=Empty.TEXT, null=("NULL",)),
    "short rows, lenient": Dialect(short_rows=ShortRows.FILL, quotes=Quotes.LENIENT, comment="#"),
    "empty records": Dialect(empty_records=EmptyRecords.SKIP),
    "empty records, two characters": Dialect(delimiter="||", empty_records=EmptyRecords.SKIP),
    "blanks": Dialect(blank_before_quote=True),
    "blanks, lenient": Dialect(blank_before_quote=True, quotes=Quotes.LENIENT, null=("NULL", "a")),
    "blanks, backslash": Dialect(blank_before_quote=True, escape=Escape.BACKSLASH),
    "layout": Dialect(
        blank_before_quote=True, short_rows=ShortRows.FILL, empty_records=EmptyRecords.SKIP, trailing_delimiter=True,
    ),
    "layout, lenient": Dialect(
        blank_before_quote=True, short_rows=ShortRows.FILL, empty_records=EmptyRecords.SKIP, trailing_delimiter=True,
        quotes=Quotes.LENIENT, escape=Escape.BACKSLASH, comment="#", null=("", "NULL"), empty=Empty.TEXT,
    ),
    "all of it": Dialect(
        delimiter=";", quote="'", escape=Escape.BACKSLASH, quotes=Quotes.LENIENT, null=("", "NULL"), empty=Empty.TEXT,
        comment="#", newline=Newline.CR,
    ),
}  # fmt: skip


def things(dialect: Dialect, longest: int = 1000) -> Contract:
    return contract(
        *(Column(name=name, type=text(200)) for name in "ab"),
        dialect=replace(dialect, header=False, columns=("a", "b")),
        longest=longest,
    )


def pieces(dialect: Dialect) -> st.SearchStrategy[bytes]:
    quote, delimiter = dialect.quote.encode() or b'"', dialect.delimiter.encode()
    line_end = [b"\r"] if dialect.newline is Newline.CR else [b"\n", b"\r\n"]
    common = [delimiter, delimiter, *line_end, *line_end, quote, quote * 2, b"a", b"bc", "é".encode(), b""]
    rare = [b"\r", b"\n", b"\\", b"\\N", b"NULL", b"#", b"//", b"|", b",", b"'", b'"', b" ", b"1", b"x", b"\\\r\n"]
    rare += [b"  ", b' "'] * dialect.blank_before_quote + [delimiter + line_end[0]] * dialect.trailing_delimiter
    rows = [delimiter.join([b"a", quote + b"b" + delimiter + line_end[0] + quote]) + line_end[0], b"NULL" + delimiter]
    return st.lists(st.sampled_from([*common, *common, *rows, *rare]), max_size=30).map(b"".join)


def code_of(stretch: written.Written, dialect: Dialect, width: int) -> int:
    """The code of what is wrong with a row; 0 for a good one."""
    values = stretch.values
    if stretch.kind == "bad":
        return 1216
    if len(values) > width or (dialect.trailing_delimiter and len(values) == width and values[-1]):
        return 1202
    return 1203 if len(values) < width and dialect.short_rows is ShortRows.REJECT else 0


def assert_as_written(data: bytes, object_: Contract, staged: Staged) -> None:
    expected = written.read(data, 0, object_.dialect, object_.limits.max_record_bytes)
    dialect, width = object_.dialect, 2 + object_.dialect.trailing_delimiter
    codes = {s.start: code_of(s, dialect, width) for s in expected if s.kind in ("row", "bad")}
    good = [s for s in expected if codes.get(s.start) == 0]
    bad = [s for s in expected if codes.get(s.start)]
    assert [(r.line, r.byte_offset, r.record) for r in staged.rejects] == [(s.line, s.start, s.raw) for s in bad]
    assert [r.code for r in staged.rejects] == [codes[s.start] for s in bad]
    full = [(*s.values, *[None] * (width - len(s.values))) for s in good]
    assert [row[:2] for row in staged_values(staged, dialect)] == [
        tuple(as_staged(value, dialect) for value in values[:2]) for values in full
    ]
    filled = {Altered.FILLED: sum(max(0, 2 - len(s.values)) for s in good)}
    assert total(s.altered for s in staged.summaries) == total([filled])
    assert sum(s.rows_good for s in staged.summaries) == len(good)
    assert sum(s.rows_read for s in staged.summaries) == len(good) + len(bad)
    left_out = {kind: sum(s.kind == name for s in expected) for name, kind in LEFT_OUT.items()}
    assert total(s.left_out for s in staged.summaries) == total([left_out])
    newline = b"\r" if object_.dialect.newline is Newline.CR else b"\n"
    assert sum(s.lines for s in staged.summaries) == data.count(newline) + (data != b"" and not data.endswith(newline))
