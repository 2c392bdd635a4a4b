"""Transfer bytes from and to S3 while the pipeline works on the bytes before them.

Reading needs no thread: during one long GET the system receives the next bytes while the last ones are checked. Writing
has one thread, which sends a part of an object while the next is made. Memory holds a piece of PIECE_BYTES and two
parts, for objects of any size. S3 verifies each part by the CRC-32 that botocore adds: zlib's, a few ms for a part.
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
"""Bytes of one read: a block of the engine."""
LEAST_PART_BYTES = 5 << 20
"""S3 accepts only the last part smaller than this. A chunk's compressed rows are three to four of these."""

Part = dict[str, Any]


# ---- from S3 --------------------------------------------------------------------------------------------------------


def streamed(client: S3Client, source: SourceObject, start: int, stop: int) -> Iterator[bytes]:
    """Yield bytes [start, stop) of the version. If a connection breaks after some bytes, another one continues there.

    Raises Retryable if a connection brings no bytes, and the other errors of a read. Never mixes bytes of two versions.
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
    """Yield the bytes of one GET. Raises Retryable if it ends early."""
    what = f"GET s3://{source.bucket}/{source.key} from {start}"
    with translate_errors(what, source=True):
        response = client.get_object(Range=f"bytes={start}-{stop - 1}", **version_named(source))
        with closing(response["Body"]) as body:
            while piece := body.read(min(PIECE_BYTES, stop - start)):
                start += len(piece)
                yield piece
    if start < stop:
        raise Retryable(f"{what}: the last {stop - start} bytes are missing")


def version_named(source: SourceObject) -> Any:
    """Return the arguments that limit a request to this version."""
    version = {"VersionId": source.version_id} if source.version_id else {}
    return {"Bucket": source.bucket, "Key": source.key, "IfMatch": f'"{source.etag}"', **version}


# ---- to S3 ----------------------------------------------------------------------------------------------------------


def in_parts(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the same bytes in parts of at least `size`, except the last one."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= size:
            part = bytes(held)
            held.clear()  # before the part is yielded, so that two parts are in memory, not three
            yield part
    if held:
        yield bytes(held)


class Upload:
    """An object that is sent in parts. Guarantees that the whole object exists after `finish`, and never before.

    `abort` removes all parts. A killed worker leaves parts that are invisible but cost storage; the bucket's rule for
    incomplete uploads removes them.
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
        """Wait for the part before, then start to send this one."""
        self._wait()
        self._under_way = self._thread.submit(self._put, body, len(self._parts) + 1)

    def finish(self) -> None:
        """Make the object from its parts."""
        self._wait()
        self._thread.shutdown()
        parts: Any = self._parts
        with translate_errors(f"POST {self._what}"):
            self._s3.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": parts})

    def abort(self) -> None:
        """Remove the parts. First wait for a part in transfer, because S3 would keep it."""
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
