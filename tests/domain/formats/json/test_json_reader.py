"""What is read does not depend on where a file is cut, and is what Python's json reads."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.formats.json.files import COLUMNS, staged

FILES = {
    "lines": b'{"id":1,"note":"a"}\n{"note":"b\\n","id":2}\r\n\n{"id":3}\n{"id":4,"x":[{"id":9}]}\n',
    "concatenated": b'{"id":1}{"id":2,"note":"}{"} {"id":3,"doc":{"a":[1,{"b":{}}]}}{"id":"x"}{"id":5}',
    "array": b'{"id":1},\n{"id":2,"at":{"city":"Ulm"}} , {"id":3,"note":"\\"},{\\""},{"id":4}\n\n',
    "arrays": b'{"id":1},{"id":2}]\n[{"id":3}] [ ][\n{"id":4} ] ,{"id":5}][{"id":6}][',
    "indented": b'{\n  "id": 1,\n  "at": {\n    "city": null\n  }\n},\n{\n  "id": 2\n}\n',
    "broken lines": b'{"id":1\n{"id":2}\n"id":3}\n\n{"id":"4\n{"id":5}\n7\n[1]\nnul\n-\n{"id":6}x\n{"id":7',
    "broken objects on a line": b'{"id":1}{"id":}{"id":3} 12 "x" tru {"id":4}{"id":5,}{"id":6}',
    "indented and broken": b'{\n  "id": 1\n  "note": "x"\n}\n{\n  "id": 2\n}\n',
    "no UTF-8": b'{"id":1,"note":"\xff\xfe"}\n{"id":2,"note":"\xc3\xa4"}\n{"id":3,"n\xe4":1}\n',
    "strange": b'{"id":1,"id":2}\n{"id":NaN}\n{"id":3,"note":"\\ud800"}\n{"id":4,"note":"\\u0000"}\n{"at":[]}\n{}\n',
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("longest", [12, 64, 1 << 20])
def test_rows_do_not_depend_on_cuts(name: str, longest: int) -> None:
    data = FILES[name]
    whole = staged(data, longest=longest)
    assert whole.end == len(data)
    for cut in range(1, len(data)):
        assert staged(data, cuts=(cut,), longest=longest) == whole
    for block in range(1, len(data)):
        assert staged(data, block=block, longest=longest) == whole


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b'}{"id":5}\n', b""])
@pytest.mark.parametrize("size", [30, 60, 200, 400])
def test_a_line_without_end_in_sight_ends_where_it_ends(size: int, end: bytes) -> None:
    data = b'{"id":1}\n{"id":2 ' + b"x" * size + end + b'{"id":3}\n{"id":4}\n' * bool(end)
    whole = staged(data, longest=12)
    assert re.findall(rb"^\d", whole.good, re.MULTILINE) == [
        b"1",
        *([b"5"] if size < 40 and end.startswith(b"}") else []),
        *([b"3", b"4"] if end else []),
    ]
    assert len(whole.rejects) == 1
    for place in range(1, len(data) + 3):
        assert staged(data, block=place, longest=12) == whole
        assert staged(data, cuts=(min(place, len(data)),), longest=12) == whole


def test_arrays_may_follow_each_other() -> None:
    found = staged(b'{"id":1}]\n[{"id":2},\n{"id":3}][][{"id":4}')
    assert (found.good.count(b"\n"), found.rejects) == (4, [])


def test_too_many_blanks_between_arrays_are_a_reject() -> None:
    data = b'{"id":1}]' + b" " * 65 + b'[{"id":2}]' + b"\n" * 64 + b'{"id":3}'
    whole = staged(data, longest=64)
    assert [record for *_, record in whole.rejects] == [data[8:85]]
    for cut in range(1, len(data)):
        assert staged(data, cuts=(cut,), longest=64) == whole
        assert staged(data, block=cut, longest=64) == whole


def test_an_array_that_does_not_begin_is_a_reject() -> None:
    found = staged(b'{"id":1}]\n{"id":2}\n')
    assert [(line, record) for line, _, _, _, record in found.rejects] == [(1, b"]\n")]


def test_a_line_that_names_a_delimiter_is_no_json() -> None:
    found = staged(b'{"id":1}\nsep=,\n{"id":2}\n')
    assert [(line, reason) for line, _, _, reason, _ in found.rejects] == [
        (2, "is not JSON: a value is missing (byte 1 of the object)")
    ]


def test_every_record_is_a_row_or_a_reject() -> None:
    found = staged(FILES["broken lines"])
    assert found.good == b"2,_landfall_null_,,_landfall_null_,_landfall_null_\n5,_landfall_null_,,_landfall_null_,_landfall_null_\n6,_landfall_null_,,_landfall_null_,_landfall_null_\n"  # fmt: skip # noqa: E501
    assert [(line, at, record) for line, at, _, _, record in found.rejects] == [
        (1, 0, b'{"id":1\n'),
        (3, 17, b'"id"'),
        (3, 21, b":3}\n"),
        (5, 26, b'{"id":"4\n'),
        (7, 44, b"7"),
        (8, 46, b"[1]"),
        (9, 50, b"nul\n"),
        (10, 54, b"-\n"),
        (11, 64, b"x\n"),
        (12, 66, b'{"id":7'),
    ]


# ---- beside Python's json ------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
NUMBER = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False, width=32)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECT = st.fixed_dictionaries(
    {"id": st.integers(-(2**63), 2**63 - 1)},
    optional={
        "note": st.none() | TEXT,
        "amount": st.none() | st.floats(1e-30, 1e30),
        "doc": JSON,
        "at": st.none() | st.fixed_dictionaries({}, optional={"city": st.none() | TEXT}),
        "other": JSON,
    },
)


def _row(value: dict[str, Any]) -> list[Any]:
    """The values of the contract's columns, as Python has them."""
    return [value["id"], value.get("note"), value.get("amount"), value.get("doc"), (value.get("at") or {}).get("city")]


