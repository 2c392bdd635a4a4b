"""The type of a column: no digit, sign or word is lost, and each doubt names the column and counts rows."""

from __future__ import annotations

import gzip

import pytest

from landfall.infer.layout import sample as layout_sample
from tests.landfall.infer.conftest import Propose, Proposed


def proposed(propose: Propose, values: list[str]) -> Proposed:
    """Propose a contract for a file with these values in its second column."""
    body = "id;v\n" + "".join(f"k{n};{value}\n" for n, value in enumerate(values))
    found = propose(body)
    assert found.rows == (len(values), 0)
    return found


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["8.96E+18", "89601234500000003"], "varchar(32)"),
        (["8.96012E+16", "8.96013E+16"], "varchar(16)"),
        (["1e-5", "2.5e+3"], "double precision"),
        (["0.30000000000000004", "1e-9"], "double precision"),
        (["0.1234567890123456789", "1e5"], "varchar(32)"),
        (["1" * 39, "2"], "varchar(64)"),
        (["1" * 38, "2"], "decimal(38,0)"),
        (["007", "1234"], "varchar(16)"),
        (["007.5", "12"], "varchar(16)"),
        (["+4712345678", "+4787654321"], "varchar(16)"),
        (["+5", "-7"], "integer"),
        (["NO", "NO"], "varchar(16)"),
        (["t", "t"], "varchar(16)"),
        (["yes", "No"], "boolean"),
        (["1", "0"], "integer"),
        (["20000000"], "bigint"),
        (["2024-01-31", "2024-02-01"], "date"),
        (["2024-01-31 10:00:00", "2024-01-31T11:00:00.5"], "timestamp"),
        (["10:00:00", "11:30:00"], "time"),
        (["31.12.2024", "01.02.2024"], "date"),
        (["01.02.2024", "02.03.2024"], "varchar(16)"),
        (["2024-13-01"], "varchar(16)"),
        (["[]", '{"a": 1}'], "super"),
        (["[abc]", "[def]"], "varchar(16)"),
    ],
)
def test_the_type_keeps_every_value(propose: Propose, values: list[str], kind: str) -> None:
    assert proposed(propose, values).type_of("v") == kind


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (["8.96E+18", "89601234500000003"], "# v: 1 row such as 8.96E+18: a spreadsheet has cut the digits"),
        (["7", "7", *["8"] * 30, "x", "x"], "# v: integer except for 2 of 34 rows"),
        (["2024-01-01 10:00:00Z", *["2024-01-01 10:00:00"] * 2], "# v: 2 rows without a zone: the time counts as UTC"),
        (["01.02.2024", "02.03.2024"], "# v: the values fit DD.MM.YYYY and MM.DD.YYYY: ask the supplier"),
        (["20240131", "20240201"], "# v: the values may be dates"),
        (["31.12.2024", *["30.12.2024"] * 30, "x"], "# v: date DD.MM.YYYY except for 1 of 32 rows"),
        ([""], "# v: no value in the sample"),
    ],
)
def test_a_doubt_names_its_column_and_counts_rows(propose: Propose, values: list[str], note: str) -> None:
    assert note in proposed(propose, values).text


def test_whole_numbers_that_may_be_times_are_named(propose: Propose) -> None:
    text = propose("id,created_at,seen\n1,1924992000,1924992000000\n2,1924992001,1924992000001\n").text
    assert 'created_at: the values may be times: { type = "timestamp", format = "epochsecs" }' in text
    assert "seen: the values may be times" not in text


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        (["1.2.31", "31.12.31"], 'type = "date", format = "D.M.YY"'),
        (["01/02/31", "03/04/32"], 'type = "date", format = "DD/MM/YY"'),
        (["01/02/31", "03/04/32"], 'type = "date", format = "MM/DD/YY"'),
        (["12%", "13.5%"], 'percent = "number"'),
        (["$1", "€2"], 'currency = ["$", "€"]'),
        (["1,250", "2,500"], 'type = "integer", thousands = ","'),
        (["1,250", "2,500"], 'type = "decimal(18,3)", decimal = ","'),
        (["Ja", "nein"], 'true = ["Ja"], false = ["nein"]'),
        (["active", "inactive"], 'true = ["active"], false = ["inactive"]'),
        ([" x", "y "], 'trim = "blanks"'),
        (["\u00a0x", "y"], 'trim = "unicode"'),
        (["x", "NULL", "y z"], 'null = ["NULL"]'),
        (["912 345 678", "912 345 679"], 'thousands = " "'),
    ],
)
def test_a_guess_is_a_comment_and_the_column_is_text(propose: Propose, values: list[str], setting: str) -> None:
    found = proposed(propose, values)
    assert found.type_of("v").startswith("varchar")
    assert any(line.startswith("# v = ") and setting in line for line in found.text.splitlines())


