"""A file that cannot be read where it is (packed, in another encoding): written once as UTF-8 text, then read there.

Guarantees that the pieces depend only on the file's version and the contract. So a worker that starts again, or two at
once, write the same bytes to the same keys. Each piece is whole. A damaged file leaves pieces that no plan names. Holds
one piece in memory.
"""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.decode.decode import in_pieces, text_of
from chalicelib.domain.decode.encodings import Repairs
from chalicelib.domain.file.file_plan import Text
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, SourceObject
from chalicelib.errors import WorkGone
from chalicelib.ports import ObjectStore

PIECE_BYTES = 8 << 20
"""The longest piece: one read when it is staged."""


class Landed:
    """A version of a landed file."""

    def __init__(self, objects: ObjectStore, source: SourceObject) -> None:
        self.size = source.size
        self._objects, self._source = objects, source

    def read(self, start: int, length: int) -> bytes:
        return self._objects.read(self._source, start, length)


class Pieces:
    """The text of a run's file, across its pieces."""

    def __init__(self, objects: ObjectStore, run: Run, text: Text) -> None:
        self.size = text.size
        self._objects, self._run, self._text = objects, run, text

    def read(self, start: int, length: int) -> bytes:
        """Return bytes [start, start + length), fewer only at the end. Raises WorkGone if a piece is not whole."""
        bucket, out = self._run.source.bucket, []
        for number, begin, size in self._text.spans(start, length):
            part = self._objects.get(bucket, keys.text(self._run, number), begin, size)
            if len(part) != size:
                raise WorkGone(f"piece {number} of the file's text is incomplete; run the file again")
            out.append(part)
        return b"".join(out)


def unpack(
    objects: ObjectStore, run: Run, source: ByteSource, contract: Contract, piece_bytes: int, repairs: Repairs
) -> Text:
    """Write the text of a file, and count its `repairs`. Raises Rejected, and the errors of reading and writing."""
    size = 0
    blocks = text_of(source, contract, repairs)
    for number, piece in enumerate(in_pieces(blocks, piece_bytes), start=1):
        objects.put(run.source.bucket, keys.text(run, number), piece)
        size += len(piece)
    return Text(size=size, piece=piece_bytes)
