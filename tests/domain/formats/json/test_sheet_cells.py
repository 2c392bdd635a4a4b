"""Rejects of a sheet's rows name their cells, and what is Landfall's own in a row is no field of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import RESCUED, ExtraColumns
from chalicelib.domain.source.schedule import Schedule
from chalicelib.domain.source.settings import SheetsSettings, SourceSettings
from tests.domain.formats.json.files import COLUMNS, staged

SOURCE = SourceSettings(kind="sheets", schedule=Schedule(every=60), sheets=SheetsSettings(spreadsheet="x" * 20))
FAULT = "is the error #REF!; correct the formula or the cell"


def rows(*fields: dict[str, Any]) -> bytes:
    placed = ({"_cell": f"Things!B{number}", **found} for number, found in enumerate(fields, 2))
    return "".join(json.dumps(row) + "\n" for row in placed).encode()


def reasons(data: bytes, **contract: object) -> list[str]:
    contract = {"source": SOURCE, "extra_columns": ExtraColumns.FAIL, **contract}
    whole = staged(data, **contract)  # type: ignore[arg-type]
    for cut in range(1, len(data), 7):
        assert staged(data, cuts=(cut,), **contract) == whole  # type: ignore[arg-type]
    return [reason for _, _, _, reason, _ in whole.rejects]


def test_a_reject_names_its_cell() -> None:
    data = rows({"id": 1, "amount": 2}, {"id": "x"}, {"Note": 1, "ID": 1, "amount": "many"}, {"Note": "no id"})
    found = reasons(data)
    assert [reason.rpartition(" (")[2] for reason in found] == ["Things!B3)", "Things!D4)", "Things!5:5)"]


def test_a_row_is_named_if_the_fault_is_of_no_column() -> None:
    assert reasons(rows({"id": 1, "other": 2}))[0].endswith("which the contract does not have (Things!2:2)")
    assert "(" not in reasons(b'{"id":1,"_cell":7,"id":1}\n')[0]


def test_a_cell_without_a_usable_value_rejects_its_row() -> None:
    data = rows({"_fault": {"Note": FAULT}, "id": 1, "Note": None}, {"id": 2})
    assert reasons(data) == [f"note {FAULT} (Things!C2)"]


def test_a_fault_in_a_column_that_is_left_out_rejects_nothing() -> None:
    """Many rows: they are read at once by their shape, which differs with the column at fault."""
    good = [{"_fault": {"other": FAULT}, "id": n, "other": None, "note": "a"} for n in range(40)]
    bad = [{"_fault": {"note": FAULT}, "id": n, "other": None, "note": None} for n in range(3)]
    assert len(reasons(rows(*good, *bad, *good), extra_columns=ExtraColumns.IGNORE)) == 3


def test_the_names_of_cells_are_not_rescued() -> None:
    columns = (*COLUMNS, Column(name=RESCUED, type=ColumnType(kind=TypeName.SUPER)))
    found = staged(rows({"id": 1, "other": 2}), source=SOURCE, columns=columns, extra_columns=ExtraColumns.RESCUE)
    assert b"_cell" not in found.good
    assert b'""other"":2' in found.good


@pytest.mark.parametrize("name", ["_cell", "_fault"])
def test_in_other_files_they_are_fields(name: str) -> None:
    found = staged(json.dumps({"id": 1, name: "x"}).encode(), extra_columns=ExtraColumns.FAIL)
    assert f'has the field "{name}"' in found.rejects[0][3]
