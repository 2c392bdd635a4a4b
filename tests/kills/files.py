"""The files that land while the worker is killed, each with the truth about it: rows, bad rows, and how its run ends.

Seeded by their number. Ten kinds take turns, so that each kill meets several: small; of several chunks; with bad rows;
packed; with rows whose keys are in other files too (the newer file wins), or in one file several times (the later line
wins), or that come late (the newer `updated_at` wins); files that must be refused; files that no contract knows; lists
that are complete.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass, field

HEADERS = {
    "transactions": "transaction_id,account_id,transaction_date,amount,currency,merchant,category",
    "user": "user_id,email,full_name,role,department,office,is_active,hired_on,updated_at",
    "queue": "queue_id,name,channel,description,max_wait_seconds,service_level,opening_hours,is_enabled",
}
TARGETS = {"transactions": "landing.transactions", "user": "landing.users", "queue": "landing.queues"}
ORDER = {"transactions": "age, line", "user": "updated_at, age, line", "queue": "age, line"}
"""What says which of two rows with one key is the newer."""
BAD = (("amount", "abc", 1209), ("transaction_date", "2025-02-30", 1205), ("account_id", "12a", 1207))
SHARED = 60
QUEUES = 25
ROWS = {"small": 60, "chunks": 5_000, "bad rows": 300, "packed": 400, "shared": 80, "repeats": 100}
APART = ("shared", "late", "complete")
"""Files of these kinds say something about rows of others: they must not land in one second."""

Row = list[str]


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One file."""

    number: int
    kind: str
    key: str
    body: bytes
    object: str = ""
    ends: tuple[str, ...] = ("LOADED",)
    code: str = ""
    read: int = 0
    good: tuple[tuple[int, Row], ...] = ()
    """Good rows with the line each starts on."""
    bad: frozenset[tuple[int, int, str]] = frozenset()
    """Line, code and column of each bad row that must be reported."""
    loaded: bool = field(default=True)
    """Whether its good rows come to the target."""


def planted(number: int) -> Planted:
    """The file of that number; the same number is the same file."""
    kinds = tuple(MAKERS)
    kind = kinds[number % len(kinds)]
    return MAKERS[kind](number, kind, random.Random(number))


def transaction(key: str, number: int, line: int, dice: random.Random) -> Row:
    cents = f"{dice.randint(-99_999, 99_999)}.{dice.randint(0, 99):02d}"
    day = f"2025-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
    return [
        key,
        str(1_000_000 * number + line),
        day,
        cents,
        "EUR",
        f"Shop {dice.randint(1, 999)} of file {number}",
        "food",
    ]


def _transactions(number: int, kind: str, dice: random.Random) -> Planted:
    """Small ones, large ones, packed ones, with bad rows, with keys that come again."""
    rows = []
    for n in range(ROWS[kind]):
        own = f"T{number:05d}-{n:05d}"
        pool = {"shared": f"S{dice.randrange(SHARED):05d}", "repeats": f"T{number:05d}-{n % 70:05d}"}
        rows.append(transaction(pool.get(kind, own), number, n, dice))
    bad = (
        {n: BAD[turn % len(BAD)] for turn, n in enumerate(sorted(dice.sample(range(300), 9)))}
        if kind == "bad rows"
        else {}
    )
    for n, (column, text, _) in bad.items():
        rows[n][HEADERS["transactions"].split(",").index(column)] = text
    body = _body("transactions", rows)
    return Planted(
        number=number,
        kind=kind,
        key=f"incoming/transactions/{kind.replace(' ', '-')}-{number:05d}.csv{'.gz' if kind == 'packed' else ''}",
        body=gzip.compress(body, mtime=0) if kind == "packed" else body,
        object="transactions",
        read=len(rows),
        good=tuple((n + 2, row) for n, row in enumerate(rows) if n not in bad),
        bad=frozenset((n + 2, code, column) for n, (column, _, code) in bad.items()),
    )


def _refused(number: int, kind: str, dice: random.Random) -> Planted:
    """By turns: every second row is bad, or the header is another system's."""
    rows = [transaction(f"R{number:05d}-{n:05d}", number, n, dice) for n in range(40)]
    wrong = number // len(MAKERS) % 2
    if not wrong:
        for row in rows[::2]:
            row[3] = "abc"
    body = _body("transactions", rows)
    return Planted(
        number=number,
        kind=kind,
        key=f"incoming/transactions/refused-{number:05d}.csv",
        body=body.replace(b"amount,currency", b"total,colour") if wrong else body,
        object="transactions",
        ends=("REJECTED",),
        code="HEADER_MISMATCH" if wrong else "TOO_MANY_REJECTS",
        read=0 if wrong else len(rows),
        bad=frozenset() if wrong else frozenset((n + 2, 1209, "amount") for n in range(0, len(rows), 2)),
        loaded=False,
    )


def _unknown(number: int, kind: str, dice: random.Random) -> Planted:
    key = f"incoming/nobody/{number:05d}.csv"
    return Planted(
        number=number, kind=kind, key=key, body=b"a,b\n1,2\n", ends=("UNROUTED",), code="UNROUTED", loaded=False
    )


def _late(number: int, kind: str, dice: random.Random) -> Planted:
    """People whose rows say themselves how old they are: half the files come later than newer ones."""
    rows = []
    for person in dice.sample(range(SHARED), 40):
        day, clock = f"2025-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}", f"{dice.randint(0, 23):02d}"
        moment = f"{day} {clock}:{number // 60 % 60:02d}:{number % 60:02d}"
        name = f"Person {person} as file {number} has it"
        rows.append(
            [f"U{person:04d}", f"p{person}@example.org", name, "agent", "legal", "x", "true", "2020-01-31", moment]
        )
    return Planted(
        number=number,
        kind=kind,
        key=f"incoming/user/{number:05d}.csv",
        body=_body("user", rows),
        object="user",
        read=len(rows),
        good=tuple((n + 2, row) for n, row in enumerate(rows)),
    )


def _complete(number: int, kind: str, dice: random.Random) -> Planted:
    """All queues there are, each time: one that is older than what is loaded already is superseded."""
    rows = [
        [f"Q{n:03d}", f"Queue {n} by file {number}", "voice", "d", str(dice.randint(1, 500)), "0.9500", "9-17", "true"]
        for n in range(QUEUES)
    ]
    return Planted(
        number=number,
        kind=kind,
        key=f"incoming/queue/{number:05d}.csv",
        body=_body("queue", rows),
        object="queue",
        ends=("LOADED", "SUPERSEDED"),
        read=len(rows),
        good=tuple((n + 2, row) for n, row in enumerate(rows)),
    )


def _body(object: str, rows: list[Row]) -> bytes:
    return "\n".join([HEADERS[object], *map(",".join, rows), ""]).encode()


MAKERS: dict[str, Callable[[int, str, random.Random], Planted]] = {
    "small": _transactions,
    "chunks": _transactions,
    "shared": _transactions,
    "bad rows": _transactions,
    "late": _late,
    "packed": _transactions,
    "refused": _refused,
    "repeats": _transactions,
    "complete": _complete,
    "unknown": _unknown,
}
