"""Convert text in other encodings to UTF-8, in blocks of any size.

Bytes that are invalid in the file's encoding are replaced or removed if the contract allows it. Otherwise they become
bytes that are invalid UTF-8, next to any other bytes, so that the engine rejects their rows and no others. In
single-byte encodings and UTF-8 the bytes stay unchanged. A lone half of a UTF-16 pair becomes its three-byte form, half
a UTF-16 unit at the end of a file becomes the byte FF.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from chalicelib.domain.contract.dialect import Dialect, Encoding, Invalid, Nul
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.decode.file_kind import binary_kind
from chalicelib.errors import Rejected

SNIFFED_BYTES = 16_384
BOMS = {
    codecs.BOM_UTF32_LE: None,  # begins with UTF-16's mark, so it must come first
    codecs.BOM_UTF32_BE: None,
    codecs.BOM_UTF8: Encoding.UTF_8,
    codecs.BOM_UTF16_LE: Encoding.UTF_16_LE,
    codecs.BOM_UTF16_BE: Encoding.UTF_16_BE,
}
WIDE = (Encoding.UTF_16, Encoding.UTF_16_LE, Encoding.UTF_16_BE)
HALF_UNIT = {Invalid.REJECT: b"\xff", Invalid.REPLACE: "\ufffd".encode(), Invalid.STRIP: b""}

LONE = re.compile("[\ud800-\udfff]")
"""Half of a UTF-16 pair."""
REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Repairs:
    """What becomes of characters and bytes that the contract does not keep, counted in the whole file."""

    left_out: Counter[str] = field(default_factory=Counter)
    """NUL characters and invalid bytes that are left out, by kind (`LeftOut`)."""
    altered: Counter[str] = field(default_factory=Counter)
    """Characters U+FFFD that stand for invalid bytes (`Altered`)."""


Step = Callable[[bytes, bool], bytes]
"""Converts a block; the second argument is whether it is the last."""


def encoding_of(head: bytes, dialect: Dialect) -> tuple[Encoding, int]:
    """Return the encoding of a text with this beginning, and how many bytes of its mark to skip. Raises Rejected.

    UTF-8's mark stays in the text, because the header's reader handles it.
    """
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            if encoding is None:
                raise _wrong("the file is UTF-32; send it as UTF-8 or UTF-16")
            if encoding in WIDE and _swapped(head[len(mark) :], encoding):
                raise _wrong("the file's byte order mark does not match its text; send the file with the right one")
            return encoding, len(mark) if encoding in WIDE else 0
    if dialect.encoding not in WIDE and (kind := binary_kind(head)):
        raise kind.refusal()
    zeros = head[0::2].count(0), head[1::2].count(0)
    if dialect.encoding in WIDE and head and not any(zeros):
        raise _wrong(f'the contract has encoding = "{dialect.encoding.value}", but the file is not UTF-16')
    if dialect.encoding is Encoding.UTF_16:
        return (Encoding.UTF_16_BE if zeros[0] > zeros[1] else Encoding.UTF_16_LE), 0
    if dialect.encoding not in WIDE and _looks_wide(head[:4]):
        raise _wrong('the file looks like UTF-16; write encoding = "utf-16" in the contract')
    return dialect.encoding, 0


def _swapped(text: bytes, encoding: Encoding) -> bool:
    """Return whether a text has line ends only in the other byte order, where U+0A00 is not a character."""
    read = text.decode(encoding.value, "replace")
    return "\u0a00" in read and "\n" not in read


def _looks_wide(beginning: bytes) -> bool:
    """Return whether every second byte of the first four is zero, as in Latin letters in UTF-16."""
    return len(beginning) == 4 and beginning.count(0) == 2 and (beginning[0] == 0) == (beginning[2] == 0)


def _wrong(message: str) -> Rejected:
    return Rejected(message, code="HEADER_ENCODING", line=1)


def transcoded(
    blocks: Iterable[bytes], dialect: Dialect, sniffed: int = SNIFFED_BYTES, repairs: Repairs | None = None
) -> Iterator[bytes]:
    """Yield the text in UTF-8, by the contract's `encoding`, `invalid` and `nul`; count `repairs`. Raises Rejected."""
    rest = iter(blocks)
    head = b""
    while len(head) < sniffed and (block := next(rest, b"")):
        head += block
    encoding, mark = encoding_of(head, dialect)
    step = _step(encoding, dialect, repairs or Repairs())
    for block in chain([head[mark:]], rest):
        if text := step(block, False):
            yield text
    if text := step(b"", True):
        yield text


