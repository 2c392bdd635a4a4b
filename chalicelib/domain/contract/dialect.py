"""The notation of an object's files: what separates, encloses and ends their values, and how they are packed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NULL_WORD = "_landfall_null_"
"""NULL in staged text columns, if an empty field is the empty text."""


class Escape(Enum):
    """The notation of a quote or a delimiter inside a value."""

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


class Compression(Enum):
    """The compression of a file."""

    AUTO = "auto"  # by its first bytes, not by its name
    NONE = "none"
    GZIP = "gzip"
    BZ2 = "bz2"
    ZSTD = "zstd"
    ZIP = "zip"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The notation of the object's files."""

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
    preamble_lines: int = 0
    """Physical lines before the header."""
    footer_lines: int = 0
    """Physical lines after the last record."""
    header: bool = True
    """The first record names the columns."""
    columns: tuple[str, ...] = ()
    """Without a header: the names of the file's columns, in order."""
    newline: Newline = Newline.LF
    encoding: Encoding = Encoding.UTF_8
    invalid: Invalid = Invalid.REJECT
    nul: Nul = Nul.REJECT
    compression: Compression = Compression.AUTO

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
