"""Rows staged as JSON have the values of the same rows staged as CSV, or are refused with their fix."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.memory.merge import read_part
from chalicelib.domain.contract.contract import Contract, StageAs
from chalicelib.domain.contract.dialect import NULL_WORD, Dialect, Empty
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.staging import json_rows
from chalicelib.domain.staging.json_rows import JsonRows
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.errors import Rejected
from tests.support.csv_rows import csv_rows
from tests.support.load_orders import load_of_one

CONTRACT = b"""
name = "thing"
target = "landing.things"
lands_at = ["incoming/thing/*"]
key = ["id"]
stage_as = "json"

[columns]
id = { type = "varchar(16)", required = true }
n = { type = "decimal(18,4)" }
t = { type = "varchar(200)" }
more = { type = "super" }
"""
COLUMNS = ("id", "n", "t", "more")
LEAD = ("abcd1234", "0000000000042")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
DOCUMENTS = st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=5)


def contract(empty: Empty = Empty.NULL) -> Contract:
    read = read_contract("thing.toml", CONTRACT)
    return replace(read, dialect=replace(read.dialect, empty=empty))


def staged(*rows: tuple[str, ...], dialect: Dialect = Dialect()) -> bytes:  # noqa: B008 - it is frozen
    quote, delimiter = dialect.staged_quote, dialect.staged_delimiter
    return csv_rows(([*LEAD, *row] for row in rows), delimiter=delimiter, quotechar=quote).encode()


def encoded(made: Contract, *rows: tuple[str, ...]) -> list[str]:
    body = JsonRows(contract=made, columns=COLUMNS).encoded(staged(*rows))
    return body.decode().split("\n")[:-1]


def order(made: Contract) -> LoadOrder:
    share = {"load_id": "0" * 32, "run_id": "r", "source_order": "0", "bucket": "b", "key": "k"}
    counts = {"rows_read": 0, "rows_good": 0, "rows_rejected": 0}
    return load_of_one(contract=made, columns=COLUMNS, manifest="", iam_role="default", **share, **counts)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (("a", "007.10", "x", '{"k": 1.10}'), '"id":"a","n":"007.10","t":"x","more":{"k": 1.10}'),
        (("a", "", "", ""), '"id":"a"'),
        (("a", "1", 'q"\\|\t\x7f', "[\r\n1\n]"), r'"id":"a","n":"1","t":"q\"\\|\t' + '\x7f","more":[  1 ]'),
        (("a", "+1", "\U0001f600é", " null "), '"id":"a","n":"+1","t":"\U0001f600é"'),
        (("a", "", "null", '"null"'), '"id":"a","t":"null","more":"null"'),
    ],
)
def test_values_are_texts_and_documents_as_they_are(row: tuple[str, ...], line: str) -> None:
    assert encoded(contract(), row) == [f'{{"_source_mark":"{LEAD[0]}","_source_offset":"{LEAD[1]}",{line}}}']


def test_where_empty_is_text_null_is_the_word() -> None:
    (line,) = encoded(contract(Empty.TEXT), ("a", NULL_WORD, "", NULL_WORD))
    assert json.loads(line)["t"] == ""
    assert {"n", "more"}.isdisjoint(json.loads(line))


def test_columns_that_are_ignored_and_lineage_may_be_missing() -> None:
    made = replace(contract(), lineage=False)
    rows = JsonRows(contract=made, columns=("id", "_ignored_1", "t")).encoded(b"a,x,b\n")
    assert rows == b'{"id":"a","t":"b"}\n'


@given(st.lists(st.tuples(TEXTS.filter(bool), TEXTS, DOCUMENTS), max_size=5), st.sampled_from(list(Empty)))
def test_rows_have_the_values_that_csv_gives_them(rows: list[tuple[str, str, object]], empty: Empty) -> None:
    made = contract(empty)
    null = NULL_WORD if empty is Empty.TEXT else ""
    texts = [
        (id_, null, text, null if document is None else json.dumps(document))
        for id_, text, document in rows
        if json_rows.LOOKS_NULL not in (id_, text)
    ]
    body = staged(*texts)
    as_csv = read_part(order(replace(made, stage_as=StageAs.CSV)), "part.csv", body)
    as_json = read_part(order(made), "part.json", JsonRows(contract=made, columns=COLUMNS).encoded(body))
    assert as_json == as_csv


def test_a_text_that_copy_may_take_for_null_is_refused() -> None:
    with pytest.raises(Rejected, match=r"t has the text \\N, which COPY may take for NULL in JSON") as caught:
        encoded(contract(), ("a", "", "\\N", ""))
    assert (caught.value.code, caught.value.byte_offset, caught.value.column) == ("NOT_AS_JSON", 42, "t")


@pytest.mark.parametrize(("text", "fits"), [("x" * 60, True), ("|" * 60, False), ("x" * 200, False)])
def test_an_object_that_copy_does_not_read_is_refused(text: str, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "LONGEST", 150)
    if fits:
        assert encoded(contract(), ("a", "", text, ""))
        return
    with pytest.raises(Rejected, match=r"COPY does not read; lower limits\.max_record_bytes") as caught:
        encoded(contract(), ("a", "", text, ""))
    assert caught.value.code == "NOT_AS_JSON"
