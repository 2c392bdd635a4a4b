"""UNLOAD of a query to one CSV file in S3. An option that is unknown or not emulated is refused.

Guarantees what Redshift does: the file has the prefix, a number and the compression's ending as its name; a query
without rows writes no file; what is there already is overwritten only if the statement allows it.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, Any

from backports import zstd

from local.redshift.copy.files import FilesError, s3_errors
from local.redshift.copy.statement import S3_URL, role, text
from local.redshift.sql.errors import SqlRefusedError, not_emulated
from local.redshift.sql.rewrite import first_word, rewrite
from local.redshift.sql.tokens import Reader, tokenize
from local.redshift.statements import Session

Check = Callable[[], None]

_SWITCHES = ("csv", "header", "allowoverwrite")
_ENDINGS = {"": "", "gzip": ".gz", "zstd": ".zst"}
_IN_MEMORY = 1 << 20
_BYTEA = 17
_NOT_EMPTY = (
    "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing"
    " the target files in S3, or using the ALLOWOVERWRITE option."
)


@dataclass(frozen=True, kw_only=True)
class Unload:
    """UNLOAD ('query') TO 's3://bucket/prefix' options."""

    query: str
    bucket: str
    prefix: str
    iam_role: str = ""
    csv: bool = False
    header: bool = False
    compression: str = ""
    allowoverwrite: bool = False
    serial: bool = False

    @property
    def key(self) -> str:
        return f"{self.prefix}000{_ENDINGS[self.compression]}"


def unload(session: Session, s3: Any, sql: str, *, check: Check) -> int:
    """Run the UNLOAD, and return the number of rows. `check` raises if the owner has cancelled."""
    wanted = parse(sql)
    query = rewrite(wanted.query)
    _refuse_types(session, query)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        rows = _write(session, query, wanted, file, check)
        with s3_errors(wanted.key):
            if not wanted.allowoverwrite and s3.list_objects_v2(Bucket=wanted.bucket, Prefix=wanted.prefix).get(
                "Contents"
            ):
                raise FilesError(_NOT_EMPTY)
            if rows:
                file.seek(0)
                s3.put_object(Bucket=wanted.bucket, Key=wanted.key, Body=file)
    return rows


def _write(session: Session, query: str, wanted: Unload, file: IO[bytes], check: Check) -> int:
    header = "true" if wanted.header else "false"
    with _packed(file, wanted.compression) as write, session.cursor() as cursor:
        with cursor.copy(f"copy ({query}) to stdout (format csv, header {header})".encode()) as rows:
            for row in rows:
                check()
                write(row)
        return cursor.rowcount


@contextmanager
def _packed(file: IO[bytes], compression: str) -> Iterator[Callable[[Any], object]]:
    """Yield the function that writes into the file."""
    match compression:
        case "gzip":
            with gzip.GzipFile(fileobj=file, mode="wb") as out:
                yield out.write
        case "zstd":
            with zstd.ZstdFile(file, mode="wb") as packed:
                yield packed.write
        case _:
            yield file.write


def _refuse_types(session: Session, query: str) -> None:
    found = session.execute(f"select * from ({query}) as unloaded limit 0".encode())
    if any(column.type_code == _BYTEA for column in found.description or ()):
        raise not_emulated("UNLOAD of a varbyte")


def parse(sql: str) -> Unload:
    """Read an UNLOAD statement. Raises SqlRefusedError."""
    reader = Reader([token for token in tokenize(sql) if token.text != ";"])
    reader.accept("unload")
    if not reader.accept("("):
        raise reader.fail()
    query = text(reader)
    if not (reader.accept(")") and reader.accept("to")):
        raise reader.fail()
    if first_word(query) not in ("select", "with"):
        raise SqlRefusedError("UNLOAD needs a SELECT")
    place = S3_URL.fullmatch(text(reader))
    if place is None:
        raise SqlRefusedError("UNLOAD needs a path in S3")
    wanted = _options(Unload(query=query, bucket=place[1], prefix=place[2]), reader)
    if not wanted.iam_role:
        raise SqlRefusedError("UNLOAD needs IAM_ROLE")
    if not (wanted.csv and wanted.serial):
        raise not_emulated("UNLOAD without CSV and PARALLEL OFF")
    return wanted


def _options(wanted: Unload, reader: Reader) -> Unload:
    while not reader.done:
        word = reader.take().low
        if word == "format":
            reader.accept("as")
            word = reader.take().low
        wanted = _option(wanted, word, reader)
    return wanted


def _option(wanted: Unload, word: str, reader: Reader) -> Unload:
    if word in _SWITCHES:
        switched: Any = {word: True}
        return replace(wanted, **switched)
    if word == "iam_role":
        return replace(wanted, iam_role=role(reader))
    if word in _ENDINGS and not wanted.compression:
        return replace(wanted, compression=word)
    if word == "parallel" and reader.accept_any("off", "false"):
        return replace(wanted, serial=True)
    if word == "encrypted" and reader.accept("auto"):
        return wanted
    raise not_emulated(f"UNLOAD ... {word.upper()}")
