"""A contract proposed for lines of fixed width takes their rows, and says that its positions are a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.contract.dialect import ShortRows
from chalicelib.domain.contract.notation import Align
from chalicelib.domain.contract_files.contract_file import Contracts, read_contracts
from landfall.check.checking import Outputs, check_file
from landfall.check.good_rows import GoodRows
from landfall.infer.guess import UnguessableError, guess
from landfall.localfile import opened
from tests.landfall.infer.proposed import infer, rejected

DRAWN = """\
NAME                 QTY  DAY        PRICE
-------------------- ---- ---------- -------
Anna Maier              7 2026-01-31   12.50
Bo                    120 2026-02-01    3.00
Christoph von Berg      3 2026-02-02 1000.25
Dora                      2026-02-03    0.10
"""
TRIMMED = "id  name     city\n1   Anna     Ulm\n2   Bo       Berlin\n3   Cy\n4   Dora Lee Bonn\n"
PLAIN = "000001  Meier   X1\n000002  Schmidt  2\n000003  Ng      10\n"


def spans(contract: Contract) -> list[tuple[str, int, int]]:
    return [(column.name, column.span.start, column.span.width) for column in contract.columns if column.span]


@pytest.mark.parametrize(
    ("text", "found", "preamble"),
    [
        (DRAWN, [("name", 1, 21), ("qty", 22, 4), ("day", 27, 11), ("price", 38, 7)], 2),
        (TRIMMED, [("id", 1, 4), ("name", 5, 9), ("city", 14, 6)], 1),
        (PLAIN, [("column_1", 1, 8), ("column_2", 9, 8), ("column_3", 17, 2)], 0),
        (DRAWN.replace("\n", "\r\n").replace("Bo ", "Bö "), [("name", 1, 21), ("qty", 22, 4), ("day", 27, 11)], 2),
    ],
    ids=["drawn", "trimmed", "plain", "wide"],
)
def test_columns_of_blanks_divide_lines(
    tmp_path: Path, text: str, found: list[tuple[str, int, int]], preamble: int
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    shown, contract = infer(path)
    assert (contract.format, contract.dialect.preamble_lines) == (FileFormat.FIXED_WIDTH, preamble)
    assert spans(contract)[: len(found)] == found
    assert rejected(path, contract) == 0
    assert "# the positions are a guess, by columns of blanks in all lines" in shown
    assert (contract.dialect.short_rows is ShortRows.FILL) == (text is TRIMMED)


def test_texts_on_the_right_are_aligned_so(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1     ab  x\n2    abc  y\n3      c  z\n")
    _, contract = infer(path)
    assert [column.span.align for column in contract.columns if column.span] == [Align.BOTH, Align.RIGHT, Align.LEFT]


@pytest.mark.parametrize("text", ["just some words\nand  more of them\nwithout columns of any kind\n", "a\nb\nc\n"])
def test_prose_is_not_divided(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    _, contract = infer(path)
    assert contract.format is FileFormat.CSV


HEAD = 'name = "{0}"\ntarget = "landing.{0}s"\nlands_at = ["incoming/{0}/*"]\nkey = ["id"]\n'
ID = 'id = {{ type = "bigint", required = true, start = 1, width = 4 }}\n'
FIXED = 'format = "fixed_width"\n[dialect]\n{0}\n[columns]\n' + ID
NOTE = 'note = { type = "varchar(9)", start = 5, width = 6 }\n'
MARK = 'mark = { type = "varchar(9)", start = 5, width = 8 }\n'
TRAILER = 'trailer = {{ starts_with = "T", widths = [1, {}], count_field = 2 }}'


@pytest.fixture
def contracts() -> Contracts:
    plain = 'key = ["id"]\n[columns]\nid = { type = "bigint", required = true }\nnote = { type = "text" }\n'
    texts = {"visit": FIXED.format("") + NOTE, "order": FIXED.format("") + MARK, "plain": plain.partition("\n")[2]}
    return read_contracts({f"{name}.toml": (HEAD.format(name) + text).encode() for name, text in texts.items()})


@pytest.mark.parametrize(
    ("text", "name"), [("0001a     \n", "visit"), ("0001abcdefgh\n", "order"), ("id,note\n", "plain")]
)
def test_a_contract_is_found_by_the_first_line(contracts: Contracts, tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with opened(path) as source:
        assert guess(contracts, path, source).name == name


@pytest.mark.parametrize("text", ["number,note\n1,a\n", "x001a     \n"])
def test_a_file_of_no_contract_says_so(contracts: Contracts, tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with opened(path) as source, pytest.raises(UnguessableError, match="no contract fits"):
        guess(contracts, path, source)


@pytest.mark.parametrize(
    ("text", "dialect", "good"),
    [
        ("#\n0001a     \n000xb     \n0003c     ", 'comment = "#"', "#\n0001a     \n0003c     \n"),
        ("0001a     \n000xb     \nT0002 end\n", TRAILER.format(4), "0001a     \nT0001 end\n"),
        ("0001a     \n000xb     \nT   2\n", TRAILER.format(4), "0001a     \nT   1\n"),
        (
            "0001a     000xb     T000000002", 'unit = "bytes"\nrecord_length = 10\n' + TRAILER.format(9),
            "0001a     T000000001",
        ),
    ],
)  # fmt: skip
def test_good_rows_are_written_as_they_stand(tmp_path: Path, text: str, dialect: str, good: str) -> None:
    toml = HEAD.format("visit") + FIXED.format(dialect) + NOTE + "[limits]\nmax_reject_ratio = 1.0\n"
    (contract,) = read_contracts({"visit.toml": toml.encode()}).values()
    path, out = tmp_path / "a.txt", tmp_path / "good.txt"
    path.write_text(text)
    with out.open("wb") as file, opened(path) as source:
        rows = GoodRows(file)
        check_file(source, contract, Outputs(reject=lambda _reject: None, begin=rows.begin, good=rows.rows))
        assert rows.end()
    assert out.read_text() == good
    assert rejected(out, contract) == 0