def test_a_column_with_a_word_for_null_is_not_required(propose: Propose) -> None:
    (line,) = [line for line in proposed(propose, ["x", "NULL", "y z"]).text.splitlines() if "null = " in line]
    assert "required" not in line


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        (["1,5", "2,25"], 'decimal = ","'),
        (["7/4/2031", "12/25/2031"], 'type = "date", format = "M/D/YYYY"'),
        (["1/31/2024 1:30:00 pm", "2/1/2024 12:00:00 AM"], 'type = "timestamp", format = "M/D/YYYY H12:MI:SS AM"'),
        (["2024-01-31 10:00", "2024-02-01 11:30"], 'type = "timestamp", format = "YYYY-MM-DD HH24:MI"'),
        (["31-Dec-2024", "1-Jan-2025"], 'type = "date", format = "D-MON-YYYY"'),
        (["08:00", "09:30"], 'type = "time", format = "HH24:MI"'),
        (["8:00 am", "9:30 pm"], 'type = "time", format = "H12:MI AM"'),
        (["1.250,40", "3,5"], 'decimal = ",", thousands = "."'),
        (["12 500,00", "-0,5"], 'decimal = ",", thousands = " "'),
        (["12\u00a0500,00", "1\u202f000,5"], 'decimal = ",", thousands = " "'),
        (["1,234,567", "999"], 'thousands = ","'),
        (["($15.00)", "$3.00"], 'negative = "parentheses", currency = ["$"]'),
        (["42.10-", "3.00"], 'negative = "trailing"'),
        (["15.00 EUR", "3.50 EUR"], 'currency = ["EUR"]'),
        ([" 5", "6"], 'type = "integer", trim = "blanks"'),
        (['="00421"', '="00007"'], "spreadsheet_text = true"),
        (["5", "NA"], 'type = "integer", null = ["NA"]'),
        (["2024-01-31", "0000-00-00"], 'type = "date", null = ["0000-00-00"]'),
    ],
)
def test_the_setting_that_reads_a_notation_is_named(propose: Propose, values: list[str], setting: str) -> None:
    found = proposed(propose, values)
    assert any(line.startswith("v = ") and setting in line for line in found.text.splitlines())


@pytest.mark.parametrize("values", [["1.2.3.4"], ["12-13"], ["1,2,3"], ["(5)-"], ["--5"], ["5 USD EUR"], ["1.25,40.1"]])
def test_what_is_no_number_gets_no_setting(propose: Propose, values: list[str]) -> None:
    text = proposed(propose, values).text
    assert not any(word in text for word in ("decimal", "thousands", "negative", "currency"))


def test_a_word_for_null_is_one_columns(propose: Propose) -> None:
    found = propose("country,rating\nNA,5\nNO,NA\nDE,3\n")
    assert "NA" not in found.contract.dialect.null
    assert 'rating = { type = "integer", null = ["NA"] }' in found.text
    assert 'country = { type = "varchar(16)", required = true }' in found.text
    assert '# rating: "NA" stays text in country' in found.text


@pytest.mark.parametrize("body", ["id;v;w\n1;1.250,40;1.250\n2;3,5;2.500\n", "id;w\n1;1.250\n2;2.500\n"])
def test_points_where_commas_are_usual_are_uncertain(propose: Propose, body: str) -> None:
    found = propose(body)
    assert found.type_of("w") == "varchar(16)"
    assert '# w = { type = "integer", thousands = ".", decimal = ","' in found.text
    assert '# w = { type = "decimal(18,3)", required = true }' in found.text


def test_the_part_of_a_file_that_was_looked_at_is_named(propose: Propose, monkeypatch: pytest.MonkeyPatch) -> None:
    body = gzip.compress(b"id,n\n" + b"".join(b"%d,x\n" % n for n in range(2_000)) + b"late,y\n")
    assert "come from all rows." in propose(body).text
    monkeypatch.setattr(layout_sample, "SAMPLE_BYTES", 5_000)
    text = propose(body).text
    assert "come from the first 8 MB of each file." in text
    assert "# It checked 2001 rows and rejected 1." in text
    assert "# 1 row rejected because of id: the first in line 2002." in text


def test_text_that_is_not_utf8_is_a_guess(propose: Propose) -> None:
    text = propose("id,n\n1,Zoë\n".encode("cp1252")).text
    assert 'encoding = "cp1252"' in text
    assert "# the text is not UTF-8; cp1252 is a guess" in text
