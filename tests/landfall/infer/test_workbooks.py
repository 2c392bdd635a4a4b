"""A contract proposed for a workbook takes its rows, and says where they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.sheet import Sheet
from landfall.main import app
from tests.landfall.infer.proposed import infer, rejected
from tests.support.workbooks import ERROR, numbered, parts, sheet, styled, workbook, zipped

NAMES = ("Order No", "Name", "Amount", "Opened", "Seen at", "Paid")


def row(number: int) -> tuple[object, ...]:
    seen = styled(45413 + number / 4, 2)
    return (number, f"00{number}", number + 0.25, styled(45413 + number, 1), seen, number % 2 == 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deals.xlsx"


def test_types_are_those_of_the_cells(path: Path) -> None:
    path.write_bytes(workbook(NAMES, *(row(n) for n in range(50))))
    _, contract = infer(path)
    assert (contract.format, contract.sheet) == (FileFormat.XLSX, Sheet())
    kinds = {column.name: column.type.kind.value for column in contract.columns}
    assert kinds == {
        "order_no": "integer",
        "name": "varchar",
        "amount": "decimal",
        "opened": "date",
        "seen_at": "timestamp",
        "paid": "boolean",
    }
    assert rejected(path, contract) == 0


def test_the_sheet_and_the_row_of_names_are_found(path: Path) -> None:
    table = {1: ("Deals of May",), 3: NAMES, **{n: row(n) for n in range(4, 30)}, 30: (ERROR, "x")}
    path.write_bytes(zipped(parts(sheet(table), sheet(numbered(("a",))), names=("Deals", "Notes"))))
    text, contract = infer(path)
    assert contract.sheet == Sheet(name="Deals", header_row=3)
    assert "# other sheets: 'Notes'" in text
    assert "1 row of the sample" in text
    assert rejected(path, contract) == 1


def test_files_of_other_kinds_need_contracts_of_their_own(path: Path, tmp_path: Path) -> None:
    path.write_bytes(workbook(("a", "b"), *((n, n) for n in range(9))))
    other, moved = tmp_path / "deals.csv", tmp_path / "moved.xlsx"
    other.write_text("a,b\n1,2\n")
    moved.write_bytes(workbook((), ("a", "b"), *((n, n) for n in range(9))))
    for more, fault in ((other, "is csv"), (moved, "in another row")):
        found = CliRunner().invoke(app, ["infer", str(path), str(more)])
        assert found.exit_code != 0
        assert fault in found.output


def test_a_workbook_without_a_table_is_refused(path: Path) -> None:
    for data in (workbook(), zipped(parts(sheet({}), states=("hidden",)))):
        path.write_bytes(data)
        assert CliRunner().invoke(app, ["infer", str(path)]).exit_code != 0


def test_half_a_character_in_a_name_is_refused(path: Path) -> None:
    path.write_bytes(workbook(("a", "b_xD800_"), *((n, n) for n in range(9))))
    found = CliRunner().invoke(app, ["infer", str(path)])
    assert found.exit_code == 1
    assert "the header is not UTF-8" in found.output
