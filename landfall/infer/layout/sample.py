"""Reads a file's beginning as text, and detects its encoding and line ends."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Encoding, Newline
from chalicelib.domain.decode.decode import converted
from chalicelib.domain.decode.file_kind import markup_kind
from chalicelib.errors import Rejected
from landfall.localfile import LocalFile
from landfall.text import plural

SAMPLE_BYTES = 8 << 20
"""Bytes of a file's text that are read for types and widths."""
JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*["}]|\s*\[\s*\]')
"""How objects of JSON begin, alone or in an array."""
WIDE_BYTES = 4_096
UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
"""Bytes that are no character in cp1252."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The beginning of a file."""

    text: bytes
    """UTF-8 without a byte order mark. It has whole lines only, unless it is the whole text."""
    whole: bool
    encoding: Encoding = Encoding.UTF_8
    json: bool = False
    """Whether it begins as objects of JSON do. Then it may end within one of them."""
    notes: tuple[str, ...] = ()
    """What is uncertain."""

    @property
    def newline(self) -> Newline:
        """The line end of most lines."""
        feeds, returns = self.text.count(b"\n"), self.text.count(b"\r")
        return Newline.CR if returns - self.text.count(b"\r\n") > feeds else Newline.LF


def sample(source: LocalFile) -> Sample:
    """Read the beginning of a file as text. Raises Rejected if it is damaged, empty or not a table in text."""
    if source.size == 0:
        raise Rejected("the file is empty", code="EMPTY_FILE")
    encoding, notes = _wide(source.read(0, min(WIDE_BYTES, source.size))), list[str]()
    text = _text(source, Dialect(encoding=encoding))
    if encoding is Encoding.UTF_8 and not _is_utf8(text):
        encoding = Encoding.LATIN_1 if set(text) & UNDEFINED else Encoding.CP1252
        text = _text(source, Dialect(encoding=encoding))
        notes.append(f"the text is not UTF-8; {encoding.value} is a guess: look at the letters beyond ASCII")
    whole = len(text) <= SAMPLE_BYTES
    text = text.removeprefix(BOM_UTF8)
    if JSON.match(text):
        return Sample(text=text[:SAMPLE_BYTES], whole=whole, encoding=encoding, notes=tuple(notes), json=True)
    if kind := markup_kind(text[:WIDE_BYTES]):
        raise kind.refusal()
    if not whole:
        text = text[:SAMPLE_BYTES]
        text = text[: max(text.rfind(b"\n"), text.rfind(b"\r"), 0) + 1]
    _refuse_mixed(text)
    found = Sample(text=text, whole=whole, encoding=encoding)
    return Sample(text=text, whole=whole, encoding=encoding, notes=(*notes, *_line_ends(found)))


def _refuse_mixed(text: bytes) -> None:
    """Raise Rejected if the first line ends with a carriage return, and others with a line feed."""
    first = text.lstrip(b"\r\n").partition(b"\n")[0].removesuffix(b"\r")
    if b"\n" in text and b"\r" in first and b'"' not in first:
        raise Rejected("the line ends are mixed: some lines end with a carriage return alone", code="NO_TABLE")


def _line_ends(found: Sample) -> list[str]:
    """Return a note if some lines end otherwise than most."""
    returns = found.text.count(b"\r") - found.text.count(b"\r\n")
    feeds = found.text.count(b"\n")
    if not returns or not feeds:
        return []
    many = plural(feeds, "line feed") if found.newline is Newline.CR else plural(returns, "carriage return")
    return [f"{many} where no line ends: the line ends are mixed, or values have them"]


def _text(source: LocalFile, dialect: Dialect) -> bytes:
    """Read more than SAMPLE_BYTES of text, if the file has as much."""
    text = bytearray()
    for block in converted(source, dialect, Limits()):
        text += block
        if len(text) > SAMPLE_BYTES:
            break
    return bytes(text)


def _wide(head: bytes) -> Encoding:
    """Detect UTF-16 without a mark: its zero bytes are at even places or at odd ones, and there are lines."""
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    zeros = head[0::2].count(0), head[1::2].count(0)
    if marked or max(zeros) < 4 or min(zeros) * 10 > max(zeros):
        return Encoding.UTF_8
    text = head[: len(head) // 2 * 2].decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", "replace")
    strange = sum(c == "\ufffd" or (c < " " and c not in "\t\r\n\x01\x1f") for c in text)
    return Encoding.UTF_16 if strange * 20 < len(text) else Encoding.UTF_8


def _is_utf8(text: bytes) -> bool:
    """Whether more characters beyond ASCII are valid than not. A few bad bytes are faults of their rows."""
    if text.isascii():
        return True
    read = text[: text.rfind(b"\n") + 1 or None].decode("utf-8", "replace")
    broken = read.count("\ufffd")
    return not broken or broken * 2 < len(read) - len(read.encode("ascii", "ignore"))
