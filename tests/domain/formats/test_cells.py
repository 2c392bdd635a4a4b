"""Names of cells."""

from __future__ import annotations

import pytest

from chalicelib.domain.formats.cells import Cells


@pytest.mark.parametrize(
    ("sheet", "column", "name"),
    [
        ("Orders", "amount", "Orders!C17"),
        ("Orders", "", "Orders!17:17"),
        ("Orders", "_rescued", "Orders!17:17"),
        ("My sheet", "amount", "'My sheet'!C17"),
        ("Bob's", "", "'Bob''s'!17:17"),
        ("2024", "amount", "'2024'!C17"),
        ("Süd", "amount", "'Süd'!C17"),
        ("", "amount", "''!C17"),
    ],
)
def test_a_cell_is_named_as_in_a_formula(sheet: str, column: str, name: str) -> None:
    assert Cells(sheet=sheet, letters={"amount": "C"}).name(column, 17) == name
