"""A contract proposed for a file of JSON takes its rows, with the fields of inner objects as columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract_files.contract_file import Contracts, read_contracts
from chalicelib.errors import Rejected
from landfall.check.checking import Outputs, check_file
from landfall.check.good_rows import GoodRows
from landfall.infer.guess import UnguessableError, guess
from landfall.localfile import opened
from landfall.main import app
from tests.landfall.infer.proposed import infer, rejected


def visit(number: int) -> dict[str, Any]:
    return {
        "visitId": number,
        "Code": f"{number:04}",
        "at": f"2026-01-{1 + number % 28:02}T10:00:00Z",
        "address": {"city": "Ulm", "geo": {"lat": 48.4, "lon": None} if number % 2 else None},
        "tags": [{"a": number}],
        "attributes": {f"user{number % 30}": "x"},
        "price": number + 0.25,
        "paid": number % 3 == 0,
        "note": "\\N" if number % 2 else None,
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "visits.json"


@pytest.mark.parametrize("form", ["lines", "concatenated", "array", "indented"])
def test_fields_become_columns_with_types_and_paths(path: Path, form: str) -> None:
    visits = [visit(number) for number in range(60)]
    if form in ("array", "indented"):
        path.write_text(json.dumps(visits, indent=1 if form == "indented" else None))
    else:
        path.write_text(("\n" if form == "lines" else "").join(map(json.dumps, visits)))
    text, contract = infer(path, name="visit")
    assert contract.format is FileFormat.JSON
    assert {column.name: (column.type.kind.value, column.path) for column in contract.columns} == {
        "visit_id": ("integer", ""),
        "code": ("varchar", ""),
        "at": ("timestamptz", ""),
        "address_city": ("varchar", "address.city"),
        "address_geo_lat": ("decimal", "address.geo.lat"),
        "address_geo_lon": ("varchar", "address.geo.lon"),
        "tags": ("super", ""),
        "attributes": ("super", ""),
        "price": ("decimal", ""),
        "paid": ("boolean", ""),
        "note": ("varchar", ""),
    }
    assert contract.key == ("visit_id",)
    assert rejected(path, contract) == 0
    assert '# address is an object: instead of its fields it could be one column { type = "super" }' in text


def test_broken_lines_are_a_note(path: Path) -> None:
    path.write_text('{"id":1}\n{"id":2,\n{"id":3}\n7\n')
    text, _ = infer(path, name="visit")
    assert "2 lines of the sample cannot be read as JSON" in text
    assert "It checked 4 rows and rejected 2" in text


@pytest.mark.parametrize("text", ["[]", "[{}]", "{}"])
def test_no_field_is_no_table(path: Path, text: str) -> None:
    path.write_text(text)
    found = CliRunner().invoke(app, ["infer", str(path)])
    assert found.exit_code == 1
    assert "does not look like a table" in found.output


CONTRACTS = {
    "order": 'format = "json"\nkey = ["id"]\n[columns]\nid = { type = "bigint", required = true }\n'
    'total = { type = "real" }\n',
    "visit": 'format = "json"\nkey = ["id"]\n[columns]\nid = { type = "bigint", required = true }\n'
    'city = { type = "varchar(9)" }\n',
    "plain": 'key = ["no"]\n[columns]\nno = { type = "bigint", required = true }\nname = { type = "varchar(9)" }\n',
}


@pytest.fixture
def contracts() -> Contracts:
    head = 'name = "{0}"\ntarget = "landing.{0}s"\nlands_at = ["incoming/{0}/*"]\n'
    return read_contracts({f"{name}.toml": (head.format(name) + text).encode() for name, text in CONTRACTS.items()})


@pytest.mark.parametrize(
    ("text", "name"),
    [('{"id":1,"city":"Ulm"}', "visit"), ('[{"id":1,"total":2.5}]', "order"), ("no,name\n1,a\n", "plain")],
)
def test_a_contract_is_found_by_the_first_object(contracts: Contracts, tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with opened(path) as source:
        assert guess(contracts, path, source).name == name


@pytest.mark.parametrize("text", ['{"strange":1}', '{"city":"Ulm"}', "nr,nahme\n1,a\n", "[]"])
def test_a_file_of_no_contract_says_so(contracts: Contracts, tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with opened(path) as source, pytest.raises(UnguessableError, match="no contract fits"):
        guess(contracts, path, source)


def test_json_for_a_contract_of_csv_names_the_format(contracts: Contracts, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('{"no":1,"name":"a"}\n')
    with opened(path) as source, pytest.raises(Rejected, match=r'is JSON, .* let its contract have format = "json"'):
        check_file(source, contracts["plain"], Outputs(reject=lambda _reject: None))


@pytest.mark.parametrize("text", ['[{"id":1},\n {"id":"x"},\n {"id":3}]\n', '{"id":1}{"id":"x"}{"id":3}'])
def test_good_rows_are_written_as_they_stand(contracts: Contracts, tmp_path: Path, text: str) -> None:
    path, good = tmp_path / "a.json", tmp_path / "good.json"
    path.write_text(text)
    with good.open("wb") as out, opened(path) as source:
        rows = GoodRows(out)
        outputs = Outputs(reject=lambda _reject: None, begin=rows.begin, good=rows.rows)
        check_file(source, contracts["visit"], outputs)
        assert rows.end()
    assert b"x" not in good.read_bytes()
    with opened(good) as source:
        checked = check_file(source, contracts["visit"], Outputs(reject=lambda _reject: None))
    assert (checked.read, checked.good) == (2, 2)


@pytest.mark.parametrize(
    "strange",
    [
        b'{"b": ' + b"[" * 600 + b"]" * 600 + b"}",
        b'{"b": ' + b'{"a": ' * 600 + b"1" + b"}" * 601,
        b'{"b": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        rb'{"\ud800": 1}',
        rb'{"b": {"\udc00": 1}}',
    ],
    ids=["arrays", "objects", "very deep", "name", "inner name"],
)
def test_an_object_that_no_contract_takes_is_left_out(path: Path, strange: bytes) -> None:
    path.write_bytes(b'{"id": 1}\n' + strange + b'\n{"id": 2}\n')
    text, contract = infer(path, name="visit")
    assert [column.name for column in contract.columns] == ["id"]
    assert "1 line of the sample cannot be read as JSON" in text


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a": ', b"}")])
def test_the_deepest_object_is_read(path: Path, opening: bytes, closing: bytes) -> None:
    path.write_bytes(b'{"id": 1, "b": ' + opening * 498 + b"1" + closing * 498 + b"}\n")
    _, contract = infer(path, name="visit")
    assert [column.name[0] for column in contract.columns] == ["i", "b"]
    assert rejected(path, contract) == 0
