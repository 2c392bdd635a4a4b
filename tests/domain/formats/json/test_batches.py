"""Objects that are read at once become what they become one by one."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import numpy as np
import pytest

from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.formats.json import batches, names
from chalicelib.domain.formats.json.batches import Batch, BatchReader
from chalicelib.domain.formats.json.names import MOST_NAMES
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.values import NUMBER, Pool, is_number, plain_values
from chalicelib.domain.formats.json.view import View
from chalicelib.domain.raw.swar import PADDING, fields_of
from tests.domain.formats.json.files import COLUMNS, CONTRACT, staged
from tests.support.files.pieces import Staged

NOTES = [None, "", "a,b", "x", "ä", 'q"u', "back\\slash", "\\", '\\"', "line\nend", "true", "_landfall_null_", "nul\0"]
DOCUMENTS: list[Any] = [
    None,
    1,
    "t",
    True,
    "a\nb",
    "",
    [],
    {},
    [1, {"a": "}]"}],
    {"k": [1.5, 'x,"y', {"k": {}}], "": None},
    [[[]]],
]
SEEDS = 1_000 if "LANDFALL_FUZZ_SCALE" in os.environ else 24
OTHERS = [
    "",
    "x",
    "eightchr",
    "nine char",
    "sixteen letters.",
    "sixteen letters. and",
    "sixteen letters. end",
    "ä",
    'q"',
]
GAPS = ["\n", "\r\n", "", ",\n", ", ", "\n\n"]


def _object(random: Random, number: int) -> dict[str, Any]:
    whole = {
        "id": random.choice([number, -number, str(number), 10**18 + number, -0.0]),
        "note": random.choice(NOTES),
        "amount": random.choice([1.5, -0.25, 1e-7, 3, 0, None, "2.5", True]),
        "doc": random.choice(DOCUMENTS),
        "at": {"city": random.choice(["Ulm", None, "}{", "\\"])},
    }
    kind = random.randrange(12)
    if kind == 0:
        return {name: whole[name] for name in ("id", "amount")}
    if kind == 1:
        return {name: whole[name] for name in ("note", "id", "at")} | {"other": random.choice(DOCUMENTS)}
    if kind in (2, 3):
        return whole | ({"doc": [1, {"a": "b"}]} if kind == 2 else {"at": None})
    return _other_shape(random, whole) if kind < 8 else whole


def _other_shape(random: Random, whole: dict[str, Any]) -> dict[str, Any]:
    """Leave fields out, add others, and change their order."""
    others = {name: random.choice(DOCUMENTS) for name in random.sample(OTHERS, 3)}
    inner = {"city": "x", "zip": 1, "a": {"b": [{"city": 1}]}, OTHERS[0]: "}"}
    found = whole | others | {"at": {name: inner[name] for name in random.sample(list(inner), random.randrange(4))}}
    return {name: found[name] for name in random.sample(list(found), random.randrange(len(found) + 1))}


def _one_by_one(data: bytes, monkeypatch: pytest.MonkeyPatch, extra: ExtraColumns) -> Staged:
    with monkeypatch.context() as patch:
        patch.setattr(batches, "FEW_ROWS", len(data))
        return staged(data, extra_columns=extra)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_rows_are_those_of_the_slow_reader(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    separators = random.choice([(",", ":"), (", ", ": "), (" ,\t", "\t: ")])
    objects = [_object(random, number) for number in range(200)]
    texts = [json.dumps(value, ensure_ascii=seed % 2 == 0, separators=separators) for value in objects]
    data = bytearray(GAPS[seed % len(GAPS)].join(texts).encode())
    for _ in range(6 if seed % 3 == 0 else 0):
        data[random.randrange(40, len(data))] = random.choice(b'"\\{},:[]0x\n\xff\t')
    extra = list(ExtraColumns)[seed % 5 % 3]
    found = staged(bytes(data), extra_columns=extra)
    assert found == _one_by_one(bytes(data), monkeypatch, extra)
    assert found.end == len(data)


def _batch(data: bytes) -> Batch:
    view, reader = View(data + PADDING, len(data)), ObjectReader(CONTRACT.columns, CONTRACT.extra_columns)
    found = BatchReader(reader, 1 << 20).read(
        view, 0, json.JSONDecoder().raw_decode(data.decode("latin-1"))[1], Pool(len(view.data))
    )
    assert found
    return found


@pytest.mark.parametrize(
    "value", ['"x"', '"a,b"', '"\\u00e4"', "null", "1", "-0.5", "1e5", "true", "false", "0", "10", '"\\"},{\\""']
)
@pytest.mark.parametrize("gap", GAPS)
def test_values_of_each_kind_are_proven(value: str, gap: str) -> None:
    data = gap.join(f'{{"id":{n},"note":{value}}}' for n in range(40)).encode()
    found = _batch(data)
    assert len(found.starts) == 39
    assert found.proven.all()
    assert found.run(0) == slice(0, 39)


@pytest.mark.parametrize("value", ["[]", "{}", '[1, "]"]', '{"a":[{"b":"}"}]}', '"t"', "1", "null", '[" \\u00e9"]'])
@pytest.mark.parametrize("name", ["doc", "strange"])
@pytest.mark.parametrize("gap", GAPS)
def test_arrays_and_objects_are_proven_where_they_may_stand(value: str, name: str, gap: str) -> None:
    data = gap.join(f'{{"id":{n},"{name}":{value},"at":{{"city":"x"}}}}' for n in range(40)).encode()
    assert _batch(data).proven.all()


@pytest.mark.parametrize("value", ["[1", "[1]]", '{"a":1,"a":2}', "[01]", '["\\ud8zz"]', "[}", "[" * 501 + "]" * 501])
@pytest.mark.parametrize("name", ["doc", "strange"])
def test_strange_arrays_and_objects_are_not_proven(value: str, name: str) -> None:
    rows = [f'{{"id":{n},"{name}":[]}}' for n in range(40)]
    rows[20] = f'{{"id":20,"{name}":{value}}}'
    data = "\n".join(rows).encode()
    assert not _batch(data).proven[20]
    assert _batch(data).run(0) == slice(0, 20)


@pytest.mark.parametrize(
    "wrong",
    ['"note":01', '"note":.5', '"note":+1', '"note":nul', '"note":', '"note":"\t"', '"note":"\\x"', '"note":"a"b"',
     '"note":{}', '"note":[1]', '"note":"\\ud800"', '"note":1,"note":1', '"note":1,"Note":1', '"x":1,"x":1',
     '"x":{},"x":{}', '"at":{"city":1},"at":null', '"at":{"city":1,"city":2}', '"at":[]', '"at":{"city":1]',
     '"note":1,', ',"note":1', '"note"::1', '"note":1 2', '"note":1 "x":2', '"note":"a" "b"', '"note" "x":1', "1:2",
     '"x":[1}', '"x":{"a":1', '"note":\v1', '"note":1\0', '"n\\u006fte":1', '"no\tte":1', '"note":' + " " * 99 + "1",
     '"note":-', '"note":1.', '"note":1.e5', '"note":NaN', '"note":"_landfall_null_"', '"note":"\xff"', "", '"note":"'],
)  # fmt: skip
def test_what_is_strange_is_not_proven(wrong: str) -> None:
    rows = [f'{{"id":{n},"note":"x"}}' for n in range(40)]
    rows[20] = '{"id":20,' + wrong + "}"
    data = "\n".join(rows).encode("latin-1")
    found = _batch(data)
    assert not found.proven[20]
    assert found.run(0) == slice(0, 20)
    assert found.run(int(found.starts[20])) is None


def test_another_shape_is_found_in_the_middle() -> None:
    rows = [f'{{"id":{n},"note":"x"}}' if n < 50 else f'{{"note":"y","id":{n}}}' for n in range(100)]
    assert _batch("\n".join(rows).encode()).proven.all()


@pytest.mark.parametrize(
    "other",
    ['"Note":1', '"note" : 1 ', '\t"note"\t:\r1', '"x":1,"note":2', '"note":1,"x":1,"y":1', "", '"at":{}', '"at":{ }',
     '"at":{"city":"a"}', '"at":{"x":{"city":1},"city":null}', '"at": {"city" : 1 , "x":[] }', '"doc":[{"note":1}]'],
)  # fmt: skip
@pytest.mark.parametrize("gap", GAPS)
def test_members_may_be_others_and_elsewhere(other: str, gap: str) -> None:
    rows = ['{"note":"x","id":1}' if n % 2 else '{"id":2' + (f",{other}}}" if other else "}") for n in range(40)]
    assert _batch(gap.join(rows).encode()).proven.all()


def test_names_of_the_same_length_are_told_apart() -> None:
    data = "\n".join(f'{{"id":{n},"{"note" if n % 2 else "tone"}":"x"}}' for n in range(40)).encode()
    assert staged(data, columns=COLUMNS[:3]).good.count(b'"x"') == 20


def test_objects_without_members_are_proven() -> None:
    assert _batch(b"{}\n" * 40 + b'{"note":"\\n"}').proven.all()


def test_names_beyond_the_most_are_left_to_the_slow_reader() -> None:
    objects = ['{"id":1}', *(f'{{"id":{n},"{n}":1}}' for n in range(MOST_NAMES + 50))]
    found = _batch("\n".join(objects).encode())
    assert found.proven[:100].all()
    assert not found.proven[-1]


def test_names_with_the_same_key_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "\n".join(f'{{"id":{n},"note":"x","other":"y"}}' if n % 3 else f'{{"id":{n}}}' for n in range(60)).encode()
    expected = staged(data)
    monkeypatch.setattr(names, "_keys", lambda first, _: np.zeros(len(first), np.uint64))
    assert staged(data) == expected


TEXTS = ["0", "-0", "00", "1", "10", "01", "-01", "1.5", "0.5", "00.5", "1.", ".5", "-", "1e5", "1E+5", "1e", "+1"]


@pytest.mark.parametrize("text", [*TEXTS, "", "1.2.3", "0x1", "true", "1" * 30, "1." + "3" * 30])
def test_only_numbers_of_json_are_proven(text: str) -> None:
    data = text.encode() + PADDING
    values = fields_of(data).part(np.array([0]), np.array([len(text)]))
    sound = NUMBER.fullmatch(text.encode()) is not None
    assert not is_number(values)[0] or sound
    assert plain_values(values, values.at(0))[0][0] == (sound or text == "true")
