"""The lines before a file's header: the lines that the contract declares, then comments.

They are read forward, each byte once, in pieces that grow, over at most MOST_BYTES. So refusing a file of only comments
costs little more than reading that many bytes.
"""

from __future__ import annotations

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Newline
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected

BOM = b"\xef\xbb\xbf"
FIRST_BYTES = 1_024
"""Bytes of the first piece, which is usually enough; each further piece has twice the size."""
MOST_PIECE_BYTES = 1 << 20
MOST_BYTES = 16 << 20


def preamble(source: ByteSource, dialect: Dialect, limits: Limits) -> tuple[int, int]:
    """Return where the header starts, and the number of physical lines before it. Raises Rejected."""
    marked = source.read(0, min(len(BOM), source.size)) == BOM
    text, lines = _Forward(source, len(BOM) if marked else 0), 0
    newline, comment = (b"\r" if dialect.newline is Newline.CR else b"\n"), dialect.comment.encode()
    while lines < dialect.preamble_lines or (comment and text.begins(comment)):
        if not text.skip_line(newline, limits.max_record_bytes):
            raise _missing("the file ends before its header, in the lines that the contract skips")
        if text.offset > MOST_BYTES:
            raise _missing(f"the first {MOST_BYTES} bytes are comments, and no header follows; remove them")
        lines += 1
    return text.offset, lines


def _missing(message: str) -> Rejected:
    return Rejected(message, code="HEADER_MISSING", line=1)


class _Forward:
    """A source with a position that only moves forward."""

    def __init__(self, source: ByteSource, begin: int) -> None:
        self.source, self.held, self.begin, self.position = source, b"", begin, 0
        self.piece = FIRST_BYTES

    @property
    def offset(self) -> int:
        """Byte offset of the position in the source."""
        return self.begin + self.position

    def begins(self, mark: bytes) -> bool:
        """Return whether the text at the position begins with the mark."""
        while len(self.held) - self.position < len(mark) and self._more():
            pass
        return self.held.startswith(mark, self.position)

    def skip_line(self, newline: bytes, longest: int) -> bool:
        """Move past the line end. Return False if there is none within `longest` bytes or before the file's end."""
        seen = 0
        while (found := self.held.find(newline, self.position + seen)) < 0:
            seen = len(self.held) - self.position
            if seen > longest or not self._more():
                return False
        self.position = found + 1
        return True

    def _more(self) -> bool:
        """Read the next piece, and drop the bytes before the position. Return False at the end of the file."""
        self.begin, self.held, self.position = self.offset, self.held[self.position :], 0
        begin = self.begin + len(self.held)
        wanted = min(self.piece, self.source.size - begin)
        self.held += self.source.read(begin, wanted) if wanted else b""
        self.piece = min(2 * self.piece, MOST_PIECE_BYTES)
        return wanted > 0
