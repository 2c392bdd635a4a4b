"""Runs submissions: each in its own thread and session, in exactly one transaction at REPEATABLE READ.

Guarantees that a submission's effects are visible all together or not at all, and that its status is never FINISHED
before the commit. If the process is killed, a running statement is rolled back and forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from psycopg import errors

from local.redshift.copy.load import CopyFailedError, Loader
from local.redshift.events import Notifier
from local.redshift.results import read
from local.redshift.sql.errors import SqlRefusedError
from local.redshift.sql.rewrite import first_word, rewrite
from local.redshift.statements import CancelledError, Part, Session, Status, Submission

_THREADS = 60
_CLOSE_SECONDS = 5
_CANCELLED = "Query cancelled on user's request"
_FAILURES = (psycopg.Error, SqlRefusedError, CopyFailedError)


class Engine:
    """Runs submissions. `submit` returns at once; the submission's status shows the progress."""

    def __init__(self, dsn: str, loader: Loader, bell: Notifier) -> None:
        self._dsn, self._loader, self._bell = dsn, loader, bell
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="statement")

    def submit(self, work: Submission) -> None:
        self._threads.submit(self._run, work)

    def close(self, running: Iterable[Submission]) -> None:
        """Wait a while for cancelled submissions. A COPY that hangs on S3 is left, and PostgreSQL rolls it back."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + _CLOSE_SECONDS
        for work in running:
            if work.status is not Status.SUBMITTED:
                work.ended.wait(max(0.0, deadline - time.monotonic()))

    def _run(self, work: Submission) -> None:
        try:
            work.check()
            work.move(Status.PICKED)
            self._transaction(work)
        except CancelledError:
            _end_badly(work, Status.ABORTED, _CANCELLED)
        except errors.QueryCanceled as error:
            if work.cancelled:
                _end_badly(work, Status.ABORTED, _CANCELLED)
            else:
                _end_badly(work, Status.FAILED, explain(error))
        except _FAILURES as error:
            _end_badly(work, Status.FAILED, explain(error))
        except Exception as error:
            # The statement must end after any error, since its caller would wait for ever.
            _end_badly(work, Status.FAILED, f"ERROR: internal error of the local Redshift: {error!r}")
            raise
        else:
            work.move(Status.FINISHED)
        finally:
            work.ended.set()
            if work.with_event:
                self._bell.ring(work)

    def _transaction(self, work: Submission) -> None:
        with psycopg.connect(self._dsn, prepare_threshold=None) as session:
            work.open(session)
            try:
                work.move(Status.STARTED)
                for part in work.parts:
                    self._part(session, work, part)
                work.check()
                session.commit()
            finally:
                work.close()

    def _part(self, session: Session, work: Submission, part: Part) -> None:
        work.check()
        part.move(Status.STARTED)
        started = time.perf_counter()
        try:
            verb = first_word(part.sql)
            if verb == "copy":
                part.rows = self._loader.load(session, part.sql, query_id=part.query_id, check=work.check)
            elif verb == "unload":
                part.rows = self._loader.unload(session, part.sql, check=work.check)
            else:
                _execute(session, part, batch=work.batch)
        finally:
            part.seconds = time.perf_counter() - started
        part.move(Status.FINISHED)


def _execute(session: Session, part: Part, *, batch: bool) -> None:
    sql = rewrite(part.sql, batch=batch)
    with session.cursor() as cursor:
        cursor.execute(sql.encode())
        part.rows = cursor.rowcount
        part.result = read(cursor.pgresult)


def _end_badly(work: Submission, status: Status, error: str) -> None:
    """End the running part with the error, and abort the parts after it."""
    message = error
    for number, part in enumerate(work.parts, start=1):
        if part.status is Status.STARTED:
            part.move(status, error)
            if work.batch and status is Status.FAILED:
                message = f"Query #{number} failed with {error}"
        elif part.status is Status.SUBMITTED:
            part.move(Status.ABORTED)
    work.move(status, message)


def explain(error: Exception) -> str:
    """Return the error in Redshift's words. It has only the message, because PostgreSQL's details quote rows."""
    if isinstance(error, errors.SerializationFailure):
        return "ERROR: 1023\n  Detail: Serializable isolation violation on table in Redshift"
    if isinstance(error, psycopg.Error):
        constraint = error.diag.constraint_name or ""
        if isinstance(error, errors.CheckViolation) and constraint.startswith("bytes_"):
            return f"ERROR: value too long for type character varying({constraint.rpartition('_')[2]})"
        return f"ERROR: {error.diag.message_primary or error}"
    return f"ERROR: {error}"
