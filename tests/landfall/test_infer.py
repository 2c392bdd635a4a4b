"""A contract proposed for a clean file takes every row of it, and says what the file is like."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from landfall.infer.names import names
from landfall.main import app
from local.demo.transactions import write_transactions
from tests.landfall.conftest import Landfall
from tests.landfall.infer.proposed import infer, rejected

HEADER = ["Order No", "customerName", "Größe", "Paid", "Opened", "Seen At", "Zip", "2nd note"]
ROWS = [
    [str(n), ["Ann, Lee", 'Bob "B"', "Zoë; Co|x", "d\te"][n % 4], f"{n}.{n % 10}5", ["true", "false"][n % 2],
     f"2024-01-{n % 28 + 1:02d}", f"2024-01-01 10:00:{n % 60:02d}", f"0{n:04d}", ["", "x"][n % 2]]
    for n in range(1, 200)
]  # fmt: skip


def written(rows: list[list[str]], **options) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **{"lineterminator": "\n", **options}).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"delimiter": ";"},
        {"delimiter": "|", "quotechar": "'"},
        {"delimiter": "\t", "lineterminator": "\r\n"},
        {"quoting": csv.QUOTE_ALL, "lineterminator": "\r"},
        {"escapechar": "\\", "doublequote": False},
    ],
)
def test_clean_files_are_read_whole(tmp_path: Path, encoding: str, options: dict) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(written([HEADER, *ROWS], **options).encode(encoding))
    text, contract = infer(path)
    assert rejected(path, contract) == 0
    assert [(c.name, c.type.sql, c.required) for c in contract.columns] == [
        ("order_no", "integer", True), ("customer_name", "varchar(16)", True), ("grosse", "decimal(18,2)", True),
        ("paid", "boolean", True), ("opened", "date", True), ("seen_at", "timestamp", True),
        ("zip", "varchar(16)", True), ("c_2nd_note", "varchar(16)", False),
    ]  # fmt: skip
    assert contract.column("grosse").aliases == ("Größe",)
    assert contract.key == ("order_no",)
    assert "# It checked 199 rows and rejected 0." in text


CELLS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.dates().map(str),
    st.sampled_from(["", "NULL", "true", "x", "a,b", 'say "no"', "ü", "two\nlines", "0012", "-", "1e5", "#1"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=8),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 4).flatmap(
        lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=12)
    ),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_any_table_with_a_key_is_read_whole(tmp_path: Path, rows: list[list[str]], quoting: int) -> None:
    path = tmp_path / "things.csv"
    header = ["id", *(f"field {n}" for n in range(len(rows[0])))]
    path.write_text(
        written([header, *([f"k{n}", *row] for n, row in enumerate(rows))], quoting=quoting),
        encoding="utf-8",
        newline="",
    )
    _, contract = infer(path)
    assert rejected(path, contract) == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1,a,2\n2,b,3\n3,c,4\n", ["header = false", 'columns = ["column_1", "column_2", "column_3"]']),
        ("Report of May\n\nid,n,m\n1,a,2\n2,b,3\n3,c,4\n", ["preamble_lines = 2", "2 lines before the header"]),
        ("# made by x\nid,n,m\n1,a,2\n# half\n2,b,3\n3,c,4\n", ['comment = "#"', "2 lines that begin with #"]),
        ("id,n,m\n1,\\N,2\n2,b,\\N\n3,c,4\n", ['null = ["", "\\\\N"]', 'm = { type = "integer" }']),
        ('id;n;m\n1;6" nail;2\n2;b;3\n3;c;4\n', ['delimiter = ";"', 'quotes = "lenient"']),
        ("id||n||m\n1||a||2\n2||b||3\n", ['delimiter = "||"']),
        ("id|#|n|#|m\n1|#|a|#|2\n2|#|b|#|3\n", ['delimiter = "|#|"']),
        ("id,day\n1,31/12/2024\n2,01/02/2024\n", ['format = "DD/MM/YYYY"']),
        ("n,m\n1,1\n1,2\n2,1\n2,2\n", ["every row of the sample: n and m", 'key = ["n", "m"]']),
        ("n,m\n1,1\n1,1\n", ["name those that do", 'key = ["n", "m"]']),
        ("n,m\n" + "".join(f"{n},{n}\n" for n in range(300)) + "x,1\n", ["n: integer except for 1 of 301 rows"]),
        ("n,m\n" + "".join(f"{n},{n}\n" for n in range(20)) + "x,1\nx,1\n", ["n: integer except for 2 of 22 rows"]),
        ("name\nann\nbob\n", ['name = { type = "varchar(16)", required = true }']),
        ('id,doc\n1,"{""a"": 1}"\n2,[]\n', ['doc = { type = "super", required = true }']),
    ],
)
def test_it_reports_what_the_file_is_like(tmp_path: Path, body: str, said: list[str]) -> None:
    path = tmp_path / "Some Things-2024.csv"
    path.write_text(body, newline="")
    text, contract = infer(path)
    for line in said:
        assert line in text
    assert rejected(path, contract) == 0


def test_without_a_name_the_object_is_called_as_the_file(tmp_path: Path) -> None:
    path = tmp_path / "Some Things.2024.csv"
    path.write_text("id,n\n1,2\n")
    found = CliRunner().invoke(app, ["infer", str(path)])
    assert 'name = "some_things"' in found.stdout


def test_files_of_one_object_are_looked_at_together(tmp_path: Path) -> None:
    one, other, alien = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv"
    one.write_text("id,n\n1,2\n")
    other.write_text("ID,N\n2,x\n")
    alien.write_text("id;n\n2;x\n")
    _, contract = infer(one, other)
    assert contract.column("n").type.is_text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("id;n\n2;x\n", 'b.csv has delimiter = ";", '),
        ("id,m\n2,x\n", "b.csv lacks n"),
        ("id,n,m\n2,x,3\n", "b.csv has also m"),
        ("2,5\n3,6\n", "b.csv has header = false, "),
        ("id,n,m,o,p,q,r,s\n", "b.csv has also m, o, p, q, r and 1 more"),
    ],
)
def test_files_that_differ_are_told_how(tmp_path: Path, other: str, said: str) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("id,n\n1,2\n")
    two.write_text(other)
    found = CliRunner().invoke(app, ["infer", str(one), str(two)])
    assert found.exit_code == 2
    assert said in found.stderr


def test_files_may_have_their_columns_in_any_order(tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("id,n\n1,2\n")
    two.write_text("N,ID\nx,2\n")
    text, contract = infer(one, two)
    assert "It checked 2 rows and rejected 0." in text
    assert contract.key == ("id",)


def test_a_name_that_no_object_can_have_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,n\n1,2\n")
    found = CliRunner().invoke(app, ["infer", str(tmp_path / "x.csv"), "--name", "my deals"])
    assert found.exit_code == 2
    assert '"my deals" is not a name' in found.stderr


@pytest.mark.parametrize(("body", "code"), [(b"", 1), (b"\n\n", 1), (None, 3)])
def test_what_is_no_table_is_refused(tmp_path: Path, body: bytes | None, code: int) -> None:
    path = tmp_path / "x.csv"
    if body is not None:
        path.write_bytes(body)
    found = CliRunner().invoke(app, ["infer", str(path)])
    assert found.exit_code == code
    assert found.stderr.startswith("landfall: ")


def test_bad_rows_of_a_large_file_do_not_hide_a_type(tmp_path: Path) -> None:
    path = tmp_path / "transactions.csv"
    write_transactions(path, rows=20_000, key="incoming/transactions.csv")
    text, contract = infer(path, name="transactions")
    assert contract.dialect.encoding.value == "utf-8"
    assert "date except for" in text


def test_names_are_plain_and_each_there_once() -> None:
    assert names(["Customer ID", "customer id", "", "HTTPStatus", "1st", "É", "___", "x" * 99]) == [
        "customer_id", "customer_id_2", "column_3", "http_status", "c_1st", "e", "column_7", "x" * 60,
    ]  # fmt: skip


BAD_SAMPLES = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "unlike": b"x;y\n1;2\n",
    "cut gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03K",
}


@pytest.mark.parametrize("bad", BAD_SAMPLES)
def test_a_proposal_that_fails_writes_nothing(landfall: Landfall, tmp_path: Path, bad: str) -> None:
    good, other, out = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "out.toml"
    good.write_bytes(b"id,name\n1,a\n2,b\n")
    other.write_bytes(BAD_SAMPLES[bad])
    for arguments in ((good, other), (good, other, "--out", out), (good, tmp_path / "absent.csv", "--out", out)):
        done = landfall("infer", *arguments)
        assert done.code
        assert (done.out, out.exists()) == ("", False)


def test_a_proposal_goes_to_a_new_file(landfall: Landfall, tmp_path: Path) -> None:
    file, out = tmp_path / "things.csv", tmp_path / "things.toml"
    file.write_text("id,name\n1,a\n2,b\n")
    done = landfall("infer", file, "--out", out)
    assert (done.code, done.out) == (0, "")
    assert str(out) in done.err
    assert out.read_text() == landfall("infer", file).out
    assert landfall("infer", file, "--out", out).code == 2
    assert landfall("infer", file, "--out", tmp_path / "no" / "where.toml").code == 2
