"""The `[dialect]` of a contract, read and checked."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.contract.dialect import (
    Compression,
    Dialect,
    Empty,
    Encoding,
    Escape,
    Invalid,
    Newline,
    Nul,
    Quotes,
)
from chalicelib.domain.contract_files.toml_section import Section

MOST_MARK = 8
"""Most characters of a delimiter, or of the beginning of a comment."""
MOST_LINES = 10_000
MOST_WORDS = 100


def read_dialect(section: Section) -> Dialect:
    """Read the dialect as far as possible; record every fault in the section."""
    empty = section.choice("empty", Empty.NULL)
    dialect = Dialect(
        delimiter=section.text("delimiter", default=Dialect.delimiter),
        quote=section.text("quote", default=Dialect.quote),
        escape=section.choice("escape", Escape.DOUBLED),
        quotes=section.choice("quotes", Quotes.STRICT),
        null=section.strings("null", default=() if empty is Empty.TEXT else Dialect.null),
        empty=empty,
        comment=section.text("comment"),
        preamble_lines=section.integer("preamble_lines", default=0, low=0, high=MOST_LINES),
        footer_lines=section.integer("footer_lines", default=0, low=0, high=MOST_LINES),
        header=section.boolean("header", default=True),
        columns=section.string_list("columns"),
        newline=section.choice("newline", Newline.LF),
        encoding=section.choice("encoding", Encoding.UTF_8),
        invalid=section.choice("invalid", Invalid.REJECT),
        nul=section.choice("nul", Nul.REJECT),
        compression=section.choice("compression", Compression.AUTO),
    )
    section.close()
    for key, message in _faults(dialect):
        section.fault(key, message)
    return dialect


def _faults(dialect: Dialect) -> Iterator[tuple[str, str]]:
    yield from _mark_faults(dialect)
    if len(dialect.quote) > 1 or not _may_quote(dialect.quote):
        yield (
            "quote",
            f'{dialect.quote!r} cannot enclose fields; use one ASCII character such as " or \', or "" for none',
        )
    if dialect.escape is Escape.BACKSLASH and "\\" in dialect.delimiter:
        yield "escape", "cannot be backslash if the delimiter has a backslash; change one of them"
    if len(dialect.null) > MOST_WORDS:
        yield "null", f"has more than {MOST_WORDS} words; keep only those that files use"
    for word in dialect.null:
        marks = [dialect.delimiter, "\r", "\n", *dialect.quote[:1]]
        if any(mark and mark in word for mark in marks) or word != word.strip("\0") or not _encodes(word):
            yield "null", f"{word!r} can never be a field without quotes; remove it"
    if dialect.header and dialect.columns:
        yield "columns", "is only for files without a header; add header = false, or use aliases"


def _mark_faults(dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Yield the faults of the delimiter and of the beginning of comments."""
    for key, mark in (("delimiter", dialect.delimiter), ("comment", dialect.comment)):
        what = "separate fields" if key == "delimiter" else "begin comments"
        one_line = not set(mark) & set("\r\n\0") and _encodes(mark)
        if not one_line or not int(key == "delimiter") <= len(mark) <= MOST_MARK:
            yield key, f"{mark!r} cannot {what}; use 1 to {MOST_MARK} characters on one line"
        elif dialect.quote and dialect.quote in mark:
            yield key, f"{mark!r} contains the quote; change one of them"
    if dialect.delimiter and dialect.comment.startswith(dialect.delimiter):
        yield (
            "comment",
            "begins with the delimiter, so a row with an empty first field would be a comment; change one of them",
        )


def _may_quote(quote: str) -> bool:
    return not quote or (quote.isascii() and quote.isprintable() and not quote.isalnum() and quote not in " \\")


def _encodes(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
