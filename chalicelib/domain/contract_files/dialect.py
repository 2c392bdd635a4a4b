"""The `[dialect]` of a contract, read and checked."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

from chalicelib.domain.contract.dialect import (
    FIXED_DIALECT,
    JSON_DIALECT,
    MOST_MARK,
    Compression,
    ControlTotals,
    Dialect,
    Empty,
    EmptyRecords,
    Encoding,
    Escape,
    Invalid,
    Newline,
    Nul,
    Quotes,
    RepeatedHeader,
    ShortRows,
    Trailer,
    Unit,
)
from chalicelib.domain.contract_files.toml_section import Section

MOST_LINES = 10_000
MOST_RECORD_LENGTH = 4 << 20
MOST_WORDS = 100
JSON_KEYS = ("encoding", "invalid", "compression")
SHEET_KEYS = ("null", "empty", "repeated_header")
PARQUET_KEYS = ("empty",)
FIXED_KEYS = (
    *JSON_KEYS, "nul", "null", "empty", "newline", "unit", "record_length", "short_rows", "empty_records", "comment",
    "preamble_lines", "footer_lines", "trailer", "eof_mark",
)  # fmt: skip
ONLY_FIXED = ("unit", "record_length")
FIXED_ONLY = 'is for lines of fixed width; remove it, or set format = "fixed_width"'


def read_dialect(section: Section) -> Dialect:
    """Read the dialect of CSV as far as possible; record every fault in the section."""
    _refuse(section, ONLY_FIXED, FIXED_ONLY)
    return _read(section)


def _read(section: Section) -> Dialect:
    empty = section.choice("empty", Empty.NULL)
    dialect = Dialect(
        delimiter=section.text("delimiter", default=Dialect.delimiter),
        quote=section.text("quote", default=Dialect.quote),
        escape=section.choice("escape", Escape.DOUBLED),
        quotes=section.choice("quotes", Quotes.STRICT),
        null=section.strings("null", default=() if empty is Empty.TEXT else Dialect.null),
        empty=empty,
        comment=section.text("comment"),
        empty_records=section.choice("empty_records", EmptyRecords.ROW),
        short_rows=section.choice("short_rows", ShortRows.REJECT),
        trailing_delimiter=section.boolean("trailing_delimiter"),
        blank_before_quote=section.boolean("blank_before_quote"),
        sep_line=section.boolean("sep_line", default=True),
        preamble_lines=section.integer("preamble_lines", default=0, low=0, high=MOST_LINES),
        footer_lines=section.integer("footer_lines", default=0, low=0, high=MOST_LINES),
        skip_after_header=section.integer("skip_after_header", default=0, low=0, high=MOST_LINES),
        repeated_header=section.choice("repeated_header", RepeatedHeader.REJECT),
        trailer=_trailer(section) if "trailer" in section.table else None,
        eof_mark=section.boolean("eof_mark", default=True),
        header=section.boolean("header", default=True),
        columns=section.string_list("columns"),
        newline=section.choice("newline", Newline.LF),
        encoding=section.choice("encoding", Encoding.UTF_8, alias=_encoding),
        invalid=section.choice("invalid", Invalid.REJECT),
        nul=section.choice("nul", Nul.REJECT),
        compression=section.choice("compression", Compression.AUTO),
    )
    section.close(*ONLY_FIXED)
    for key, message in _faults(dialect):
        section.fault(key, message)
    return dialect


def read_json_dialect(section: Section) -> Dialect:
    """Read the dialect of JSON: only how its text is stored."""
    dialect = replace(
        JSON_DIALECT,
        encoding=section.choice("encoding", Encoding.UTF_8, alias=_encoding),
        invalid=section.choice("invalid", Invalid.REJECT),
        compression=section.choice("compression", Compression.AUTO),
    )
    _refuse_others(section, "json", JSON_KEYS)
    _refuse(section, ONLY_FIXED, FIXED_ONLY)
    section.close(*(own.name for own in fields(Dialect)))
    return dialect


def read_sheet_dialect(section: Section) -> Dialect:
    """Read the dialect of a workbook: only what its cells mean."""
    _refuse_others(section, "xlsx", SHEET_KEYS)
    return read_dialect(section)


def read_parquet_dialect(section: Section) -> Dialect:
    """Read the dialect of Parquet: only what an empty text means."""
    _refuse_others(section, "parquet", PARQUET_KEYS)
    return read_dialect(section)


def read_fixed_dialect(section: Section) -> Dialect:
    """Read the dialect of lines of fixed width: no header, no delimiter and no quotes."""
    _refuse_others(section, "fixed_width", FIXED_KEYS)
    unit = section.choice("unit", Unit.CHARACTERS)
    length = section.integer("record_length", default=0, low=0, high=MOST_RECORD_LENGTH)
    own = {key: getattr(FIXED_DIALECT, key) for key in ("sep_line", "repeated_header", "header")}
    return replace(_read(section), unit=unit, record_length=length, **own)


def _refuse_others(section: Section, form: str, keys: tuple[str, ...]) -> None:
    """Record a fault for each setting of CSV that the format does not have."""
    others = [own.name for own in fields(Dialect) if own.name not in (*keys, *ONLY_FIXED)]
    _refuse(section, others, f'is for CSV; with format = "{form}" the dialect has only {", ".join(keys)}')


def _refuse(section: Section, keys: Iterable[str], why: str) -> None:
    for key in section.table:
        if key in keys:
            section.fault(key, why)


def _encoding(name: str) -> str:
    """Return our name of an encoding that goes by several, such as iso-8859-1; other names as they are."""
    own = {codecs.lookup(member.value).name: str(member.value) for member in Encoding}
    try:
        return own[codecs.lookup(name.removesuffix("-sig")).name]
    except (LookupError, ValueError):
        return name


def read_control_totals(section: Section) -> ControlTotals:
    """Read where a side file has its totals; record every fault in the section."""
    fields = section.section("sum_fields")
    return ControlTotals(
        count_field=section.integer("count_field", default=0, low=0, high=MOST_LINES),
        sum_fields=tuple((name, fields.integer(name, default=1, low=1, high=MOST_LINES)) for name in fields.table),
        widths=section.integers("widths", low=1, high=MOST_RECORD_LENGTH),
    )


def _trailer(section: Section) -> Trailer:
    inner = section.section("trailer")
    totals = read_control_totals(inner)
    trailer = Trailer(
        starts_with=inner.text("starts_with", required=True),
        count_field=totals.count_field,
        sum_fields=totals.sum_fields,
        widths=totals.widths,
    )
    inner.close()
    return trailer


def _faults(dialect: Dialect) -> Iterator[tuple[str, str]]:
    yield from _mark_faults(dialect)
    yield from _line_faults(dialect)
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


def _line_faults(dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Yield the faults of settings that exclude each other."""
    if dialect.trailer and dialect.footer_lines:
        yield "footer_lines", "cannot be combined with trailer, which is the last line; remove one of them"
    if dialect.trailer and set(dialect.trailer.starts_with) & set("\r\n\0"):
        yield "trailer.starts_with", "must be on one line"
    if dialect.skip_after_header and not dialect.header:
        yield "skip_after_header", "is only for files with a header; use preamble_lines"
    if dialect.blank_before_quote and (not dialect.quote or " " in dialect.delimiter):
        yield "blank_before_quote", "needs a quote, and a delimiter without a space; remove it"


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
