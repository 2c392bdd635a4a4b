"""What Landfall assumes of the Data API itself: ids, tokens, cancelling, and two batches at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, text_of
from chalicelib.adapters.redshift_data import OVER
from landfall.conformity.behaviour import Behaviour, behaviour
from landfall.conformity.session import Session
from landfall.migration.data_api import RUNNING

LOCK = "lock table {s}.race_gate"
RACE = (
    "create table {s}.race_gate (held_by varchar(32)) diststyle all",
    "create table {s}.race_rows (n integer)",
    "create table {s}.race_numbers (n integer)",
    "insert into {s}.race_numbers values (1), (2), (3), (4)",
)
DOUBLE = "insert into {s}.race_numbers select n from {s}.race_numbers"
SLOW = "select count(*) from {s}.race_numbers a, {s}.race_numbers b where a.n + b.n < 0"
ENDLESS = "select count(*) from {s}.race_numbers a, {s}.race_numbers b, {s}.race_numbers c where a.n + b.n + c.n < 0"
WRITE, READ = "insert into {s}.race_rows values (1)", "select count(*) from {s}.race_rows"
FIRST_DOUBLINGS, MOST_DOUBLINGS = 9, 14
"""From 2,048 numbers (four million pairs) to 65,536 (four billion)."""
UNKNOWN = "00000000-0000-0000-0000-000000000000"
PAUSE = 0.02


@behaviour(
    name="a token that comes again is the same statement",
    why="a load whose answer was lost would be submitted twice; the ledger would still keep it from being in twice",
    expected="the same statement",
)
def same_token(session: Session) -> str:
    token = f"{session.schema}-token"
    one, other = (session.submit(["select 1", "select 2"], ClientToken=token) for _ in range(2))
    session.end(one)
    return "the same statement" if one == other else "another statement"


@behaviour(
    name="a token with other statements runs nothing else",
    why="a group that lost a file would be loaded by a statement that Landfall does not know",
    expected="the first one, or refused",
)
def other_statements(session: Session) -> str:
    """A token comes with other statements, as for a group that lost a file."""
    token = f"{session.schema}-other"
    first = session.submit(["select 1", "select 2"], ClientToken=token)
    session.end(first)
    try:
        again = session.submit(["select 1"], ClientToken=token)
    except ClientError as error:
        return "the first one, or refused" if code_of(error) == "ValidationException" else f"refused: {code_of(error)}"
    return "the first one, or refused" if again == first else "another statement"


@behaviour(
    name="a batch reports which of its statements failed",
    why="a data check that cannot be evaluated would not be named",
    expected="FINISHED, FAILED, ABORTED",
)
def parts(session: Session) -> str:
    return ", ".join(session.run(["select 1", "select absent_column", "select 3"]).parts)


@behaviour(
    name="an unknown statement is not found",
    why="a load whose statement is forgotten would wait for ever",
    expected="ResourceNotFoundException",
)
def unknown_id(session: Session) -> str:
    try:
        session.status(UNKNOWN)
    except ClientError as error:
        return code_of(error)
    return "it is known"


@behaviour(
    name="cancelling what has ended is refused with known words",
    why="cancelling a run would fail though its load is over",
    expected="refused, for it is over",
)
def cancel_ended(session: Session) -> str:
    ended = session.run(["select 1", "select 2"])
    try:
        session.api.cancel_statement(Id=ended.id)
    except ClientError as error:
        known = code_of(error) == "ValidationException" and OVER.search(text_of(error))
        return "refused, for it is over" if known else f"{code_of(error)}: {text_of(error)}"
    return "accepted"


@behaviour(
    name="what is cancelled leaves nothing",
    why="a cancelled run could be in the target",
    expected="ABORTED, rows: [[0]]",
)
def cancel_running(session: Session) -> str:
    _prepare(session, FIRST_DOUBLINGS)
    running = session.submit([WRITE, ENDLESS])
    _until_started(session, running)
    session.api.cancel_statement(Id=running)
    end = session.end(running)
    return f"{end.status}, rows: {session.found(READ)}"


@behaviour(
    name="a lock that is taken first comes before the snapshot",
    why="two loads of one target would not see each other: rows would be in it twice",
    expected="it sees the first one's row",
)
def race(session: Session) -> str:
    """A second batch begins while the first one holds the lock. It must see what the first one wrote."""
    _prepare(session, FIRST_DOUBLINGS)
    for turn in range(MOST_DOUBLINGS - FIRST_DOUBLINGS + 1):
        first = session.submit([LOCK, SLOW, WRITE])
        _until_started(session, first)
        second = session.submit([LOCK, READ])
        _until_started(session, second)
        overlapped = session.status(first) in RUNNING
        ends = session.end(first), session.end(second)
        if failed := [end.error for end in ends if end.failed]:
            return f"fails: {failed[0]}"
        if overlapped:
            seen = session.rows(f"{second}:2")
            return "it sees the first one's row" if seen == [[turn + 1]] else f"it sees {seen} of {turn + 1} rows"
        session.one(DOUBLE)
    return "the two never ran at once: try again"


def _prepare(session: Session, doublings: int) -> None:
    session.one("drop table if exists {s}.race_gate")
    session.one("drop table if exists {s}.race_rows")
    session.one("drop table if exists {s}.race_numbers")
    session.run([*RACE, *[DOUBLE] * doublings])


def _until_started(session: Session, statement_id: str) -> None:
    while session.status(statement_id) in RUNNING[:2]:
        time.sleep(PAUSE)


BEHAVIOURS: Sequence[Behaviour] = (
    same_token,
    other_statements,
    parts,
    unknown_id,
    cancel_ended,
    cancel_running,
    race,
)
