"""Convert a supplier's file to the text that the engine reads: UTF-8, with the line ends of the file.

The engine reads a file in place if its format is text, if it is plain UTF-8, and if its contract does not replace or
remove bytes. Other files are unpacked, transcoded or converted here, block by block. Memory stays at a few MB, for any
file and any size that its headers claim; a workbook needs more for the texts that its cells share. The same bytes and
the same contract give the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module

from chalicelib.domain.contract.contract import Contract, FileFormat, Limits
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding, Invalid, Nul
from chalicelib.domain.decode.bounds import bounded
from chalicelib.domain.decode.encodings import Repairs, encoding_of, transcoded
from chalicelib.domain.decode.packed import packing, unpacked
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Broken

CONVERTERS = {
    FileFormat.PARQUET: "chalicelib.domain.decode.parquet.parquet.parquet_text",
    FileFormat.XLSX: "chalicelib.domain.decode.xlsx.xlsx.sheet_text",
}
"""The dotted path of the function that makes a text of files in this format, imported on first use."""
HEAD_BYTES = 16_384
"""Bytes read to detect packing and encoding; as many as the header's first read, so that they are read once."""


def reads_in_place(source: ByteSource, contract: Contract) -> bool:
    """Return whether the engine reads the file in place. Raises Rejected if its text contradicts the contract."""
    return contract.format not in CONVERTERS and readable_in_place(source, contract.dialect)


def text_of(source: ByteSource, contract: Contract, repairs: Repairs | None = None) -> Iterator[bytes]:
    """Yield the text of a file that cannot be read in place, in blocks, and count `repairs`. Raises Rejected."""
    if (path := CONVERTERS.get(contract.format)) is None:
        return converted(source, contract.dialect, contract.limits, repairs)
    module, _, name = path.rpartition(".")
    try:
        convert = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        message = f"{error.name}, which reads {contract.format.value}, is not installed here"
        raise Broken(f"{message}; add it as docs/reference/parquet.md describes", code="NO_READER") from error
    blocks: Iterator[bytes] = convert(source, contract)
    return blocks


def readable_in_place(source: ByteSource, dialect: Dialect) -> bool:
    """Return whether a file of text can be read in place. Raises Rejected if its text contradicts the contract."""
    if Invalid.REJECT is not dialect.invalid or Nul.REJECT is not dialect.nul:
        return False
    head = source.read(0, min(HEAD_BYTES, source.size))
    return packing(head, dialect) is Compression.NONE and encoding_of(head, dialect)[0] is Encoding.UTF_8


def converted(source: ByteSource, dialect: Dialect, limits: Limits, repairs: Repairs | None = None) -> Iterator[bytes]:
    """Yield the file's text in UTF-8, in blocks, and count `repairs`.

    Raises Rejected if the file is damaged or too large, or contradicts the contract.
    """
    head = source.read(0, min(HEAD_BYTES, source.size))
    compression = packing(head, dialect)
    blocks = unpacked(source, compression)
    if compression is not Compression.NONE:
        blocks = bounded(blocks, source.size, limits)
    return transcoded(blocks, dialect, repairs=repairs)


def in_pieces(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the same bytes in pieces of `size` bytes; the last one may be shorter. Without bytes there is no piece."""
    held = bytearray()
    for block in blocks:
        held += block
        whole = len(held) - len(held) % size
        for start in range(0, whole, size):
            with memoryview(held) as all_held:
                piece = bytes(all_held[start : start + size])
            yield piece
        del held[:whole]
    if held:
        yield bytes(held)
