"""A local file as the engine reads it: in place, or unpacked into a temporary file as in a run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.decode.decode import reads_in_place, text_of
from chalicelib.domain.decode.encodings import Repairs
from chalicelib.domain.formats.sizes import refuse_no_text
from chalicelib.domain.raw.bytesource import ByteSource, InMemory
from chalicelib.errors import SourceGone

BEGINNING_BYTES = 1 << 20
"""Enough of a text for any header."""


@dataclass(kw_only=True)
class LocalFile:
    """An open file; implements the engine's ByteSource."""

    size: int
    descriptor: int

    def read(self, start: int, length: int) -> bytes:
        """Return bytes [start, start + length); fewer only at the end of the file."""
        return os.pread(self.descriptor, length, start)


@contextmanager
def opened(path: Path) -> Iterator[LocalFile]:
    """Open a file, and close it at the end. Raises SourceGone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe is refused below, not waited for
    except OSError as error:
        raise SourceGone(f"cannot be opened: {error.strerror}", code="FILE_NOT_FOUND") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise SourceGone("is a folder or a device, not a file", code="NOT_A_FILE")
        yield LocalFile(size=about.st_size, descriptor=descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def as_text(source: LocalFile, contract: Contract, repairs: Repairs) -> Iterator[LocalFile]:
    """Return the file as UTF-8 text: itself, or a temporary file with its text. Count `repairs`. Raises Rejected."""
    if not source.size or reads_in_place(source, contract):
        yield source
        return
    import tempfile  # only for files that are not read in place

    with tempfile.TemporaryFile(buffering=0) as spool:
        size = sum(map(spool.write, text_of(source, contract, repairs)))
        refuse_no_text(size)
        yield LocalFile(size=size, descriptor=spool.fileno())


def beginning(source: LocalFile, contract: Contract) -> ByteSource:
    """Return enough of the text to hold the contract's header. Raises Rejected."""
    if not source.size or reads_in_place(source, contract):
        return source
    text = b""
    for block in text_of(source, contract):
        text += block
        if len(text) >= BEGINNING_BYTES:
            break
    return InMemory(text)
