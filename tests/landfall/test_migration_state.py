"""What `landfall migrate` reads from a warehouse's catalogue, in the form that Redshift has it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.warehouse.table_diff import fits
from landfall.migration.sql import literal
from landfall.migration.state import look
from landfall.migration.warehouse import Rows, StatementError


class Catalogue:
    """A Redshift with one table, which shows its isolation level to nobody."""

    def __init__(self, *columns: Sequence[object], late_binding: bool = False) -> None:
        self.columns = [["landing.thing", *column] for column in columns]
        self.views = [["landing.thing"]] if late_binding else []

    def query(self, statement: str) -> Rows:
        if "stv_db_isolation_level" in statement:
            raise StatementError(1, "ERROR: permission denied for relation stv_db_isolation_level")
        if "pg_class" in statement:
            return self.views
        return self.columns if "information_schema" in statement else []

    def run(self, statements: Sequence[str]) -> None:
        raise AssertionError("looking changes nothing")


def test_types_are_read_as_redshift_writes_them() -> None:
    found = look(
        Catalogue(
            ["id", "character varying", 16, None, None, "NO"],
            ["amount", "numeric", None, 10, 2, "YES"],
            ["at", "timestamp without time zone", None, None, None, "YES"],
            ["raw", "binary varying", None, None, None, "YES"],
            ["shape", "geometry", None, None, None, "YES"],
        ),
        ["landing.thing"],
        "",
    )
    table = found.tables["landing.thing"]
    types = {name: column.type.sql if column.type else None for name, column in table.items()}
    assert types | {"raw": ""} == {
        "id": "varchar(16)", "amount": "decimal(10,2)", "at": "timestamp", "raw": "", "shape": None,
    }  # fmt: skip
    assert [column.required for column in table.values()] == [True, False, False, False, False]
    assert found.isolation == ""
    assert found.is_empty


def test_a_late_binding_view_has_no_columns_and_is_no_table() -> None:
    found = look(Catalogue(late_binding=True), ["landing.thing"], "")
    assert (found.tables, found.views) == ({}, {"landing.thing"})


@pytest.mark.parametrize("name", ["varbyte", "binary varying"])
def test_a_varbyte_column_without_a_length_never_differs(name: str) -> None:
    """Redshift's catalogue does not list the length."""
    found = look(Catalogue(["raw", name, None, None, None, "YES"]), ["landing.thing"], "")
    assert fits(parse_type("varbyte(100000)"), found.tables["landing.thing"]["raw"].type)


@pytest.mark.parametrize("text", ["it's", "a\nb", 'a"b', "a;b"])
def test_a_text_that_would_need_escaping_is_no_literal(text: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        literal(text)
