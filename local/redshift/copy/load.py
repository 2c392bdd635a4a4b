"""The complete COPY: the fast way streams the files into PostgreSQL's own COPY, and the exact way takes over if needed.

The exact way starts from a savepoint if the guard or PostgreSQL objects to anything. It then either loads the rows that
Redshift would load, or finds the line and the column at fault. Thus a load error is always precise, and good files cost
little more than in PostgreSQL's own COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors

from local.redshift.copy.exact import ExactReader, LoadError, Row
from local.redshift.copy.fields import fields_for
from local.redshift.copy.files import File, FilesError, ahead, chunks, find, without_header
from local.redshift.copy.guard import Guard
from local.redshift.copy.json_objects import JsonReader
from local.redshift.copy.statement import Copy, Options, parse
from local.redshift.copy.target import Target, quote, target_of
from local.redshift.copy.unload import unload
from local.redshift.sql.tokens import literal
from local.redshift.statements import Session

Check = Callable[[], None]

_SLOW_KINDS = {"bytea", "jsonb", "time", "timetz"}  # PostgreSQL reads other texts for these
_INSERT = """
    insert into local_redshift.load_error values (
        (select usesysid::int from pg_user where usename = current_user), %s, %s, %s, current_database(), %s,
        now() at time zone 'UTC', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""


_SET_LAST_COPY = """
    select set_config('local_redshift.last_copy_count', %s, false),
           set_config('local_redshift.last_copy_id', %s, false)"""


class CopyFailedError(Exception):
    """The COPY or UNLOAD statement failed; the message is Redshift's."""


class _Objection(Exception):
    """The fast way may differ from Redshift here."""


class _NullSeen(_Objection):
    """There is a null string that this try of the fast way does not read as NULL."""


class Loader:
    """Runs COPY statements in the caller's sessions, and writes load errors in a session of its own."""

    def __init__(self, dsn: str, s3: Any) -> None:
        self._dsn, self._s3 = dsn, s3

    def load(self, session: Session, sql: str, *, query_id: int, check: Check) -> int:
        """Run the COPY, and return the number of loaded rows. `check` raises if the owner has cancelled."""
        copy = parse(sql)
        target = target_of(session, copy)
        try:
            found = find(self._s3, copy)
            job = _Job(s3=self._s3, session=session, copy=copy, target=target, files=found, check=check)
            count = self._either_way(job, query_id)
        except FilesError as error:
            raise CopyFailedError(str(error)) from error
        session.execute(_SET_LAST_COPY, (str(count), str(query_id)))
        return count

    def unload(self, session: Session, sql: str, *, check: Check) -> int:
        """Run an UNLOAD, and return the number of rows."""
        try:
            return unload(session, self._s3, sql, check=check)
        except FilesError as error:
            raise CopyFailedError(str(error)) from error

    def _either_way(self, job: _Job, query_id: int) -> int:
        for null in _null_strings(job.copy.options) if _may_be_fast(job.target, job.copy.options) else ():
            try:
                with job.session.transaction():
                    return job.fast(null)
            except _NullSeen:
                continue
            except (_Objection, errors.DataError, errors.IntegrityError):
                break
        faults: list[LoadError] = []
        try:
            return job.exact(faults)
        finally:
            self._record(job, faults, query_id)

    def _record(self, job: _Job, faults: list[LoadError], query_id: int) -> None:
        """Write load errors in a separate transaction: they stay when the COPY is rolled back."""
        if not faults:
            return
        pid, oid = job.session.info.backend_pid, job.target.oid
        with psycopg.connect(self._dsn, autocommit=True) as own, own.cursor() as cursor:
            for fault in faults:
                place = (fault.file, fault.line, *_described_column(fault), fault.position)
                error = (fault.code, fault.message, fault.raw_line, fault.raw_field)
                cursor.execute(_INSERT, (query_id, query_id, pid, oid, *place, *error))


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One running COPY."""

    s3: Any
    session: Session
    copy: Copy
    target: Target
    files: Sequence[File]
    check: Check

    def fast(self, null: str) -> int:
        """Run PostgreSQL's COPY with this null string, under guard."""
        return sum(self._fast_file(file, null) for file in self.files)

    def _fast_file(self, file: File, null: str) -> int:
        options = self.copy.options
        absent = options.null.encode() if null != options.null else b""
        form = {"delimiter": options.delimiter, "quote": options.quote}
        guard = Guard(self.target.columns, **form, null=null.encode(), absent=absent)
        source = without_header(chunks(self.s3, file, options.compression), options.header_lines)
        statement = _statement(self.target, options, null).encode()
        with closing(ahead(_guarded(source, guard))) as passed, self.session.cursor() as cursor:
            with cursor.copy(statement) as stream:
                for chunk in passed:
                    self.check()
                    stream.write(chunk)
            return cursor.rowcount

    def exact(self, faults: list[LoadError]) -> int:
        """Load row by row, and add the faults to `faults`. Too many faults end the COPY."""
        statement = f"copy {self.target.quoted} ({self.target.column_list}) from stdin"
        with self.session.cursor() as cursor:
            with cursor.copy(statement.encode()) as stream:
                for row in self._rows():
                    if isinstance(row, LoadError):
                        faults.append(row)
                        self._stop_at_most(faults)
                    else:
                        stream.write_row(row)
            return cursor.rowcount

    def _rows(self) -> Iterator[Row | LoadError]:
        options = self.copy.options
        fields = fields_for(list(self.target.columns), options)
        for file in self.files:
            reader = (JsonReader if options.json else ExactReader)(file.url, fields, options)
            for number, row in enumerate(reader.rows(chunks(self.s3, file, options.compression))):
                if number % 1000 == 0:
                    self.check()
                yield row

    def _stop_at_most(self, faults: list[LoadError]) -> None:
        if len(faults) >= max(self.copy.options.most_errors, 1):
            raise CopyFailedError(
                f"Load into table '{self.target.name}' failed.  Check 'sys_load_error_detail' system table for details."
            )


def _may_be_fast(target: Target, options: Options) -> bool:
    """Return whether the fast way is possible: no option changes values, and it reads each type as Redshift does."""
    kinds = {column.kind for column in target.columns}
    changes = options.blanks_as_null or options.trim_blanks or options.round_decimals or options.fill_record
    return not changes and not options.ignore_blank_lines and not options.json and not kinds & _SLOW_KINDS


def _null_strings(options: Options) -> list[str]:
    """Return the null strings to try, as PostgreSQL has one at a time: the empty one, then Redshift's own."""
    return [""] if options.empty_as_null or not options.null else ["", options.null]


def _statement(target: Target, options: Options, null: str) -> str:
    texts = [quote(column.name) for column in target.columns if column.text]
    others = [quote(column.name) for column in target.columns if not column.text]
    empty_is_text = not null and not options.empty_as_null and options.null
    forced = others if empty_is_text else others + texts
    words = [
        "format csv",
        f"delimiter {literal(options.delimiter)}",
        f"quote {literal(options.quote)}",
        "encoding 'UTF8'",
    ]
    words.append(f"null {literal(null)}")
    if forced:
        words.append(f"force_null ({', '.join(forced)})")
    if texts and empty_is_text:
        words.append(f"force_not_null ({', '.join(texts)})")
    return f"copy {target.quoted} ({target.column_list}) from stdin with ({', '.join(words)})"


def _guarded(source: Iterator[bytes], guard: Guard) -> Iterator[bytes]:
    for chunk in source:
        if not guard.fine(chunk):
            raise _NullSeen if guard.saw_absent else _Objection
        yield chunk
    if not guard.end():
        raise _Objection


def _described_column(fault: LoadError) -> tuple[str, str, str]:
    """Return name, type and length in the form of the system tables."""
    column = fault.column
    if column is None:
        return "", "", ""
    kinds = {"bpchar": "char", "jsonb": "super", "bytea": "varbyte"}
    return column.name, kinds.get(column.kind, column.kind), ", ".join(str(size) for size in column.size)
