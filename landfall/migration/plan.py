"""What there is to do to a warehouse, decided from its state. Pure: nothing here runs a statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.warehouse.column_fit import by_hand
from chalicelib.domain.warehouse.ddl import LINEAGE, gate_ddl, target_ddl
from chalicelib.domain.warehouse.table_diff import Difference, differences
from landfall.migration import sql
from landfall.migration.grants import Grants
from landfall.migration.scripts import Script, scripts, statements
from landfall.migration.state import State

_FIRST_OF_LINEAGE = next(iter(LINEAGE))
_NO_TABLE = "is not a table; name a table as the target of the contract, or drop the view"
SNAPSHOT = "Snapshot Isolation"
"""As Redshift writes it."""


class Verb(Enum):
    """What a step does."""

    APPLIED = "applied"
    REPLACED = "replaced"
    CREATED = "created"
    ADDED = "added"
    RESIZED = "resized"
    GRANTED = "granted"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One transaction."""

    verb: Verb
    what: str
    statements: tuple[str, ...]
    ahead: int = 0
    """How many of the statements come before those of the file: an error counts from there."""

    @property
    def done(self) -> str:
        """The line for a step that was run."""
        return f"{self.verb.value} {self.what}"

    @property
    def planned(self) -> str:
        """The line for a step that would be run."""
        return f"to be {self.verb.value}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be done, and what is left to the operator."""

    steps: Sequence[Step]
    left: Sequence[str]
    """A line for each; it starts with `!`."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a warehouse should be like."""

    sql_dir: Path
    contracts: Mapping[str, Contract]
    alters: bool = False
    """Also alter existing tables where no stored value changes."""
    grants: Grants | None = None
    """The rights of the user that loads run as; None leaves rights alone."""

    @property
    def targets(self) -> list[str]:
        """The tables of the contracts, as schema.table."""
        return [contract.target for contract in self.contracts.values()]


def plan(wanted: Wanted, state: State) -> Plan:
    """Decide what to do."""
    steps: list[Step] = []
    left = [_isolation_line(state.isolation)] if state.isolation not in ("", SNAPSHOT) else []
    for script in scripts(wanted.sql_dir):
        if script.is_migration and state.recorded.get(script.name, script.checksum) != script.checksum:
            left.append(f"! {script.name} was changed after it was applied; put it back and add a new migration")
        elif state.recorded.get(script.name) != script.checksum:
            steps.append(_script_step(script, replaces=script.name in state.recorded))
    for contract in wanted.contracts.values():
        table = state.tables.get(contract.target)
        if contract.target in state.views:
            left.append(f"! {contract.target} {_NO_TABLE}")
            continue
        if table is None:
            steps.append(_create_step(contract))
            continue
        for difference in differences(contract, table):
            if wanted.alters and difference.safe:
                steps.append(_alter_step(contract, difference))
            else:
                left.append(_line(contract, difference))
    steps += _grants_steps(wanted, state)
    return Plan(steps=steps, left=left)


def bootstrap(sql_dir: Path) -> list[str]:
    """Return the statements that make the place where migrations are recorded. They may be run again."""
    return statements((sql_dir / "bootstrap.sql").read_text(encoding="utf-8"))


def _script_step(script: Script, *, replaces: bool) -> Step:
    ahead = (sql.LOCK, sql.unless_recorded(script.name, script.checksum))
    return Step(
        verb=Verb.REPLACED if replaces else Verb.APPLIED,
        what=script.name,
        statements=(*ahead, *statements(script.text), *sql.record(script.name, script.checksum)),
        ahead=len(ahead),
    )


def _create_step(contract: Contract) -> Step:
    ahead = (sql.LOCK, sql.unless_column(contract.target, _FIRST_OF_LINEAGE))
    made = (*gate_ddl(contract), *target_ddl(contract))
    return Step(verb=Verb.CREATED, what=contract.target, statements=(*ahead, *made), ahead=len(ahead))


def _alter_step(contract: Contract, difference: Difference) -> Step:
    """Return the step that alters a column.

    Redshift changes a column's length outside a transaction only. It refuses to do so twice, which does no harm.
    """
    what = f"{contract.target}.{difference.column}"
    if "ALTER COLUMN" in difference.ddl[0]:
        return Step(verb=Verb.RESIZED, what=what, statements=difference.ddl)
    ahead = (sql.LOCK, sql.unless_column(contract.target, difference.column))
    return Step(verb=Verb.ADDED, what=what, statements=(*ahead, *difference.ddl), ahead=len(ahead))


def _grants_steps(wanted: Wanted, state: State) -> Iterator[Step]:
    """Yield a step once for each text of the grants and each set of files and tables."""
    grants = wanted.grants
    if grants is None or not wanted.contracts:
        return  # without a table there is nothing to load
    text = grants.statements(wanted.sql_dir, wanted.contracts.values())
    made = [*text, *(script.checksum for script in scripts(wanted.sql_dir)), *wanted.targets]
    recorded = Script(name=f"grants/{grants.user}", text="\n".join(made))
    if state.has_user and state.recorded.get(recorded.name) == recorded.checksum:
        return
    user = () if state.has_user else (sql.create_user(grants.user),)
    ahead = (sql.LOCK,)
    yield Step(
        verb=Verb.GRANTED,
        what=f"the rights of a load to {grants.user}",
        statements=(*ahead, *user, *text, *sql.record(recorded.name, recorded.checksum)),
        ahead=len(ahead) + len(user),
    )


def _line(contract: Contract, difference: Difference) -> str:
    what = f"! {contract.target}.{difference.column} {difference.reason}"
    if not difference.ddl:
        return f"{what}; {by_hand(contract, difference.column)}"
    fix = "`landfall migrate --alter` runs" if difference.safe else "run as the administrator, after a look"
    return f"{what}; {fix}:" + "".join(f"\n    {statement};" for statement in difference.ddl)


def _isolation_line(level: str) -> str:
    return (
        f"! the database's isolation level is {level}: loads of different targets would stop each other (error 1023)."
        " While no other session is connected, run as the administrator, from another database:"
        "\n    ALTER DATABASE <this database> ISOLATION LEVEL SNAPSHOT;"
    )
