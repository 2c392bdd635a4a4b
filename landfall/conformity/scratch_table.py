"""Loads of a table of the scratch schema: the statements that the pipeline would send, with the schema's name.

Guarantees that the statements are those of `render_load`. COPY is replaced by INSERTs, unless a part is in S3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import quote_identifier, quote_identifiers
from chalicelib.domain.contract_files.contract_file import fingerprint, read_contract
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.warehouse.copy_faults import COPY_FAULTS
from chalicelib.domain.warehouse.ddl import MARK, OFFSET, gate_ddl, staging_name, target_ddl
from chalicelib.domain.warehouse.load import LoadOrder, Share, render_load
from landfall.conformity.session import End, Session

KEY = "incoming/things/it's :x é.csv"
NO_MANIFEST = "s3://landfall-doctor/processed/none"
EXAMPLE = """
name = "{name}"
target = "{schema}.{name}"
lands_at = ["incoming/{name}/*"]
key = ["id"]
dist_key = "id"

[columns]
id = {{ type = "varchar(16)", required = true }}
value = {{ type = "varchar(64)", default = "it's :none" }}
amount = {{ type = "decimal(10,2)" }}
is_open = {{ type = "boolean", default = true }}
seen_on = {{ type = "date", default = 2026-01-31 }}
document = {{ type = "super" }}
raw = {{ type = "varbyte(8)" }}
"""
COLUMNS = ("id", "value", "amount", "document")
"""Those that the files here have: the others get their defaults."""
REFUSED = " refused "
"""Precedes the rows that COPY refused."""
_ETL = re.compile(r'"etl"\.|\betl\.')
Row = tuple[str, ...]
"""A row of a file, each value as SQL."""


def row(id: str, value: str = "'x'", amount: str = "1.50", document: str = "{}") -> Row:
    """Return a row of COLUMNS."""
    return (f"'{id}'", value, amount, f"json_parse('{document}')")


A, B, C = row("a"), row("b"), row("c")


@dataclass(frozen=True, kw_only=True)
class ScratchTable:
    """The target of a contract of its own, and its gate."""

    session: Session
    contract: Contract

    @classmethod
    def made(cls, session: Session, name: str, toml: str = EXAMPLE, **changes: Any) -> ScratchTable:
        """Make the target and its gate. Raises RuntimeError if the warehouse refuses them."""
        written = toml.format(name=name, schema=session.schema)
        contract = replace(read_contract(f"{name}.toml", written.encode()), **changes)
        contract = replace(contract, fingerprint=fingerprint(contract))
        _, *tables = target_ddl(contract)  # without the schema, which is there
        end = session.run(in_scratch(session, [*gate_ddl(contract), *tables]))
        if end.failed:
            raise RuntimeError(f"its tables cannot be made: {end.error}")
        return cls(session=session, contract=contract)

    def having(self, **changes: Any) -> ScratchTable:
        """Return the same tables, under other rules."""
        contract = replace(self.contract, **changes)
        return replace(self, contract=replace(contract, fingerprint=fingerprint(contract)))

    def order(self, *files: Sequence[Row], age: int, load: str = "", columns: Sequence[str] = COLUMNS) -> LoadOrder:
        """Return a load of files of this age and the ages after it."""
        shares = tuple(self._share(rows, age + at, load or f"age {age}") for at, rows in enumerate(files))
        return LoadOrder(
            contract=self.contract,
            columns=tuple(columns),
            group_id=shares[0].load_id if len(shares) == 1 else digest(self.contract.target, "group", f"{age}"),
            shares=shares,
            manifest=NO_MANIFEST,
            iam_role="default",
        )

    def _share(self, rows: Sequence[Row], age: int, load: str) -> Share:
        return Share(
            load_id=digest(self.contract.target, load, f"{age}"),
            run_id=digest("run", load),
            source_order=f"{age:017.3f}#00",
            bucket="landfall-doctor",
            key=KEY,
            rows_read=len(rows),
            rows_good=len(rows),
            rows_rejected=0,
        )

    def load(self, *files: Sequence[Row], **given: Any) -> str:
        """Load files. Return the counts of each in the ledger, or the error and what Landfall reads from it."""
        return self.sent(self.order(*files, **given), files)

    def sent(self, order: LoadOrder, files: Sequence[Sequence[Row]] | None) -> str:
        """Send a load. Its rows come from the manifest if no files are given."""
        batch = render_load(order)
        made: list[str] = []
        for statement in batch.statements:
            made += [statement] if files is None or not statement.startswith("COPY") else _inserts(order, files)
        end = self.session.run(in_scratch(self.session, made), batch.parameters)
        if end.failed:
            return f"fails: {end.error} ({meaning(end.error).cause.name}){self._refused(end)}"
        rows = {row[0]: row[1:] for row in self.session.rows(f"{end.id}:{len(made)}")}
        return json.dumps([rows.get(share.load_id) for share in order.shares])

    def _refused(self, end: End) -> str:
        """Return line, column and code of the rows that COPY refused, by the query that loads send."""
        found = self.session.found(COPY_FAULTS.replace(":query_id", str(end.copy_id))) if end.copy_id else []
        shown = found if isinstance(found, str) else json.dumps([row[1:] for row in found])
        return f"{REFUSED}{shown}" if found else ""

    def rows(self, columns: str = "id, value, amount") -> str:
        """Return what is in the target, in the order of the key."""
        query = "select {columns} from {s}.{table} order by id"
        found = self.session.found(query.replace("{columns}", columns).replace("{table}", self.contract.table))
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def in_scratch(session: Session, sqls: Sequence[str]) -> list[str]:
    """Return statements with the scratch schema in place of etl."""
    return [_ETL.sub(f"{session.schema}.", sql) for sql in sqls]


def _inserts(order: LoadOrder, files: Sequence[Sequence[Row]]) -> list[str]:
    """Return what stages rows instead of COPY: one INSERT a row."""
    insert = "insert into {table} ({columns}) select '{mark}', {offset}, {values}"
    named = {
        "{table}": quote_identifier(staging_name(order.group_id)),
        "{columns}": quote_identifiers((MARK, OFFSET, *order.columns)),
    }
    made = []
    for share, rows in zip(order.shares, files, strict=True):
        for at, row in enumerate(rows):
            own = {**named, "{mark}": share.mark, "{offset}": str(at * 10), "{values}": ", ".join(row)}
            made.append(_filled(insert, own))
    return made


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text
