"""What Landfall assumes of merges: the rows of a target, and the counts in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain.contract.contract import Delivery
from landfall.conformity.behaviour import Behaviour, behaviour
from landfall.conformity.scratch_table import A, B, C, ScratchTable, in_scratch, row
from landfall.conformity.session import Session

WIDE_COLUMNS = 250
"""The procedures build their longest statements in several pieces from some 150 columns on."""
WIDE = """
name = "{name}"
target = "{schema}.{name}"
lands_at = ["incoming/{name}/*"]
key = ["id"]

[columns]
id = {{ type = "varchar(8)", required = true }}
"""
BOOKS = "rows would be lost, doubled or counted wrongly"


@behaviour(
    name="a load inserts rows, and fills defaults",
    why=BOOKS,
    expected=(
        '[["LOADED", 2, 2, 0, 2, 0, 2, 0, 0, 0]] [["a", "x", "1.50", true, "2026-01-31"], '
        '["b", "it\'s :none", "NULL", true, "2026-01-31"]]'
    ),
)
def inserts(session: Session) -> str:
    table = ScratchTable.made(session, "inserts")
    counts = table.load([A, row("b", "null", "null")], age=1)
    return f"{counts} {table.rows('id, value, amount, is_open, cast(seen_on as varchar(10))')}"


@behaviour(
    name="a newer file updates, confirms and inserts",
    why=BOOKS,
    expected=(
        '[["LOADED", 3, 3, 0, 3, 0, 1, 1, 1, 0]] [["LOADED", 1, 1, 0, 1, 0, 0, 1, 0, 0]] '
        '[["a", "0000000000002.000#00"], ["b", "0000000000003.000#00"], ["c", "0000000000002.000#00"]]'
    ),
)
def updates(session: Session) -> str:
    """One row stays, one gets a document of another type, one is new."""
    table = ScratchTable.made(session, "updates")
    table.load([A, B], age=1)
    counts = table.load([A, row("b", document='{"n": "1"}'), C], age=2)
    again = table.load([row("b", document='{"n": 1}')], age=3)
    return f"{counts} {again} {table.rows('id, _source_order')}"


@behaviour(
    name="an older file replaces nothing",
    why=BOOKS,
    expected='[["LOADED", 2, 2, 0, 2, 0, 1, 0, 0, 1]] [["a", "new"], ["b", "x"]]',
)
def older(session: Session) -> str:
    table = ScratchTable.made(session, "older")
    table.load([row("a", "'new'")], age=2)
    counts = table.load([row("a", "'old'"), B], age=1)
    return f"{counts} {table.rows('id, value')}"


@behaviour(
    name="the column to order by decides",
    why=BOOKS,
    expected='[["LOADED", 2, 2, 0, 2, 0, 0, 1, 0, 1]] [["a", "two"], ["b", "some"]]',
)
def ordered(session: Session) -> str:
    """Of an object with a column to order by, the greater value wins, whatever the age of its file."""
    table = ScratchTable.made(session, "ordered", order_by="amount")
    table.load([row("a", "'two'", "2"), row("b", "'none'", "null")], age=1)
    counts = table.load([row("a", "'one'", "1"), row("b", "'some'", "0")], age=2)
    return f"{counts} {table.rows('id, value')}"


@behaviour(name="a load that comes again changes nothing", why=BOOKS, expected='True [[1]] [["a"]]')
def once(session: Session) -> str:
    table = ScratchTable.made(session, "once")
    first, again = table.load([A], age=1), table.load([A], age=1)
    query = in_scratch(session, ["select count(*) from etl.ledger where object = 'once'"])[0]
    return f"{first == again} {session.found(query)} {table.rows('id')}"


@behaviour(
    name="keys that come twice in a file are one row",
    why=BOOKS,
    expected='[["LOADED", 3, 3, 0, 3, 1, 2, 0, 0, 0]] [["a", "last"], ["b", "x"]]',
)
def collapses(session: Session) -> str:
    table = ScratchTable.made(session, "collapses")
    counts = table.load([A, B, row("a", "'last'")], age=1)
    return f"{counts} {table.rows('id, value')}"


@behaviour(
    name="keys that differ in blanks at the end are one row",
    why=BOOKS,
    expected='[["LOADED", 1, 1, 0, 1, 0, 0, 1, 0, 0]] [["newer"]]',
)
def blank_keys(session: Session) -> str:
    table = ScratchTable.made(session, "blank_keys")
    table.load([A], age=1)
    counts = table.load([row("a  ", "'newer'")], age=2)
    return f"{counts} {table.rows('value')}"


@behaviour(
    name="files of one load are merged as if one after the other",
    why=BOOKS,
    expected=(
        '[["LOADED", 2, 2, 0, 2, 0, 1, 0, 0, 1], ["LOADED", 2, 2, 0, 2, 0, 2, 0, 0, 0]] '
        '[["a", "x"], ["b", "newer"], ["c", "x"]]'
    ),
)
def together(session: Session) -> str:
    table = ScratchTable.made(session, "together")
    counts = table.load([A, B], [row("b", "'newer'"), C], age=1)
    return f"{counts} {table.rows('id, value')}"


@behaviour(
    name="an older snapshot is superseded",
    why=BOOKS,
    expected='[["LOADED", 1, 1, 0, 1, 0, 1, 0, 0, 0]] [["SUPERSEDED", 1, 1, 0, 1, 0, 0, 0, 0, 1]] [["a", "x"]]',
)
def snapshots(session: Session) -> str:
    table = ScratchTable.made(session, "snapshots", delivery=Delivery.SNAPSHOT)
    newer, older = table.load([A], age=2), table.load([row("a", "'old'")], age=1)
    return f"{newer} {older} {table.rows('id, value')}"


@behaviour(
    name="corrected rows are merged once",
    why=BOOKS,
    expected='[["LOADED", 1, 1, 0, 1, 0, 1, 0, 0, 0]] [["LOADED", 1, 1, 0, 1, 1, 0, 0, 0, 0]] [["a"], ["b"]]',
)
def corrected(session: Session) -> str:
    """A rejected row is corrected, twice: the second time it is booked as a duplicate."""
    table = ScratchTable.made(session, "corrected")
    first = table.order([A], age=1)
    share = replace(first.shares[0], rows_read=2, rows_rejected=1)
    table.sent(replace(first, shares=(share,)), [[A]])
    counts = []
    for load in ("one", "two"):
        order = table.order([B], age=1, load=load)
        own = replace(order.shares[0], corrects=share.load_id)
        counts.append(table.sent(replace(order, shares=(own,)), [[B]]))
    return f"{' '.join(counts)} {table.rows('id')}"


@behaviour(
    name="a table with 250 columns is merged",
    why="a wide table could not be loaded",
    expected='[["LOADED", 2, 2, 0, 2, 0, 0, 1, 1, 0]]',
)
def wide(session: Session) -> str:
    names = [f"a_column_with_a_long_name_{number:03d}" for number in range(WIDE_COLUMNS)]
    toml = 'name = "{name}"\ntarget = "{schema}.{name}"\nlands_at = ["incoming/{name}/*"]\nkey = ["id"]\n[columns]\n'
    columns = [f'{name} = {{{{ type = "integer" }}}}' for name in names]
    table = ScratchTable.made(
        session, "wide_things", toml + "\n".join(['id = {{ type = "varchar(8)", required = true }}', *columns])
    )
    same, other = ["1"] * WIDE_COLUMNS, [*["1"] * (WIDE_COLUMNS - 1), "2"]
    columns_of = ("id", *names)
    table.load([("'a'", *same), ("'b'", *same)], age=1, columns=columns_of)
    return table.load([("'a'", *same), ("'b'", *other)], age=2, columns=columns_of)


@behaviour(
    name="the books of all these loads balance", why=BOOKS, expected='[[1, 1, "incoming/things/it\'s :x é.csv"]]'
)
def books(session: Session) -> str:
    query = "select min(balanced), max(balanced), min(source_key) from etl.books"
    return str(session.found(in_scratch(session, [query])[0]))


MERGES: Sequence[Behaviour] = (
    inserts,
    updates,
    older,
    ordered,
    once,
    collapses,
    blank_keys,
    together,
    snapshots,
    corrected,
    wide,
    books,
)
