"""A file on this machine as the engine reads it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.errors import SourceGone


@dataclass(kw_only=True)
class LocalFile:
    """An open file; fulfils the engine's ByteSource."""

    size: int
    descriptor: int

    def read(self, start: int, length: int) -> bytes:
        """Bytes [start, start + length); fewer only at the end of the file."""
        return os.pread(self.descriptor, length, start)


@contextmanager
def opened(path: Path) -> Iterator[LocalFile]:
    """The file while it is read. Raises SourceGone."""
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