def _read(good: bytes) -> list[list[Any]]:
    rows = []
    for number, note, amount, doc, city in csv.reader(io.StringIO(good.decode(), newline="")):
        texts = [None if text == "_landfall_null_" else text for text in (note, city)]
        document = None if doc == "_landfall_null_" else json.loads(doc)
        rows.append([int(number), texts[0], float(amount) if amount else None, document, texts[1]])
    return rows


@settings(max_examples=150, deadline=None)
@given(
    objects=st.lists(OBJECT, min_size=1, max_size=6),
    ascii_=st.booleans(),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :\t")]),
    indent=st.sampled_from([None, None, 1]),
    between=st.sampled_from(["", "\n", "\r\n", ",", " ,\n", "\n\n"]),
    block=st.integers(1, 200),
    shuffled=st.randoms(use_true_random=False),
)
def test_rows_are_those_of_pythons_json(
    objects: list[dict[str, Any]], ascii_: bool, separators: Any, indent: Any, between: str, block: int, shuffled: Any
) -> None:
    texts = []
    for value in objects:
        items = list(value.items())
        shuffled.shuffle(items)
        texts.append(json.dumps(dict(items), ensure_ascii=ascii_, separators=separators, indent=indent))
    found = staged(between.join(texts).encode(), block=block)
    assert found.rejects == []
    assert _read(found.good) == [_row(value) for value in objects]
    assert len(COLUMNS) == len(_row(objects[0]))


@settings(max_examples=200, deadline=None)
@given(data=st.lists(st.sampled_from([*b'{}[]:,"\\ \n1e-.u0tfn', *b'{}"']), max_size=60), cut=st.integers(1, 59))
def test_any_bytes_are_read_alike_however_they_are_cut(data: list[int], cut: int) -> None:
    text = b'{"id":1}' + bytes(data)
    whole = staged(text, longest=20)
    assert whole.end == len(text)
    assert staged(text, cuts=(min(cut, len(text)),), block=cut, longest=20) == whole


def test_a_reject_shows_no_value_of_a_pii_column() -> None:
    columns = tuple(replace(column, pii=column.name == "note") for column in COLUMNS)
    data = b'{"id":"x","note":"secret"}\n{"id":2,"note":"secret"\n{"id":3,"note":"secret","note":"secret"}\n' * 20
    found = staged(data, columns=columns)
    shown = {record for *_, record in found.rejects}
    assert shown == {b'"x",***,,_landfall_null_,_landfall_null_', b"***"}
    assert not any(b"secret" in record or "secret" in reason for *_, reason, record in found.rejects)
