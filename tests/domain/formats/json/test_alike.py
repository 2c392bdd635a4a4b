"""The quick way for objects of one shape reads what the slow reader reads, and takes nothing that JSON refuses."""

from __future__ import annotations

import json
import os
import tracemalloc
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest

from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.formats.json import batches
from chalicelib.domain.formats.json.alike import Alike, Shape, find, shape_of
from chalicelib.domain.formats.json.batches import BatchReader
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.view import View
from chalicelib.domain.raw.swar import PADDING
from tests.domain.formats.json.files import CONTRACT, staged
from tests.support.files.pieces import Staged

READER = ObjectReader(CONTRACT.columns, CONTRACT.extra_columns)
SEEDS = 2_000 if "LANDFALL_FUZZ_SCALE" in os.environ else 40
GAPS = ["\n", "\r\n", "", ",\n", ", ", "\n\n", "\n\t"]
SOUND = [
    '"x","amount":1.5', '"","amount":null', 'null,"amount":-0',
    '"},{","amount":4', '"\\\\","amount":5', '"\\\\\\"","amount":6',
    '"a,b","amount":8', '"\\u00e9\\ud83d\\ude00","amount":9', '"ä","amount":1e5',
    'true,"amount":1E-5', '12,"amount":"12"', '"\\u0000","amount":0', '"_landfall_null_!","amount":0.25',
    '"null","amount":"null"', '"\x7f","amount":100000000000000000000000000000000000',
]  # fmt: skip
LIKE_NAMES = [
    '"\\",\\"amount\\":\\"","amount":2',
    '"}\\n{\\"id\\":1,\\"note\\":","amount":3',
    '":","amount":7',
    '"x\\":","amount":7',
]
"""Values with what looks like the end of a name."""
STRANGE = [
    *LIKE_NAMES,
    '"x" ,"amount":1.5', '"x", "amount":1.5', '"x","amount" :1.5', '"x","amount": 1.5', '"x","amount":1.5 ',
    '"amount","note":1.5', '"x","amount":1.5,"more":1', '"x"', '"x","note":"y","amount":1', '"x","id":3,"amount":1',
    '"x","Amount":1', '"x","\\u0061mount":1', '"x","amount":01', '"x","amount":-', '"x","amount":1.', '"x","amount":.5',
    '"x","amount":+1', '"x","amount":1e', '"x","amount":NaN', '"x","amount":-Infinity', '"x","amount":nul',
    '"x","amount":', ',"amount":1', '"x""amount":1', '"x","amount":1,', '"x","amount":1}', '"x","amount":{"a":1}',
    '"x","amount":[1]', '[1,"]"],"amount":1', '{"amount":2},"amount":1', '"a"b","amount":1', '"a","b","amount":1',
    '"a\tb","amount":1', '"a\nb","amount":1', '"a\0b","amount":1', '"\\x","amount":1', '"\\ud800","amount":1',
    '"\\","amount":1', '","amount":1', '"x,"amount":1', 'x","amount":1', '"\udcff","amount":1', '"x","amount":1""',
    '"_landfall_null_","amount":1', "'x',\"amount\":1", '"x","amount":"1', '"x","amount":1"', '"x","amount":\v1', "",
]  # fmt: skip


def _rows(*strange: str) -> list[str]:
    """Objects of one shape with others in the middle, far from each other."""
    rows = [f'{{"id":{number},"note":{SOUND[number % len(SOUND)]}}}' for number in range(60)]
    for place, value in enumerate(strange):
        rows[20 + 15 * place] = f'{{"id":{place},"note":{value}}}'
    return rows


def _one_by_one(data: bytes, monkeypatch: pytest.MonkeyPatch, extra: ExtraColumns = ExtraColumns.IGNORE) -> Staged:
    with monkeypatch.context() as patch:
        patch.setattr(batches, "FEW_ROWS", len(data))
        return staged(data, extra_columns=extra)


