"""The lines around a file's header that are left out: a line that names the delimiter, declared lines, comments.

They are read forward, each byte once, in pieces that grow, over at most MOST_BYTES. So refusing a file of only comments
costs little more than reading that many bytes.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import MOST_MARK, Dialect
from chalicelib.domain.contract.tally import LeftOut, Tally, total
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected

FIRST_BYTES = 64
"""Bytes of the first piece, which shows that there is nothing to skip; each further piece has twice the size."""
MOST_PIECE_BYTES = 1 << 20
MOST_BYTES = 16 << 20
"""Most bytes of the lines before the header."""
SEP_LINE = re.compile(rb'(?i)("?)sep=([^\r\n]{1,%d}?)\1(?=[\r\n]|\Z)' % (4 * MOST_MARK))
"""The line by which a spreadsheet names the delimiter of a file, such as `sep=;`."""
SEP_BYTES = 4 * MOST_MARK + 8
"""More bytes than such a line has."""


@dataclass(frozen=True, kw_only=True)
class Before:
    """What is left out before a position in the file."""

    offset: int
    """The position."""
    lines: int
    """Physical lines before it."""
    left_out: Tally = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    """The lines behind the header that are left out."""


def preamble(source: ByteSource, dialect: Dialect, limits: Limits) -> Before:
    """Return where the header starts, and what is left out before it. Raises Rejected."""
    text = _Forward(source, 0, dialect, limits.max_record_bytes)
    text.position = len(BOM_UTF8) if text.begins(BOM_UTF8) else 0
    sep_lines = int(_names_delimiter(text, dialect) and text.skip_line())
    lines, comment = 0, dialect.comment.encode()
    while (
        lines < dialect.preamble_lines
        or (comment and text.begins(comment))
        or (dialect.header and text.at_blank_line())
    ):
        if not text.skip_line():
            raise _missing("the file ends before its header, in the lines that the contract skips")
        if text.offset > MOST_BYTES:
            raise _missing(f"the first {MOST_BYTES} bytes are comments, and no header follows; remove them")
        lines += 1
    left_out = total([{LeftOut.SEP_LINES: sep_lines, LeftOut.LINES_BEFORE_HEADER: lines}])
    return Before(offset=text.offset, lines=sep_lines + lines, left_out=left_out)


def after_header(source: ByteSource, offset: int, dialect: Dialect, limits: Limits) -> Before:
    """Return where the first record starts, after the lines that the contract skips behind the header."""
    text, lines = _Forward(source, offset, dialect, limits.max_record_bytes), list[str]()
    while len(lines) < dialect.skip_after_header and text.skip_line():
        lines.append(text.skipped.removesuffix(b"\r").decode("utf-8", "surrogateescape"))
    left_out = total([{LeftOut.LINES_AFTER_HEADER: len(lines)}])
    return Before(offset=text.offset, lines=len(lines), left_out=left_out, texts=tuple(lines))


def named_delimiter(line: bytes) -> bytes:
    """Return the delimiter that a line such as `sep=;` names; empty for any other line."""
    found = SEP_LINE.match(line)
    return found[2].replace(rb"\t", b"\t") if found else b""


def _names_delimiter(text: _Forward, dialect: Dialect) -> bool:
    """Return whether the file begins with a line that names its delimiter. Raises Rejected if that is another one.

    The contract's preamble counts such a line, if it has one.
    """
    if not dialect.sep_line or dialect.preamble_lines:
        return False
    named = named_delimiter(text.peek(SEP_BYTES))
    if not named:
        return False
    if named != dialect.delimiter.encode() and dialect.header:
        shown = repr(named.decode(errors="replace"))
        message = f"the first line names the delimiter {shown}, but the contract has {dialect.delimiter!r}"
        raise Rejected(f"{message}; set dialect.delimiter", code="HEADER_MISMATCH", line=1)
    return named == dialect.delimiter.encode()


def _missing(message: str) -> Rejected:
    return Rejected(message, code="HEADER_MISSING", line=1)


class _Forward:
    """A source with a position that only moves forward."""

    def __init__(self, source: ByteSource, begin: int, dialect: Dialect, longest: int) -> None:
        self.source, self.held, self.begin, self.position = source, b"", begin, 0
        self.piece, self.newline, self.longest = FIRST_BYTES, dialect.line_end, longest
        self.record_length = dialect.record_length
        self.skipped = b""
        """The line that was skipped last, without its line feed."""

    @property
    def offset(self) -> int:
        """Byte offset of the position in the source."""
        return self.begin + self.position

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes at the position; fewer only at the end of the file."""
        while len(self.held) - self.position < size and self._more():
            pass
        return self.held[self.position : self.position + size]

    def begins(self, mark: bytes) -> bool:
        """Return whether the text at the position begins with the mark."""
        return self.peek(len(mark)) == mark

    def at_blank_line(self) -> bool:
        """Return whether a line without text is at the position."""
        return self.begins(self.newline) or (self.newline == b"\n" and self.begins(b"\r\n"))

    def skip_line(self) -> bool:
        """Move past the line, or past a record without a line end.

        Return False at the end of the file, or if the line is longer than a record may be.
        """
        if self.record_length:
            self.skipped = self.peek(self.record_length)
            self.position += len(self.skipped)
            return len(self.skipped) > 0
        seen = 0
        while (found := self.held.find(self.newline, self.position + seen)) < 0:
            seen = len(self.held) - self.position
            if seen > self.longest:
                return False
            if not self._more():
                self.skipped = self.held[self.position :]
                self.position += seen
                return seen > 0
        self.skipped, self.position = self.held[self.position : found], found + 1
        return True

    def _more(self) -> bool:
        """Read the next piece, and drop the bytes before the position. Return False at the end of the file."""
        self.begin, self.held, self.position = self.offset, self.held[self.position :], 0
        begin = self.begin + len(self.held)
        wanted = min(self.piece, self.source.size - begin)
        self.held += self.source.read(begin, wanted) if wanted else b""
        self.piece = min(2 * self.piece, MOST_PIECE_BYTES)
        return wanted > 0
