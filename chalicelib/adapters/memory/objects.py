"""S3 in memory, with or without versioning."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chalicelib.domain.run.model import SourceObject
from chalicelib.domain.run.storage import ColdStorage
from chalicelib.errors import Refused, SourceChanged, SourceGone, WorkGone
from chalicelib.ports import Clock


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One version of an object; without a body it is a delete marker."""

    body: bytes | None
    etag: str
    version_id: str | None
    last_modified: float


Versions = list[Stored]
RESTORE_SECONDS = 5 * 3_600.0
PIECE_BYTES = 1 << 16
"""Bytes that a stream yields at once; the object may be overwritten between two pieces."""


class MemoryObjects:
    """Objects by (bucket, key), oldest version first. Times are whole seconds, as S3's are."""

    def __init__(self, clock: Clock, *, versioned: bool = False) -> None:
        self.clock = clock
        self.versioned = versioned
        self.objects: dict[tuple[str, str], Versions] = {}
        self.written = 0
        self.cold: dict[tuple[str, str], ColdStorage] = {}
        """The objects in cold storage."""
        self.readable_from: dict[tuple[str, str], float] = {}
        """When the restore of an object ends."""

    def head(self, bucket: str, key: str, version_id: str | None = None) -> SourceObject:
        return _source(bucket, key, self._find(bucket, key, version_id))

    def read(self, source: SourceObject, start: int, length: int) -> bytes:
        return self._exactly(source)[start : start + length]

    def stream(self, source: SourceObject, start: int, stop: int) -> Iterator[bytes]:
        while piece := self.read(source, start, min(stop - start, PIECE_BYTES)):
            start += len(piece)
            yield piece

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        try:
            body = self._find(bucket, key).body or b""
        except SourceGone as gone:
            raise WorkGone(f"s3://{bucket}/{key} is gone; run the file again") from gone
        return body[start : None if length is None else start + length]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        self._add(bucket, key, bytes(body), etag)

    def upload(self, bucket: str, key: str, pieces: Iterable[bytes]) -> None:
        if body := b"".join(pieces):
            self.put(bucket, key, body)

    def copy(self, source: SourceObject, key: str) -> None:
        self.put(source.bucket, key, self._exactly(source))

    def delete(self, source: SourceObject) -> None:
        versions = self.objects.get((source.bucket, source.key), [])
        if source.version_id:
            self._keep(source, [v for v in versions if v.version_id != source.version_id])
        elif versions and versions[-1].body is not None and versions[-1].etag == source.etag:
            self._keep(source, versions[:-1])

    def cold_storage(self, bucket: str, key: str) -> ColdStorage | None:
        self._find(bucket, key)
        readable = self.readable_from.get((bucket, key), math.inf) <= self.clock.now()
        return None if readable else self.cold.get((bucket, key))

    def restore(self, bucket: str, key: str, days: int) -> None:  # noqa: ARG002 - a test ends before the copy expires
        self.cold[bucket, key] = replace(self.cold[bucket, key], restoring=True)
        self.readable_from.setdefault((bucket, key), self.clock.now() + RESTORE_SECONDS)

    def freeze(self, bucket: str, key: str, storage_class: str) -> None:
        """Move an object to a storage class that it must be restored from, as a lifecycle rule does."""
        self.cold[bucket, key] = ColdStorage(storage_class=storage_class, restoring=False)

    def list(self, bucket: str, prefix: str, after: str = "") -> Iterator[SourceObject]:
        found = (
            (b, k) for b, k in self.objects if b == bucket and k.startswith(prefix) and k.encode() > after.encode()
        )
        for _, key in sorted(found, key=lambda name: name[1].encode()):
            current = self.objects[bucket, key][-1]
            if current.body is not None:
                yield _source(bucket, key, current, versions=False)

    def remove(self, bucket: str, key: str) -> None:
        """Delete as an operator does: the object is gone, but with versioning its versions remain."""
        if self.versioned:
            self._add(bucket, key, None, "")
        else:
            self.objects.pop((bucket, key), None)

    def _find(self, bucket: str, key: str, version_id: str | None = None) -> Stored:
        versions = self.objects.get((bucket, key), [])
        wanted = [v for v in versions if version_id in (None, v.version_id)]
        if not wanted or wanted[-1].body is None:
            raise SourceGone(f"there is no object s3://{bucket}/{key}")
        return wanted[-1]

    def _exactly(self, source: SourceObject) -> bytes:
        if self.cold and self.cold_storage(source.bucket, source.key):
            raise Refused(f"s3://{source.bucket}/{source.key}: InvalidObjectState")
        found = self._find(source.bucket, source.key, source.version_id)
        if found.etag != source.etag:
            raise SourceChanged(f"s3://{source.bucket}/{source.key} was overwritten")
        return found.body or b""

    def _add(self, bucket: str, key: str, body: bytes | None, etag: str) -> None:
        self.written += 1
        version = f"v{self.written:06d}" if self.versioned else None
        new = Stored(body=body, etag=etag, version_id=version, last_modified=float(int(self.clock.now())))
        before = self.objects.get((bucket, key), []) if self.versioned else []
        self.objects[bucket, key] = [*before, new]

    def _keep(self, source: SourceObject, versions: Versions) -> None:
        if versions:
            self.objects[source.bucket, source.key] = versions
        else:
            self.objects.pop((source.bucket, source.key), None)


def _source(bucket: str, key: str, stored: Stored, *, versions: bool = True) -> SourceObject:
    """Return the object as a SourceObject; S3 names versions in a HEAD, but not in a listing."""
    return SourceObject(
        bucket=bucket,
        key=key,
        etag=stored.etag,
        size=len(stored.body or b""),
        version_id=stored.version_id if versions else None,
        last_modified=stored.last_modified,
    )
