"""The rights of the user that loads run as: sql/grants/loads.sql, with the names of a deployment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain.contract.contract import Contract
from landfall.migration.scripts import statements
from landfall.migration.sql import quoted, schema_list

FILE = "grants/loads.sql"
DEFAULT_SCHEMA = "landing"


@dataclass(frozen=True, kw_only=True)
class Grants:
    """Who gets the rights, and in which database."""

    user: str
    database: str

    @classmethod
    def of_stage(cls, stage: str, database: str, user: str = "") -> Grants:
        """Return the grants of the user that is named, else of the stage's function that loads.

        Redshift names the user of a role after the role.
        """
        return cls(user=user or f"IAMR:landfall-{stage}-advance_run", database=database)

    def statements(self, sql_dir: Path, contracts: Iterable[Contract]) -> list[str]:
        """Return the statements. They may be run again; the user must exist."""
        return statements(self.rendered((sql_dir / FILE).read_text(encoding="utf-8"), contracts))

    def rendered(self, text: str, contracts: Iterable[Contract]) -> str:
        """Return the text with the names in it."""
        schemas = sorted({contract.schema for contract in contracts}) or [DEFAULT_SCHEMA]
        names = {"user": quoted(self.user), "database": quoted(self.database), "schemas": schema_list(schemas)}
        for placeholder, name in names.items():
            text = text.replace(f"{{{placeholder}}}", name)
        return text
