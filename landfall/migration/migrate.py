"""Brings a warehouse up to date with sql/, the contracts and the grants of loads.

Guarantees that each migration is applied once, in order, in one transaction with the record that says so, also when two
of these run at once; and that running it again changes nothing. Makes tables. Alters a table only if the option is set,
and then only where no stored value changes. Each difference that is left is a line that starts with `!`, and so is a
data check that the warehouse cannot evaluate.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.checks.condition import check_fault
from chalicelib.domain.contract.contract import Contract, DataCheck
from chalicelib.domain.warehouse.ddl import drop_staging_ddl, staging_ddl
from chalicelib.domain.warehouse.load import explain_check
from landfall.migration.plan import Plan, Step, Wanted, bootstrap, plan
from landfall.migration.state import look
from landfall.migration.warehouse import StatementError, Warehouse

_ATTEMPTS = 3
_PROBE = "probe"


class MigrationError(Exception):
    """A step that the warehouse refuses. Nothing of it was applied; the steps before it were."""


def migrate(warehouse: Warehouse, wanted: Wanted) -> list[str]:
    """Apply what is missing. Return a line for each thing done, then one for each left. Raises MigrationError."""
    _bootstrap(warehouse, wanted)
    done: list[str] = []
    todo = _planned(warehouse, wanted)
    while todo.steps:
        step = todo.steps[0]
        try:
            warehouse.run(step.statements)
        except StatementError as error:
            todo = _planned(warehouse, wanted)
            if step in todo.steps:  # otherwise another migrator was faster
                raise MigrationError(_failure(step, error)) from error
            continue
        done.append(step.done)
        todo = Plan(steps=todo.steps[1:], left=todo.left)
    return [*done, *todo.left, *_checks(warehouse, wanted)]


def preview(warehouse: Warehouse, wanted: Wanted) -> list[str]:
    """Return a line for each thing that `migrate` would do, then one for each that it would leave. Changes nothing."""
    todo = _planned(warehouse, wanted)
    return [*(step.planned for step in todo.steps), *todo.left]


def _planned(warehouse: Warehouse, wanted: Wanted) -> Plan:
    user = wanted.grants.user if wanted.grants else ""
    return plan(wanted, look(warehouse, wanted.targets, user))


def _bootstrap(warehouse: Warehouse, wanted: Wanted) -> None:
    """Make the place of the records. Two first runs at once may both find nothing: the one that fails tries again."""
    for attempt in range(1, _ATTEMPTS + 1):
        if not look(warehouse, (), "").is_empty:
            return
        try:
            warehouse.run(bootstrap(wanted.sql_dir))
        except StatementError as error:
            if attempt == _ATTEMPTS:
                raise MigrationError(f"bootstrap.sql, statement {error.number}: {_words(error)}") from error


def _failure(step: Step, error: StatementError) -> str:
    number = error.number - step.ahead
    where = f"statement {number}" if number > 0 else "before its first statement"
    return f"{step.what}, {where}: {_words(error)}; nothing of it is applied"


def _words(error: StatementError) -> str:
    """Return the warehouse's text, and what to do about it if that is known."""
    text = error.message.rstrip(".")
    if "permission denied" in text or "must be owner" in text or "must be superuser" in text:
        return f"{text}; migrate as the administrator of the warehouse (--secret-arn)"
    return text


def _checks(warehouse: Warehouse, wanted: Wanted) -> Iterator[str]:
    for contract in wanted.contracts.values():
        for check in contract.checks:
            if fault := check_fault(contract, check) or _refusal(warehouse, contract, check):
                yield f'! {contract.target}: the data check "{check.name}" cannot be evaluated: {fault}'


def _refusal(warehouse: Warehouse, contract: Contract, check: DataCheck) -> str:
    """Have the warehouse plan a data check, without running it, on an empty table of its own session."""
    probe = staging_ddl(contract, (), _PROBE, _PROBE)
    try:
        warehouse.run([probe, explain_check(check, _PROBE), drop_staging_ddl(_PROBE)])
    except StatementError as error:
        return error.message
    return ""