def _found(data: bytes, gap: str = "\n") -> Alike | None:
    end = json.JSONDecoder().raw_decode(data.decode("latin-1"))[1]
    shape = shape_of(data[:end], gap.encode(), READER)
    return find(View(data + PADDING, len(data)), 0, end, shape, 1 << 20) if shape else None


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("blank", ["", " ", "\t", "\n "])
def test_objects_of_one_shape_are_found(gap: str, blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row.replace('"amount":', f'"amount":{blank}').replace("{", "{" + blank, 1) for row in _rows()]
    data = gap.join(rows).encode()
    found = _found(data, gap)
    assert found
    assert found.fit.all()
    assert len(found.values.start) == 3 * len(found.fit)
    expected = _one_by_one(data, monkeypatch)
    monkeypatch.setattr(BatchReader, "_any", lambda *_: pytest.fail("they are read in the general way"))
    assert staged(data) == expected


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("gap", GAPS)
def test_what_differs_is_read_in_the_slow_way(strange: str, gap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = gap.join(_rows(strange)).encode(errors="surrogateescape")
    assert _found(data, gap) or "\udcff" in strange  # it may spoil all objects of a line
    assert staged(data) == _one_by_one(data, monkeypatch)


@pytest.mark.parametrize(("one", "other"), Random(1).sample(list(combinations(STRANGE, 2)), SEEDS * 4 // 10))
def test_two_faults_do_not_make_up_for_each_other(one: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for pair in ((one, other), (other, one)):
        data = "\n".join(_rows(*pair)).encode(errors="surrogateescape")
        assert staged(data) == _one_by_one(data, monkeypatch)


@pytest.mark.parametrize("other", ['"x","amount":1,"more":"y"', '"x","amount":1,"more":{}', '"x"', *LIKE_NAMES])
def test_an_object_with_other_names_does_not_fit(other: str) -> None:
    found = _found("\n".join(_rows(other)).encode())
    assert found
    assert np.flatnonzero(~found.fit).tolist() == [20]


@pytest.mark.parametrize("missing", ['"note": ,', '"note":,', '"note":  ,'])
def test_literals_may_not_share_a_blank(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f'{{"id": {number} ,"note": "x" ,"amount": 1}}' for number in range(60)]
    rows[20] = rows[20].replace('"note": "x" ,', missing)
    data = "\n".join(rows).encode()
    found = _found(data)
    assert found
    assert np.flatnonzero(~found.fit).tolist() == [20]
    assert staged(data) == _one_by_one(data, monkeypatch)


def test_a_quote_too_many_and_one_too_few_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [
        '"a"b","amount":1',
        '","amount":1',
        '"\\","amount":1',
        '"a\\"","amount":1',
        '"a","amount":"',
        '"","amount":""',
    ]
    for one in values:
        for other in values:
            data = "\n".join(_rows(one, other)).encode()
            assert staged(data) == _one_by_one(data, monkeypatch)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_changed_bytes_are_read_as_by_the_slow_reader(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    shape = random.choice(
        ['{"id":%d,"note":%s}', '{"at":{"city":"x"},"id":%d, "note": %s}', '{"x":{"y":1},"id":%d,"note":%s}']
    )
    rows = [shape % (number, random.choice(SOUND if random.randrange(90) else STRANGE)) for number in range(150)]
    data = bytearray(random.choice(GAPS).join(rows).encode(errors="surrogateescape"))
    for _ in range(random.choice([0, 1, 2, 8])):
        data[random.randrange(60, len(data))] = random.choice(b'"\\{},:[]0x\n\xff\t \0')
    extra = list(ExtraColumns)[seed % 3]
    assert staged(bytes(data), extra_columns=extra) == _one_by_one(bytes(data), monkeypatch, extra)


# ---- the shape of one object -----------------------------------------------------------------------------------------


def _shape(text: str) -> Shape | None:
    return shape_of(text.encode(), b"\n", READER)


def test_the_shape_is_all_text_around_the_values() -> None:
    found = _shape('{ "id" :1 ,"note":"a\\",b", "at": {"city":null, "zip":2}}')
    assert found is None  # a name ends with a quote before the colon
    found = _shape('{ "id":1 ,"note":"a\\",b", "at": {"city":null, "zip":2}}')
    assert found
    assert found.literals == (b'}}\n{ "id":', b' ,"note":', b', "at": {"city":', b', "zip":')
    assert (found.opening, found.between, found.targets) == (7, 1, (0, 1, 4, -1))
    assert (found.offsets, found.tails) == ([0, 1, 3, 4, 5], [1, 1, 1, 1, 1])


@pytest.mark.parametrize(
    "text",
    ["{}", "[1]", "1", '{"id":[1]}', '{"doc":{}}', '{"doc":{"a":1}}', '{"id":{"a":1}}', '{"at":null}', '{"at":1}',
     '{"id":1,"Id":2}', '{"x":1,"x":2}', '{"id":1,"x":{"y":1,"y":1}}', '{"i\\u0064":1}'],
)  # fmt: skip
def test_objects_that_the_general_way_must_judge_have_no_shape(text: str) -> None:
    assert _shape(text) is None


def test_objects_of_many_shapes_are_left_to_the_general_way() -> None:
    rows: list[dict[str, Any]] = [{"id": n, "note": "x"} if n % 8 else {"id": n, "amount": 1} for n in range(100)]
    assert _found("\n".join(json.dumps(row, separators=(",", ":")) for row in rows[1:]).encode()) is None


def test_names_of_inner_objects_may_come_again() -> None:
    data = b"\n".join(b'{"id":%d,"x":{"id":2},"at":{"city":"Ulm","id":3}}' % n for n in range(40))
    found = _found(data)
    assert found
    assert found.fit.all()
    assert found.shape.targets == (0, -1, 4, -1)


@pytest.mark.parametrize(
    ("wide", "short"), [(",".join(f'"{n}":1' for n in range(50_000)), ""), ('"' + "n" * 400_000 + '":1', ',"x":1')]
)
def test_a_large_first_object_takes_no_memory_for_others(wide: str, short: str) -> None:
    data = f'{{"id":1,{wide}}}\n'.encode() + f'{{"id":1{short}}}\n'.encode() * 50_000
    tracemalloc.start()
    _found(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20
