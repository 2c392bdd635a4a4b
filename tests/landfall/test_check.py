"""`landfall check` on real files, hostile ones among them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.landfall.conftest import HEADER, Landfall
from tests.support.check_files import CONTRACT, PACKED
from tests.support.contracts import COLUMNS, toml
from tests.support.parquet_text import written
from tests.support.workbooks import workbook

GOOD = "T1,42,2025-01-05,12.50,EUR,Acme,travel"
BAD = "T2,42,2025-02-30,12.50,EUR,Acme,travel"
Write = Callable[..., Path]


def row(number: int, merchant: str = "Acme") -> str:
    return f"T{number},42,2025-01-05,12.50,EUR,{merchant},travel"


def test_a_good_file_is_good(landfall: Landfall, transactions: Write) -> None:
    path = transactions(GOOD, row(2))
    done = landfall("check", path, "--json")
    assert done.code == 0
    assert done.lines == [
        {
            "file": str(path),
            "object": "transactions",
            "accepted": True,
            "rows_read": 2,
            "rows_good": 2,
            "rows_rejected": 0,
            "rows_duplicate": 0,
            "rejects": [],
            "chunks": [{"start": len(HEADER) + 1, "end": path.stat().st_size, "rows": 2}],
        }
    ]


def test_a_bad_row_is_named_by_physical_line_and_byte(landfall: Landfall, transactions: Write) -> None:
    path = transactions(row(1, '"two\nlines"'), "", BAD, *(row(n) for n in range(10, 60)))
    (line,) = landfall("check", path, "--json").lines
    (reject,) = line["rejects"]
    assert (reject["line"], reject["column"], reject["code"]) == (5, "transaction_date", 1205)
    assert path.read_bytes()[reject["byte_offset"] :].startswith(BAD.encode())
    assert line["rows_read"] == line["rows_good"] + line["rows_rejected"] == 52


def test_duplicates_are_good_rows_and_counted(landfall: Landfall, transactions: Write) -> None:
    (line,) = landfall("check", transactions(row(1), row(2), row(1), row(1, "Other")), "--json").lines
    assert (line["rows_good"], line["rows_duplicate"]) == (4, 2)


def test_too_many_bad_rows_is_exit_1(landfall: Landfall, transactions: Write) -> None:
    done = landfall("check", transactions(GOOD, BAD), "--json")
    assert done.code == 1
    assert done.lines[0]["accepted"] is False
    assert done.lines[0]["refusal"]["code"] == "TOO_MANY_REJECTS"
    message = done.lines[0]["refusal"]["message"]
    assert message.startswith("1 of 2 rows (50 %) are bad; the contract allows at most 5 % and at most 100,000 rows")
    assert message.count("line 3") == 1


@pytest.mark.parametrize("chunk_bytes", [1, 7, 100, 1_000, 10**9])
def test_cuts_change_nothing(landfall: Landfall, transactions: Write, chunk_bytes: int) -> None:
    rows = [row(n, '"a\nT1,2,2025-01-01,1.00,USD,x,y\n"' if n % 3 else "Acme") for n in range(40)]
    path = transactions(*rows, BAD, *rows[:2])
    (line,) = landfall("check", path, "--chunk-bytes", str(chunk_bytes), "--json").lines
    assert (line["rows_read"], line["rows_good"], line["rows_duplicate"]) == (43, 42, 2)
    assert [r["line"] for r in line["rejects"]] == [2 + sum(text.count("\n") + 1 for text in rows)]
    chunks = line["chunks"]
    assert [c["start"] for c in chunks[1:]] == [c["end"] for c in chunks[:-1]]
    assert (chunks[0]["start"], chunks[-1]["end"]) == (len(HEADER) + 1, path.stat().st_size)
    assert sum(c["rows"] for c in chunks) == 43


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n\n", "HEADER_MISSING"),
        (b"a,b,c\n1,2,3\n", "HEADER_MISMATCH"),
        (HEADER.encode() + b",amount\n", "HEADER_MISMATCH"),
        (HEADER.encode().replace(b"amount,", b""), "HEADER_MISMATCH"),
        (f'"{HEADER}'.encode(), "HEADER_MALFORMED"),
        (HEADER.encode("utf-16-le"), "HEADER_ENCODING"),
        (HEADER.encode("utf-32"), "HEADER_ENCODING"),
        (b"\x1f\x8b\x08\x00rest", "COMPRESSION_BROKEN"),
        (gzip.compress(b"", mtime=0), "EMPTY_FILE"),
    ],
)  # fmt: skip
def test_a_file_without_a_fitting_header_is_refused(
    landfall: Landfall, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "transactions.csv"
    path.write_bytes(content)
    done = landfall("check", path, "--json")
    assert done.code == 1
    assert done.lines[0]["error"]["code"] == code
    assert set(done.lines[0]) == {"file", "object", "error"}


@pytest.mark.parametrize("pack", PACKED)
def test_a_packed_or_wide_file_is_checked_as_its_text_would_be(
    landfall: Landfall, transactions: Write, tmp_path: Path, pack: Callable[[str], bytes]
) -> None:
    plain = transactions(*(row(n) for n in range(40)), BAD, row(40, merchant="Café"))
    packed = tmp_path / "named" / "by-nobody.bin"  # the contract is found by the header inside
    packed.parent.mkdir()
    packed.write_bytes(pack(plain.read_text()))
    wanted, found = (landfall("check", path, "--chunk-bytes", 500, "--json").lines[0] for path in (plain, packed))
    assert found == {**wanted, "file": str(packed)}
    assert len(found["chunks"]) > 3


def test_a_header_alone_has_too_few_rows(landfall: Landfall, transactions: Write) -> None:
    done = landfall("check", transactions(), "--json")
    (line,) = done.lines
    assert (line["rows_read"], line["chunks"], line["accepted"]) == (0, [], False)
    assert (done.code, line["refusal"]["code"]) == (1, "TOO_FEW_ROWS")
    assert "too few rows" in landfall("check", transactions()).out


def test_one_bad_file_does_not_stop_the_others(landfall: Landfall, transactions: Write, tmp_path: Path) -> None:
    empty = tmp_path / "empty_transactions.csv"
    empty.touch()
    files = [tmp_path / "absent.csv", empty, tmp_path, transactions(GOOD)]
    done = landfall("check", *files, "--contract", "transactions", "--json")
    assert done.code == 3
    errors = [line.get("error", {}).get("code") for line in done.lines]
    assert errors == ["FILE_NOT_FOUND", "EMPTY_FILE", "NOT_A_FILE", None]
    assert [line["file"] for line in done.lines] == [str(file) for file in files]


def test_hostile_rows_cost_themselves_only(landfall: Landfall, transactions: Write) -> None:
    hostile: list[str | bytes] = [
        'T10,42,2025-01-05,12.50,EUR,Ac"me,travel',
        'T11,42,2025-01-05,12.50,EUR,"Acme"x,travel',
        'T12,42,2025-01-05,12.50,EUR,"never closed,travel',
        "T13,42",
        "T14,42,2025-01-05,12.50,EUR,a,b,c",
        b"T15,42,2025-01-05,12.50,EUR,Caf\xe9,travel",
        b"T16,42,2025-01-05,12.50,EUR,a\x00b,travel",
        "T17,42,2025-01-05,12.50,EUR," + "é" * 129 + ",travel",
        ",42,2025-01-05,12.50,EUR,a,travel",
        "T18,١٢,2025-01-05,12.50,EUR,a,travel",  # digits, but not ASCII
    ]
    good = [row(n, '"x, ""y"""') for n in range(100, 400)]
    path = transactions(*good[:150], *hostile, *good[150:])
    (line,) = landfall("check", path, "--json").lines
    assert [r["line"] for r in line["rejects"]] == list(range(152, 162))
    assert [r["code"] for r in line["rejects"]] == [1216, 1216, 1216, 1203, 1202, 1220, 1218, 1204, 1213, 1207]
    assert line["rows_good"] == 300