def _step(encoding: Encoding, dialect: Dialect, repairs: Repairs) -> Step:
    if encoding in WIDE:
        step = _wide(encoding, dialect.invalid, repairs)
    elif encoding is not Encoding.UTF_8:
        step = _narrow(encoding, dialect.invalid, repairs)
    elif dialect.invalid is Invalid.REJECT:
        step = _unchanged
    else:
        step = _without_invalid(repairs) if dialect.invalid is Invalid.STRIP else _with_replacements(repairs)
    if dialect.nul is Nul.REJECT:
        return step
    if encoding in WIDE:
        return lambda block, last: _without_nuls(step(block, last), repairs)
    return lambda block, last: step(_without_nuls(block, repairs), last)


def _without_nuls(block: bytes, repairs: Repairs) -> bytes:
    repairs.left_out[LeftOut.NULS] += block.count(b"\0")
    return block.replace(b"\0", b"")


def _unchanged(block: bytes, last: bool) -> bytes:  # noqa: ARG001
    return block


def _without_invalid(repairs: Repairs) -> Step:
    """Return a step that removes the invalid bytes of UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")

    def step(block: bytes, last: bool) -> bytes:
        held = len(decoder.getstate()[0])
        text = decoder.decode(block, last).encode()
        repairs.left_out[LeftOut.INVALID_BYTES] += held + len(block) - len(text) - len(decoder.getstate()[0])
        return text

    return step


def _with_replacements(repairs: Repairs) -> Step:
    """Return a step that replaces the invalid bytes of UTF-8. A U+FFFD of the file itself does not count."""
    decoder, own = codecs.getincrementaldecoder("utf-8")("replace"), REPLACEMENT.encode()
    before = b""

    def step(block: bytes, last: bool) -> bytes:
        nonlocal before
        text = decoder.decode(block, last).encode()
        seen = before + block  # the file's own U+FFFD is counted with its last byte, where it is decoded
        repairs.altered[Altered.REPLACED] += text.count(own) - seen.count(own)
        before = seen[1 - len(own) :]
        return text

    return step


def _narrow(encoding: Encoding, invalid: Invalid, repairs: Repairs) -> Step:
    """Return a step for an encoding of one byte per character.

    The bytes that cp1252 leaves undefined are continuations in UTF-8, and so are always invalid alone.
    """
    errors = {Invalid.REJECT: "surrogateescape", Invalid.REPLACE: "replace", Invalid.STRIP: "ignore"}[invalid]

    def step(block: bytes, last: bool) -> bytes:  # noqa: ARG001
        if block.isascii():
            return block
        text = block.decode(encoding.value, errors)
        repairs.left_out[LeftOut.INVALID_BYTES] += len(block) - len(text)
        repairs.altered[Altered.REPLACED] += text.count(REPLACEMENT)  # such an encoding has no U+FFFD of its own
        return text.encode("utf-8", "surrogateescape")

    return step


def _wide(encoding: Encoding, invalid: Invalid, repairs: Repairs) -> Step:
    decoder = codecs.getincrementaldecoder(encoding.value)("surrogatepass")

    def repaired(text: str, half: bool) -> bytes:
        if invalid is Invalid.REJECT:
            return text.encode("utf-8", "surrogatepass") + HALF_UNIT[invalid] * half
        text, count = LONE.subn(REPLACEMENT if invalid is Invalid.REPLACE else "", text)
        if invalid is Invalid.REPLACE:
            repairs.altered[Altered.REPLACED] += count + half
        else:
            repairs.left_out[LeftOut.INVALID_BYTES] += 2 * count + half
        return text.encode() + HALF_UNIT[invalid] * half

    def step(block: bytes, last: bool) -> bytes:
        if not last:
            return repaired(decoder.decode(block), False)
        left = decoder.getstate()[0] + block
        decoder.reset()
        return repaired(decoder.decode(left[: len(left) // 2 * 2], True), len(left) % 2 == 1)

    return step
