"""How an object's files are written: what separates, encloses and ends values, and what is there besides rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MOST_MARK = 8
"""Most characters of a delimiter, or of the beginning of a comment."""
NULL_WORD = "_landfall_null_"
"""NULL in staged text columns, if an empty field is the empty text."""


class Escape(Enum):
    """The way in which a quote or a delimiter is written inside a value."""

    DOUBLED = "doubled"  # within quotes a quote is written twice
    BACKSLASH = "backslash"  # also: a backslash makes the byte after it text, within quotes and without


class Quotes(Enum):
    """The treatment of a quote inside a field that does not start with one."""

    STRICT = "strict"  # its line is rejected, with code 1216
    LENIENT = "lenient"  # it is text, and the record is staged as RFC 4180 has it


class Empty(Enum):
    """The meaning of an empty field of a text column."""

    NULL = "null"
    TEXT = "text"  # the empty text; an empty field without quotes is NULL all the same if `null` lists ""


class EmptyRecords(Enum):
    """The treatment of a record of several fields, all empty and without quotes."""

    ROW = "row"  # it is a row without values
    SKIP = "skip"  # it is left out


class ShortRows(Enum):
    """The treatment of a row with too few fields."""

    REJECT = "reject"  # with code 1203
    FILL = "fill"  # its missing columns are NULL


class RepeatedHeader(Enum):
    """The treatment of a row that repeats the header, as files have that were joined."""

    REJECT = "reject"  # with that reason
    SKIP = "skip"  # it is left out
    ROW = "row"  # it is a row like any other


class Newline(Enum):
    """The end of a line."""

    LF = "lf"  # a line feed, or a carriage return and a line feed
    CR = "cr"  # a carriage return alone


class Encoding(Enum):
    """The encoding of a file's text. A byte order mark in the file takes precedence."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"  # of either byte order: by its mark, else by the position of its zero bytes
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    LATIN_1 = "latin-1"
    CP1252 = "cp1252"


class Invalid(Enum):
    """The treatment of bytes that are not text in the file's encoding."""

    REJECT = "reject"  # their rows are rejected, with code 1220
    REPLACE = "replace"  # each becomes U+FFFD
    STRIP = "strip"  # they are left out


class Nul(Enum):
    """The treatment of NUL characters."""

    REJECT = "reject"  # their rows are rejected, with code 1218
    STRIP = "strip"  # they are left out


class Unit(Enum):
    """The unit of the positions in lines of fixed width."""

    CHARACTERS = "characters"
    BYTES = "bytes"  # of UTF-8


class Compression(Enum):
    """The compression of a file."""

    AUTO = "auto"  # by its first bytes, not by its name
    NONE = "none"
    GZIP = "gzip"
    BZ2 = "bz2"
    ZSTD = "zstd"
    ZIP = "zip"


@dataclass(frozen=True, kw_only=True)
class ControlTotals:
    """The line of a side file `<file>.ctl` that announces the rows of its file."""

    count_field: int = 0
    """The field with the number of rows, from 1; 0 for none."""
    sum_fields: tuple[tuple[str, int], ...] = ()
    """Columns, and for each the field with the sum of its values."""
    widths: tuple[int, ...] = ()
    """The widths of the line's fields, in order; empty if the dialect's delimiter separates them."""


@dataclass(frozen=True, kw_only=True)
class Trailer:
    """The last line of a file, which is not a row: it shows that the file is whole."""

    starts_with: str
    """The text that it begins with."""
    count_field: int = 0
    """The field with the number of rows, from 1; 0 for none."""
    sum_fields: tuple[tuple[str, int], ...] = ()
    """Columns, and for each the field with the sum of its values."""
    widths: tuple[int, ...] = ()
    """The widths of the line's fields, in order; empty if the dialect's delimiter separates them."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How the object's files are written."""

    delimiter: str = ","
    """One ASCII character or several characters."""
    quote: str = '"'
    """One ASCII character, or none."""
    escape: Escape = Escape.DOUBLED
    quotes: Quotes = Quotes.STRICT
    null: tuple[str, ...] = ("",)
    """Fields without quotes that mean NULL."""
    empty: Empty = Empty.NULL
    comment: str = ""
    """Lines that begin with it, where a record may begin, are left out."""
    empty_records: EmptyRecords = EmptyRecords.ROW
    short_rows: ShortRows = ShortRows.REJECT
    trailing_delimiter: bool = False
    """Each row ends with a delimiter, behind which there is no field."""
    blank_before_quote: bool = False
    """Spaces before a quote that opens a field do not count."""
    sep_line: bool = True
    """A first line such as `sep=;` that names the delimiter is left out."""
    preamble_lines: int = 0
    """Physical lines before the header."""
    skip_after_header: int = 0
    """Physical lines after the header, such as units."""
    repeated_header: RepeatedHeader = RepeatedHeader.REJECT
    footer_lines: int = 0
    """Physical lines after the last record."""
    trailer: Trailer | None = None
    eof_mark: bool = True
    """The bytes 0x1A at the end of the file are left out."""
    header: bool = True
    """The first record names the columns."""
    columns: tuple[str, ...] = ()
    """Without a header: the names of the file's columns, in order."""
    newline: Newline = Newline.LF
    encoding: Encoding = Encoding.UTF_8
    invalid: Invalid = Invalid.REJECT
    nul: Nul = Nul.REJECT
    compression: Compression = Compression.AUTO
    unit: Unit = Unit.CHARACTERS
    """Fixed width: what positions count."""
    record_length: int = 0
    """Fixed width: the bytes of each record, if records have no line ends; else 0."""

    @property
    def line_end(self) -> bytes:
        """The last byte of a line end."""
        return b"\r" if self.newline is Newline.CR else b"\n"

    @property
    def staged_quote(self) -> str:
        """The quote in what COPY reads."""
        return self.quote or '"'

    @property
    def staged_delimiter(self) -> str:
        """The delimiter in what COPY reads: the file's own, if it can follow a number and COPY supports it."""
        own = self.delimiter
        if len(own) == 1 and own.isascii() and not own.isalnum() and own not in ("\\", self.staged_quote):
            return own
        return "," if self.staged_quote != "," else ";"

    @property
    def staged_null(self) -> str:
        """The text for NULL in what COPY reads: a word that is not allowed as text if an empty field may be text."""
        return NULL_WORD if self.empty is Empty.TEXT else ""


JSON_DIALECT = Dialect(null=(NULL_WORD,), empty=Empty.TEXT, sep_line=False)
"""The dialect of JSON: null and the empty text are not the same, so that NULL is a word in staged texts."""
FIXED_DIALECT = Dialect(sep_line=False, repeated_header=RepeatedHeader.ROW, header=False)
"""The dialect of lines of fixed width, which have neither a header nor a delimiter."""
