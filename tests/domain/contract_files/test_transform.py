"""`transform` and `input_columns` of a contract, and the code beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.domain.contract_files.contract_file import fingerprint, load_contracts, read_contract
from chalicelib.errors import ContractError
from tests.support.contracts import COLUMNS, faults, toml

TIDY = '"shared.things:tidy"'
INPUT = '[input_columns]\nraw = { type = "varchar(9)" }'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/things.py").write_text("def tidy(frame):\n    return frame\n")
    (tmp_path / "thing.toml").write_bytes(toml(transform=TIDY, more=INPUT))
    return tmp_path


def test_the_function_and_the_columns_of_files_are_read(folder: Path) -> None:
    contract = load_contracts(folder)["thing"]
    assert contract.transform
    assert (contract.transform.name, contract.transform.folder) == ("shared.things:tidy", str(folder))
    assert [column.name for column in contract.columns] == ["id"]
    read = contract.as_read
    assert ([column.name for column in read.columns], read.key, read.transform) == (["id", "raw"], (), None)
    assert read.as_read is read


def test_other_code_is_another_contract(folder: Path, tmp_path: Path) -> None:
    before = load_contracts(folder)["thing"]
    assert before.transform
    moved = replace(before, transform=replace(before.transform, folder="/elsewhere"))
    assert fingerprint(moved) == before.fingerprint
    (folder / "shared/things.py").write_text("def tidy(frame):\n    return frame[:0]\n")
    assert load_contracts(folder)["thing"].fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (toml(transform='"things"'), 'transform: "things" is not module:function; write it as cases:tidy'),
        (toml(transform='"a-b:c"'), 'transform: "a-b:c" is not module:function'),
        (toml(transform='"../things:tidy"'), 'transform: "../things:tidy" is not module:function'),
        (toml(more=INPUT), "input_columns: is for a transform; put the columns into [columns]"),
        (toml(transform='"t:f"', more='[input_columns]\n_x = { type = "date" }'), "input_columns._x: names that start"),
        (
            toml(transform='"t:f"', more='[input_columns]\nraw = { type = "date", aliases = ["I D"] }'),
            'input_columns.raw: the header "id" would match id too',
        ),
        (
            toml(transform='"t:f"', more='[input_columns]\nid = { type = "varchar(9)", too_long = "cut" }'),
            'input_columns.id.too_long: "cut" would make values equal in a column that identifies rows',
        ),
        (
            toml(transform='"t:f"', more='[dialect]\nheader = false\ncolumns = ["raw"]', columns=COLUMNS),
            "dialect.columns: do not fit the contract (missing: id",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(text: bytes, fault: str) -> None:
    assert any(f"thing.toml: {fault}" in found for found in faults(text)), faults(text)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (None, "there is no shared/things.py beside the contract; add it with a function tidy(frame)"),
        ("def tidy(frame):\nreturn frame\n", "line 2 of shared/things.py is not Python; fix it there"),
        ("\0", "line 1 of shared/things.py is not Python; fix it there"),
        ("tidy = 1\n", "shared/things.py has no function tidy; add it, or correct the name"),
    ],
)
def test_code_without_the_function_is_a_fault(code: str | None, fault: str, folder: Path) -> None:
    place = folder / "shared/things.py"
    place.unlink() if code is None else place.write_text(code)
    with pytest.raises(ContractError) as caught:
        read_contract("thing.toml", toml(transform=TIDY), folder)
    assert caught.value.faults == [f"thing.toml: transform: {fault}"]


def test_an_imported_function_will_do(folder: Path) -> None:
    (folder / "thing.py").write_text("from .shared.things import tidy as neat\n")
    assert read_contract("thing.toml", toml(transform='"thing:neat"'), folder).transform