def test_good_and_rejects_together_are_the_file(landfall: Landfall, transactions: Write, tmp_path: Path) -> None:
    first = transactions(*(row(n) for n in range(30)), BAD, name="transactions_1.csv")
    second = transactions(*(row(n, '"a\r\nb"') for n in range(30)), "T9,x", name="transactions_2.csv")
    good, rejects = tmp_path / "good.csv", tmp_path / "rejects.jsonl"
    assert landfall("check", first, second, "--good", good, "--rejects", rejects).code == 0
    written = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(t["file"], t["record"]) for t in written] == [(str(first), BAD), (str(second), "T9,x")]
    with good.open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == HEADER.split(",")
    assert len(rows) == 61
    assert landfall("check", good, "--contract", "transactions").code == 0


def test_other_columns_cannot_follow_in_one_good_file(landfall: Landfall, transactions: Write, tmp_path: Path) -> None:
    turned = ",".join(reversed(HEADER.split(",")))
    second = transactions(name="transactions_turned.csv", header=turned)
    done = landfall("check", transactions(GOOD), second, "--good", tmp_path / "good.csv", "--json")
    assert [line.get("error", {}).get("code") for line in done.lines] == [None, "OTHER_COLUMNS"]


@pytest.mark.parametrize(
    ("form", "data"), [("xlsx", workbook(("id", "n"), (1, 2))), ("parquet", written({"id": [1], "n": [2]}))]
)
def test_good_rows_are_not_written_as_text_if_files_are_none(
    landfall: Landfall, tmp_path: Path, form: str, data: bytes
) -> None:
    """Their contract would refuse the text."""
    path, out, contract = tmp_path / f"x.{form}", tmp_path / "good", tmp_path / "thing.toml"
    path.write_bytes(data)
    contract.write_bytes(toml(columns=f'{COLUMNS}n = {{ type = "integer" }}', format=f'"{form}"'))
    assert landfall("check", path, "--contract-file", contract).code == 0
    done = landfall("check", path, "--contract-file", contract, "--good", out, "--json")
    assert (done.code, done.lines[0]["error"]["code"], out.exists()) == (1, "NOT_TEXT", False)


