"""The files of a COPY: found by manifest or prefix, read from S3 when needed, and decompressed as a stream."""

from __future__ import annotations

import bz2
import gzip
import json
import queue
import re
import threading
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backports import zstd
from botocore.exceptions import BotoCoreError, ClientError

from local.redshift.copy.statement import Copy

_CHUNK = 1024 * 1024
_PACKED = 64 * 1024  # compressed bytes read at a time: a small part of a bomb unpacks to a bounded chunk
_AHEAD = 4  # chunks read ahead while PostgreSQL works
_S3 = re.compile(r"\As3://([^/]+)/(.+)\Z", re.S)
_MOST_MANIFEST = 64 * 1024 * 1024


class FilesError(Exception):
    """A file of the COPY cannot be read or decompressed."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One object in S3."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def find(s3: Any, copy: Copy) -> list[File]:
    """Return the files that exist. Raises FilesError if there is none, or a mandatory one is missing."""
    found = _by_manifest(s3, copy) if copy.options.manifest else _by_prefix(s3, copy)
    if not found:
        raise FilesError(f"The specified S3 prefix '{copy.key}' does not exist")
    return found


def _by_prefix(s3: Any, copy: Copy) -> list[File]:
    with s3_errors(copy.key):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=copy.bucket, Prefix=copy.key)
        return [File(bucket=copy.bucket, key=one["Key"]) for page in pages for one in page.get("Contents", [])]


def _by_manifest(s3: Any, copy: Copy) -> list[File]:
    with s3_errors(copy.key, "Problem reading manifest file - "):
        body = s3.get_object(Bucket=copy.bucket, Key=copy.key)["Body"].read(_MOST_MANIFEST)
    found = []
    for file, mandatory in _entries(body):
        if _exists(s3, file):
            found.append(file)
        elif mandatory:
            raise FilesError(_no_such_key(file.key))
    return found


def _entries(body: bytes) -> Iterator[tuple[File, bool]]:
    try:
        for entry in json.loads(body)["entries"]:
            bucket, key = _S3.findall(entry["url"])[0]
            yield File(bucket=bucket, key=key), entry.get("mandatory") is True
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise FilesError(f"Problem reading manifest file - invalid manifest: {error}") from error


def _exists(s3: Any, file: File) -> bool:
    try:
        s3.head_object(Bucket=file.bucket, Key=file.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise FilesError(f"S3ServiceException:{error}") from error
    except BotoCoreError as error:
        raise FilesError(f"S3ServiceException:{error}") from error
    return True


@contextmanager
def s3_errors(key: str, before: str = "") -> Iterator[None]:
    """Turn errors of a call about a key into FilesError, with Redshift's message behind `before`."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise FilesError(
            before + (_no_such_key(key) if code == "NoSuchKey" else f"S3ServiceException:{error}")
        ) from error
    except BotoCoreError as error:
        raise FilesError(f"{before}S3ServiceException:{error}") from error


def _no_such_key(key: str) -> str:
    return f"S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Key {key}"


def chunks(s3: Any, file: File, compression: str) -> Iterator[bytes]:
    """Yield the file's bytes, decompressed, with only a few chunks in memory."""
    with s3_errors(file.key):
        body = s3.get_object(Bucket=file.bucket, Key=file.key)["Body"]
    stream = gzip.GzipFile(fileobj=body) if compression == "gzip" else body
    stream = bz2.BZ2File(body) if compression == "bzip2" else stream
    try:
        yield from _zstd(body) if compression == "zstd" else iter(lambda: stream.read(_CHUNK), b"")
    except (OSError, EOFError, zlib.error, zstd.ZstdError) as error:
        raise FilesError(f"{compression or 'S3'}: {error} (file {file.url})") from error
    except BotoCoreError as error:
        raise FilesError(f"S3ServiceException:{error}") from error
    finally:
        body.close()


def _zstd(body: Any) -> Iterator[bytes]:
    """Yield all frames of the body. Raises EOFError in the middle of a frame, where Zstandard's own reader ends."""
    frame, made, size = zstd.ZstdDecompressor(), [], 0
    fed = False
    while packed := body.read(_PACKED):
        while packed:
            if frame.eof:
                frame = zstd.ZstdDecompressor()
            made.append(frame.decompress(packed))
            packed, fed, size = frame.unused_data, True, size + len(made[-1])
        if size >= _CHUNK:
            yield b"".join(made)
            made, size = [], 0
    yield b"".join(made)
    if fed and not frame.eof:
        raise EOFError("unexpected end of the compressed stream")


def ahead(source: Iterator[bytes]) -> Generator[bytes, None, None]:
    """Read the chunks ahead in a thread: S3 and decompression go on while PostgreSQL takes the last chunk."""
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
    enough = threading.Event()

    def fill() -> None:
        last: BaseException | None = None
        try:
            for chunk in source:
                if not _put(waiting, chunk, enough):
                    return
        except BaseException as error:  # noqa: BLE001 - the reader of the chunks raises it again
            last = error
        _put(waiting, last, enough)

    reader = threading.Thread(target=fill, daemon=True)
    reader.start()
    try:
        while (got := waiting.get()) is not None:
            if isinstance(got, BaseException):
                raise got
            yield got
    finally:
        enough.set()
        reader.join()


def _put(
    waiting: queue.Queue[bytes | BaseException | None], item: bytes | BaseException | None, enough: threading.Event
) -> bool:
    while not enough.is_set():
        try:
            waiting.put(item, timeout=0.02)
        except queue.Full:
            continue
        return True
    return False


def without_header(source: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """Yield the chunks without the first lines."""
    for chunk in source:
        rest = chunk
        while lines and rest:
            _, newline, rest = rest.partition(b"\n")
            lines -= 1 if newline else 0
        if rest:
            yield rest
