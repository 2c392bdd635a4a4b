"""What Landfall assumes of loads that must not commit, and of the queries around a load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.adapters.statement_errors import DETAIL
from chalicelib.domain.contract.contract import DataCheck, DuplicateKeys
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.ddl import drop_staging_ddl, staging_ddl
from chalicelib.domain.warehouse.ledger import ledger_query, render_fence
from chalicelib.domain.warehouse.load import explain_check
from chalicelib.domain.warehouse.table_diff import differences
from landfall.conformity.behaviour import Behaviour, behaviour
from landfall.conformity.scratch_table import A, B, ScratchTable, in_scratch, row
from landfall.conformity.session import Session
from landfall.migration.data_api import DataApi
from landfall.migration.state import look


@behaviour(
    name="keys that must not come twice are refused",
    why="a file that is to be refused would be loaded, or tried for ever",
    expected="DUPLICATE_KEYS: 1 rows repeat a key, the first at byte 20; the key is id (FILE) []",
)
def repeated(session: Session) -> str:
    table = ScratchTable.made(session, "repeated", duplicate_keys=DuplicateKeys.FAIL)
    return f"{_cut(table.load([A, B, A], age=1))} {table.rows()}"


@behaviour(
    name="a data check refuses a file",
    why="a file that is to be refused would be loaded, or tried for ever",
    expected=(
        '[["LOADED", 1, 1, 0, 1, 0, 1, 0, 0, 0]] '
        'DATA_CHECK_FAILED: it\'s :odd finds 1 rows that must not be (FILE) [["a"]]'
    ),
)
def checked(session: Session) -> str:
    check = DataCheck(name="it's :odd", bad_rows="amount < 0 and value <> 'it''s'")
    table = ScratchTable.made(session, "checked", checks=(check,))
    good, bad = table.load([A], age=1), table.load([row("b", "'y'", "-1")], age=2)
    return f"{good} {_cut(bad)} {table.rows('id')}"


@behaviour(name="a data check is planned by EXPLAIN", why="`landfall migrate` would fail", expected="planned")
def planned(session: Session) -> str:
    check = DataCheck(name="plan", bad_rows="amount < 0")
    contract = ScratchTable.made(session, "planned").contract
    group = digest("planned")
    sqls = [staging_ddl(contract, (), group, group[:8]), explain_check(check, group), drop_staging_ddl(group)]
    end = session.run(sqls)
    if end.failed:
        return f"fails: {end.error}"
    plan = str(session.rows(f"{end.id}:2"))
    return "planned" if "Aggregate" in plan else f"the plan is {plan}"


@behaviour(
    name="a load with too few rows is refused",
    why="rows would be lost",
    expected="COUNT_MISMATCH: 2 rows were found good and 1 are staged (UNKNOWN) []",
)
def counted(session: Session) -> str:
    table = ScratchTable.made(session, "counted")
    order = table.order([A, B], age=1)
    return f"{_cut(table.sent(order, [[A]]))} {table.rows()}"


@behaviour(
    name="a contract that is wider than its table is refused",
    why="values would be rounded or cut without an error",
    expected="CONTRACT_AHEAD: 2 columns of {s}.ahead cannot hold what the contract allows "
    "(value is character varying(64), amount is numeric(10,2)) (SETUP) []",
)
def ahead(session: Session) -> str:
    table = ScratchTable.made(session, "ahead")
    wider = {"value": "varchar(128)", "amount": "decimal(12,4)"}
    columns = [replace(c, type=parse_type(wider.get(c.name, c.type.sql))) for c in table.contract.columns]
    seen = _cut(table.having(columns=tuple(columns)).load([A], age=1))
    return f"{seen.replace(session.schema, '{s}')} {table.rows()}"


@behaviour(
    name="a view as a target is refused",
    why="a load would end with an error that does not name the reason",
    expected="TARGET_NOT_TABLE: {s}.seen is not a table; name a table as the target of the contract, or drop the view"
    " (SETUP)",
)
def view(session: Session) -> str:
    table = ScratchTable.made(session, "seen")
    late = "create view {s}.seen as select * from {s}.seen_base with no schema binding"
    if (end := session.run(["alter table {s}.seen rename to seen_base", late])).failed:
        return f"the view fails: {end.error}"
    return _cut(table.load([A], age=1)).replace(session.schema, "{s}")


@behaviour(
    name="a fenced load changes nothing", why="a load that was given up could still commit", expected="[null] []"
)
def fenced(session: Session) -> str:
    table = ScratchTable.made(session, "fenced_things")
    order = table.order([A], age=1)
    fence = render_fence(table.contract.target, order.group_id)
    if (end := session.run(in_scratch(session, fence.statements), fence.parameters)).failed:
        return f"the fence fails: {end.error}"
    return f"{table.sent(order, [[A]])} {table.rows()}"


@behaviour(name="a query reads 500 loads of the ledger", why="a large group could not be settled", expected="[]")
def many_ids(session: Session) -> str:
    query = ledger_query("inserts", [digest(str(number)) for number in range(500)], 0.0)
    end = session.run(in_scratch(session, query.statements), query.parameters)
    return f"fails: {end.error}" if end.failed else str(session.rows(f"{end.id}:1"))


@behaviour(
    name="the catalogue has the types that the contract has",
    why="`landfall migrate` would report differences for ever",
    expected="11 columns, differences: []",
)
def catalogue(session: Session) -> str:
    contract = ScratchTable.made(session, "catalogue").contract
    found = look(DataApi(session.api, session.where), [contract.target], "").tables.get(contract.target, {})
    return f"{len(found)} columns, differences: {[one.column for one in differences(contract, found)]}"


def _cut(text: str) -> str:
    """Return an error from the code on: what stands before and behind it differs, and is read over."""
    for code in ("CONTRACT_AHEAD", "TARGET_NOT_TABLE", "DUPLICATE_KEYS", "DATA_CHECK_FAILED", "COUNT_MISMATCH"):
        if code in text:
            message, _, cause = text[text.index(code) :].rpartition(" (")
            return f"{DETAIL.split(message)[0].strip()} ({cause}"
    return text


GUARDS: Sequence[Behaviour] = (
    repeated,
    checked,
    planned,
    counted,
    ahead,
    view,
    fenced,
    many_ids,
    catalogue,
)