def test_an_output_never_overwrites_an_input(landfall: Landfall, transactions: Write) -> None:
    path = transactions(GOOD)
    before = path.read_bytes()
    for option in ("--good", "--rejects"):
        assert landfall("check", path, option, path).code == 2
    assert path.read_bytes() == before


def test_a_contract_from_a_file(landfall: Landfall, tmp_path: Path) -> None:
    contract, path = tmp_path / "mine.toml", tmp_path / "x.csv"
    contract.write_text(CONTRACT)
    path.write_text("name,id\nabc,1\nabcdef,2\n" + "a,3\n" * 40)
    (line,) = landfall("check", path, "--contract-file", contract, "--json").lines
    assert [(r["line"], r["column"]) for r in line["rejects"]] == [(3, "name")]


def test_a_faulty_contract_is_exit_2_with_every_fault(landfall: Landfall, tmp_path: Path, transactions: Write) -> None:
    contract = tmp_path / "mine.toml"
    contract.write_text(CONTRACT.replace("varchar(5)", "varchr").replace('["id"]', '["idd"]'))
    done = landfall("check", transactions(GOOD), "--contract-file", contract)
    assert done.code == 2
    assert "varchr" in done.err
    assert "idd" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "x.csv", "--contract", "nope"],
        ["check", "x.csv", "--contract-file", "/does/not/exist.toml"],
        ["check", "x.csv", "--chunk-bytes", "0"],
        ["check", "x.csv", "--good", "/does/not/exist/out.csv"],
        ["check", "x.csv", "--contract", "task", "--contract-file", "x.toml"],
        ["nonsense"],
    ],
)
def test_wrong_calls_are_exit_2(landfall: Landfall, arguments: list[str]) -> None:
    done = landfall(*arguments)
    assert done.code == 2
    assert done.err


def test_people_get_a_table_and_the_first_rejects(landfall: Landfall, transactions: Write) -> None:
    path = transactions(*(row(n) for n in range(300)), *(BAD for _ in range(9)))
    done = landfall("check", path)
    assert f"{path}:302: transaction_date is not a day of the calendar" in done.out
    assert "9 rejected in all" in done.out
    assert done.out.count(f"{path}:30") == 5
