"""S3. Each read names its version, so that bytes of two versions never mix; copies are verified.

Needs s3:ListBucket besides the object rights: without it S3 returns 403, not 404, for a missing object. Needs
s3:AbortMultipartUpload, too, to remove the parts of an object that could not be completed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.adapters.transfers import LEAST_PART_BYTES, Upload, in_parts, streamed, version_named
from chalicelib.domain.run.model import SourceObject
from chalicelib.domain.run.storage import ColdStorage
from chalicelib.errors import Retryable, SourceChanged, SourceGone, WorkGone

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".zst": "application/zstd",
}
COLD = frozenset({"DEEP_ARCHIVE", "GLACIER"})
"""The storage classes whose objects must be restored before they can be read. GLACIER_IR is none of them."""
ONGOING = "ongoing-request="
PART_BYTES = 256 << 20
"""Larger objects are copied in parts, several at a time. S3 refuses a single copy above 5 GB."""


class S3Objects:
    """Guarantees that `read` and `stream` return bytes of the given version only, and `delete` removes no other."""

    def __init__(self, client: S3Client, *, part_bytes: int = PART_BYTES) -> None:
        self._s3, self._part_bytes = client, part_bytes

    def head(self, bucket: str, key: str, version_id: str | None = None) -> SourceObject:
        with translate_errors(f"HEAD s3://{bucket}/{key}", source=True):
            found = self._s3.head_object(Bucket=bucket, Key=key, **_version(version_id))
        return SourceObject(
            bucket=bucket,
            key=key,
            etag=_bare(found["ETag"]),
            size=found["ContentLength"],
            version_id=_named(found.get("VersionId")),
            last_modified=_second(found["LastModified"]),
        )

    def read(self, source: SourceObject, start: int, length: int) -> bytes:
        expected = min(length, source.size - start)
        if expected <= 0:
            return b""
        what = f"GET s3://{source.bucket}/{source.key} from {start}"
        with translate_errors(what, source=True):
            response = self._s3.get_object(Range=f"bytes={start}-{start + expected - 1}", **version_named(source))
            body = response["Body"].read()
        if len(body) != expected:
            raise Retryable(f"{what}: received {len(body)} of {expected} bytes")
        return body

    def stream(self, source: SourceObject, start: int, stop: int) -> Iterator[bytes]:
        return streamed(self._s3, source, start, stop)

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        stop = "" if length is None else start + length - 1
        part: Any = {"Range": f"bytes={start}-{stop}"} if start or length is not None else {}
        try:
            with translate_errors(f"GET s3://{bucket}/{key}", source=True):
                return self._s3.get_object(Bucket=bucket, Key=key, **part)["Body"].read()
        except SourceGone as gone:
            raise WorkGone(f"s3://{bucket}/{key} is gone; run the file again") from gone

    def put(self, bucket: str, key: str, body: bytes) -> None:
        with translate_errors(f"PUT s3://{bucket}/{key}"):
            self._s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=_content_type(key))

    def upload(self, bucket: str, key: str, pieces: Iterable[bytes]) -> None:
        """Send the object in parts, each while the next is made; an object smaller than a part is one request."""
        parts = in_parts(pieces, LEAST_PART_BYTES)
        first = next(parts, b"")
        if len(first) >= LEAST_PART_BYTES:
            self._upload(bucket, key, chain([first], parts))
        elif first:
            self.put(bucket, key, first)

    def copy(self, source: SourceObject, key: str) -> None:
        """Copy small objects in one call, large ones in parts; every call requires the version's etag.

        The HEAD before it protects stores without conditional copies. On S3 the condition covers the time between.
        """
        what = f"COPY s3://{source.bucket}/{source.key}"
        found = self.head(source.bucket, source.key, source.version_id)
        if found.etag != source.etag:
            raise SourceChanged(f"{what}: the object was overwritten")
        with translate_errors(what, source=True):
            if found.size <= self._part_bytes:
                self._copy_at_once(found, key)
            else:
                self._copy_in_parts(found, key)
        copied = self.head(source.bucket, key)
        if copied.size != found.size:
            raise Retryable(f"{what}: the copy has {copied.size} of {found.size} bytes")

    def delete(self, source: SourceObject) -> None:
        """Delete by version id if there is one. Otherwise delete the object only if it still has the version's etag."""
        version = source.version_id
        if not version:
            try:
                found = self.head(source.bucket, source.key)
            except SourceGone:
                return
            if found.etag != source.etag:
                return
            version = found.version_id
        with translate_errors(f"DELETE s3://{source.bucket}/{source.key}"):
            self._delete(source, version)

    def cold_storage(self, bucket: str, key: str) -> ColdStorage | None:
        with translate_errors(f"HEAD s3://{bucket}/{key}", source=True):
            found = self._s3.head_object(Bucket=bucket, Key=key)
        storage_class, restore = found.get("StorageClass", ""), found.get("Restore", "")
        if storage_class not in COLD or ONGOING + '"false"' in restore:
            return None
        return ColdStorage(storage_class=storage_class, restoring=ONGOING + '"true"' in restore)

    def restore(self, bucket: str, key: str, days: int) -> None:
        with translate_errors(f"RESTORE s3://{bucket}/{key}", source=True):
            try:
                self._s3.restore_object(Bucket=bucket, Key=key, RestoreRequest={"Days": days})
            except ClientError as error:
                if code_of(error) != "RestoreAlreadyInProgress":
                    raise

    def list(self, bucket: str, prefix: str, after: str = "") -> Iterator[SourceObject]:
        start: Any = {"StartAfter": after} if after else {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **start)
        with translate_errors(f"LIST s3://{bucket}/{prefix}"):
            for page in pages:
                for found in page.get("Contents", []):
                    yield SourceObject(
                        bucket=bucket,
                        key=found["Key"],
                        etag=_bare(found["ETag"]),
                        size=found["Size"],
                        last_modified=_second(found["LastModified"]),
                    )

    def _upload(self, bucket: str, key: str, parts: Iterable[bytes]) -> None:
        upload = Upload(self._s3, bucket, key, _content_type(key))
        try:
            for part in parts:
                upload.send(part)
            upload.finish()
        except BaseException:
            upload.abort()
            raise

    def _copy_at_once(self, source: SourceObject, key: str) -> None:
        self._s3.copy_object(
            Bucket=source.bucket, Key=key, CopySource=_copy_source(source), CopySourceIfMatch=_quoted(source.etag)
        )

    def _copy_in_parts(self, source: SourceObject, key: str) -> None:
        from boto3.s3.transfer import TransferConfig  # only files of more than PART_BYTES need it

        config = TransferConfig(multipart_threshold=self._part_bytes, multipart_chunksize=self._part_bytes)
        self._s3.copy(
            _copy_source(source),
            source.bucket,
            key,
            ExtraArgs={"CopySourceIfMatch": _quoted(source.etag)},
            Config=config,
        )

    def _delete(self, source: SourceObject, version: str | None) -> None:
        guard: Any = _version(version) if version else {"IfMatch": _quoted(source.etag)}
        try:
            self._s3.delete_object(Bucket=source.bucket, Key=source.key, **guard)
        except ClientError as error:
            if code_of(error) in ("412", "PreconditionFailed", "404", "NoSuchKey", "NoSuchVersion"):
                return  # overwritten or deleted since: the current object is another version
            if version or code_of(error) != "NotImplemented":
                raise
            self._s3.delete_object(Bucket=source.bucket, Key=source.key)  # a store without conditional deletes


def _content_type(key: str) -> str:
    return CONTENT_TYPES.get(PurePosixPath(key).suffix, "application/octet-stream")


def _version(version_id: str | None) -> Any:
    return {"VersionId": version_id} if version_id else {}


def _named(version_id: str | None) -> str | None:
    """Return None for an object without a version: S3 reports `null` for objects written before versioning."""
    return None if version_id in (None, "", "null") else version_id


def _copy_source(source: SourceObject) -> Any:
    return {"Bucket": source.bucket, "Key": source.key, **_version(source.version_id)}


def _second(at: datetime) -> float:
    """Return whole seconds, as S3 reports them. With fractions of other stores one file would have two times."""
    return float(int(at.timestamp()))


def _bare(etag: str) -> str:
    return etag.strip('"')


def _quoted(etag: str) -> str:
    return f'"{etag}"'
