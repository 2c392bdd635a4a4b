"""Bytes that come from S3, and go there, while those before them are worked on.

Reading needs no thread: of one long GET the system receives the next bytes while the last ones are checked. Writing has
one thread, which sends a part of an object while the next is made. Held are a piece of PIECE_BYTES and two parts,
however large the objects are. S3 verifies each part by the CRC-32 that botocore adds: zlib's, a few ms for a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.domain.run.model import SourceObject
from chalicelib.errors import LandfallError, Retryable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PIECE_BYTES = 1 << 20
"""Read at once: a block of the engine."""
LEAST_PART_BYTES = 5 << 20
"""S3 takes no smaller part but the last. A chunk's rows are three to four of these once they are compressed."""

Part = dict[str, Any]


# ---- from S3 --------------------------------------------------------------------------------------------------------


def streamed(client: S3Client, source: SourceObject, start: int, stop: int) -> Iterator[bytes]:
    """Bytes [start, stop) of the version. If a connection breaks after bytes came, another goes on from there.

    Raises Retryable of one that brings nothing, and whatever a read raises: no bytes of two versions are mixed.
    """
    stop = min(stop, source.size)
    while start < stop:
        before = start
        try:
            for piece in _body(client, source, start, stop):
                start += len(piece)
                yield piece
        except Retryable:
            if start == before:
                raise


def _body(client: S3Client, source: SourceObject, start: int, stop: int) -> Iterator[bytes]:
    """One GET, as far as it brings bytes."""
    what = f"GET s3://{source.bucket}/{source.key} from {start}"
    with translate_errors(what, source=True):
        answer = client.get_object(Range=f"bytes={start}-{stop - 1}", **version_named(source))
        with closing(answer["Body"]) as body:
            while piece := body.read(min(PIECE_BYTES, stop - start)):
                start += len(piece)
                yield piece
    if start < stop:
        raise Retryable(f"{what}: the last {stop - start} bytes are missing")


def version_named(source: SourceObject) -> Any:
    """What makes a request be about this version and no other."""
    version = {"VersionId": source.version_id} if source.version_id else {}
    return {"Bucket": source.bucket, "Key": source.key, "IfMatch": f'"{source.etag}"', **version}


# ---- to S3 ----------------------------------------------------------------------------------------------------------


def in_parts(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in parts of at least `size`, the last one excepted."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= size:
            part = bytes(held)
            held.clear()  # before the part is handed out: there are two of them in memory then, not three
            yield part
    if held:
        yield bytes(held)


class Upload:
    """An object that is sent in parts. Guarantees that it is there whole after `finish`, and never before.

    After `abort` nothing is left of it. A worker that is killed leaves parts that nobody sees, but that cost: the
    bucket's rule for incomplete uploads removes them.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, content_type: str) -> None:
        self._s3, self._what = client, f"s3://{bucket}/{key}"
        self._parts: list[Part] = []
        self._under_way: Future[Part] | None = None
        with translate_errors(f"POST {self._what}"):
            made: Any = self._s3.create_multipart_upload(
                Bucket=bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="CRC32"
            )
        self._upload: Any = {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}
        self._thread = ThreadPoolExecutor(max_workers=1)

    def send(self, body: bytes) -> None:
        """Start to send a part, as soon as the one before it is there."""
        self._wait()
        self._under_way = self._thread.submit(self._put, body, len(self._parts) + 1)

    def finish(self) -> None:
        """Make the object of its parts."""
        self._wait()
        self._thread.shutdown()
        parts: Any = self._parts
        with translate_errors(f"POST {self._what}"):
            self._s3.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": parts})

    def abort(self) -> None:
        """Remove the parts; one that is on its way is awaited, since S3 would keep it."""
        self._thread.shutdown(cancel_futures=True)
        with suppress(LandfallError), translate_errors(f"DELETE {self._what}"):
            self._s3.abort_multipart_upload(**self._upload)

    def _wait(self) -> None:
        if self._under_way:
            self._parts.append(self._under_way.result())
            self._under_way = None

    def _put(self, body: bytes, number: int) -> Part:
        with translate_errors(f"PUT {self._what} part {number}"):
            sent: Any = self._s3.upload_part(**self._upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        checksum = {"ChecksumCRC32": sent["ChecksumCRC32"]} if "ChecksumCRC32" in sent else {}
        return {"PartNumber": number, "ETag": sent["ETag"], **checksum}
