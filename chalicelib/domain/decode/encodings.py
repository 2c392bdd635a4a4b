"""Text in other encodings to UTF-8, in blocks of any size.

What is not text in the file's encoding and is not to be replaced or left out is handed on as bytes that are not UTF-8
either, whatever stands beside them: the engine then rejects the rows they are in, and those only. In single-byte
encodings and UTF-8 these are the bytes themselves; a lone half of a UTF-16 pair becomes its three-byte form, half a
UTF-16 unit at the end of a file the byte FF.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from chalicelib.domain.contract.contract import Dialect, Encoding, Invalid, Nul
from chalicelib.errors import Rejected

SNIFFED_BYTES = 16_384
BOMS = {
    codecs.BOM_UTF32_LE: None,  # begins as UTF-16's does, so it must come first
    codecs.BOM_UTF32_BE: None,
    codecs.BOM_UTF8: Encoding.UTF_8,
    codecs.BOM_UTF16_LE: Encoding.UTF_16_LE,
    codecs.BOM_UTF16_BE: Encoding.UTF_16_BE,
}
WIDE = (Encoding.UTF_16, Encoding.UTF_16_LE, Encoding.UTF_16_BE)
HALF_UNIT = {Invalid.REJECT: b"\xff", Invalid.REPLACE: "\ufffd".encode(), Invalid.STRIP: b""}

Step = Callable[[bytes, bool], bytes]
"""Takes a block, and whether it is the last."""


def encoding_of(head: bytes, dialect: Dialect) -> tuple[Encoding, int]:
    """How a text that begins so is written, and how many bytes of its mark are not text. Raises Rejected.

    UTF-8's mark is left in the text, where the header's reader knows it.
    """
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            if encoding is None:
                raise _wrong("the file is UTF-32; send it as UTF-8 or UTF-16")
            if encoding in WIDE and _swapped(head[len(mark) :], encoding):
                raise _wrong("the file's byte order mark does not match its text; send the file with the right one")
            return encoding, len(mark) if encoding in WIDE else 0
    zeros = head[0::2].count(0), head[1::2].count(0)
    if dialect.encoding in WIDE and head and not any(zeros):
        raise _wrong(f'the contract says encoding = "{dialect.encoding.value}", but the file is not UTF-16')
    if dialect.encoding is Encoding.UTF_16:
        return (Encoding.UTF_16_BE if zeros[0] > zeros[1] else Encoding.UTF_16_LE), 0
    if dialect.encoding not in WIDE and _looks_wide(head[:4]):
        raise _wrong('the file looks like UTF-16; write encoding = "utf-16" in the contract')
    return dialect.encoding, 0


def _swapped(text: bytes, encoding: Encoding) -> bool:
    """Whether a text has line ends in the other byte order, where they are no characters, and none in its own."""
    read = text.decode(encoding.value, "replace")
    return "\u0a00" in read and "\n" not in read


def _looks_wide(beginning: bytes) -> bool:
    """Whether every second byte of the first four is zero, as in the UTF-16 of a name in Latin letters."""
    return len(beginning) == 4 and beginning.count(0) == 2 and (beginning[0] == 0) == (beginning[2] == 0)


def _wrong(message: str) -> Rejected:
    return Rejected(message, code="HEADER_ENCODING", line=1)


def transcoded(blocks: Iterable[bytes], dialect: Dialect, sniffed: int = SNIFFED_BYTES) -> Iterator[bytes]:
    """The text in UTF-8, as the contract's `encoding`, `invalid` and `nul` say. Raises Rejected."""
    rest = iter(blocks)
    head = b""
    while len(head) < sniffed and (block := next(rest, b"")):
        head += block
    encoding, mark = encoding_of(head, dialect)
    step = _step(encoding, dialect)
    for block in chain([head[mark:]], rest):
        if text := step(block, False):
            yield text
    if text := step(b"", True):
        yield text


def _step(encoding: Encoding, dialect: Dialect) -> Step:
    if encoding in WIDE:
        step = _wide(encoding, dialect.invalid)
    elif encoding is not Encoding.UTF_8:
        step = _narrow(encoding, dialect.invalid)
    elif dialect.invalid is Invalid.REJECT:
        step = _as_it_is
    else:
        step = _corrected(dialect.invalid)
    if dialect.nul is Nul.REJECT:
        return step
    if encoding in WIDE:
        return lambda block, last: step(block, last).replace(b"\0", b"")
    return lambda block, last: step(block.replace(b"\0", b""), last)


def _as_it_is(block: bytes, last: bool) -> bytes:  # noqa: ARG001
    return block


def _corrected(invalid: Invalid) -> Step:
    """UTF-8 with what is broken in it replaced or left out."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace" if invalid is Invalid.REPLACE else "ignore")

    def step(block: bytes, last: bool) -> bytes:
        return decoder.decode(block, last).encode()

    return step


def _narrow(encoding: Encoding, invalid: Invalid) -> Step:
    """One byte, one character. What cp1252 leaves undefined are continuations in UTF-8, and so never stand alone."""
    errors = {Invalid.REJECT: "surrogateescape", Invalid.REPLACE: "replace", Invalid.STRIP: "ignore"}[invalid]

    def step(block: bytes, last: bool) -> bytes:  # noqa: ARG001
        return block if block.isascii() else block.decode(encoding.value, errors).encode("utf-8", "surrogateescape")

    return step


def _wide(encoding: Encoding, invalid: Invalid) -> Step:
    errors = {Invalid.REJECT: "surrogatepass", Invalid.REPLACE: "replace", Invalid.STRIP: "ignore"}[invalid]
    decoder = codecs.getincrementaldecoder(encoding.value)(errors)

    def step(block: bytes, last: bool) -> bytes:
        if not last:
            return decoder.decode(block).encode("utf-8", "surrogatepass")
        left = decoder.getstate()[0] + block
        decoder.reset()
        half = HALF_UNIT[invalid] if len(left) % 2 else b""
        return decoder.decode(left[: len(left) // 2 * 2], True).encode("utf-8", "surrogatepass") + half

    return step
