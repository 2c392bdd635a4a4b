"""A file is cut where its objects begin, by few and small reads."""

from __future__ import annotations

import json

import pytest

from chalicelib.domain.formats.json.container import Container
from chalicelib.domain.formats.json.split import plan_chunks
from chalicelib.domain.raw.bytesource import InMemory, Range

OBJECTS = [
    {"id": number, "note": '}{"id":1},{"id":2}\n{"id":3}' * (number % 3), "items": [{"id": 1}, {"n": 2}] * (number % 4)}
    for number in range(400)
]


class Counted(InMemory):
    """A file that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads: list[int] = []

    def read(self, start: int, length: int) -> bytes:
        self.reads.append(length)
        return super().read(start, length)


def planned(source: InMemory, size: int, *, array: bool = False) -> tuple[Range, ...]:
    return plan_chunks(source, Container(start=0, end=source.size, lines=0, array=array), size)


def _starts(objects: list[bytes], between: bytes) -> set[int]:
    return {sum(map(len, objects[:n])) + n * len(between) for n in range(len(objects))}


@pytest.mark.parametrize("between", [b"\n", b"", b"\r\n", b" \n\n"])
@pytest.mark.parametrize("size", [1, 100, 5000])
def test_every_cut_is_the_start_of_an_object(between: bytes, size: int) -> None:
    objects = [json.dumps(value).encode() for value in OBJECTS]
    data = between.join(objects)
    found = planned(InMemory(data), size)
    assert {chunk.start for chunk in found} <= _starts(objects, between)
    assert [chunk.stop for chunk in found] == [*(chunk.start for chunk in found[1:]), len(data)]
    assert len(found) >= min(len(data) // size // 2, 200)


@pytest.mark.parametrize("between", [b",", b",\n  "])
def test_an_array_is_cut_at_objects_with_the_first_name(between: bytes) -> None:
    objects = [json.dumps({"key": n, "items": [{"id": 1}, {"id": 2}]}).encode() for n in range(400)]
    data = between.join(objects)
    found = planned(InMemory(data), 1000, array=True)
    assert {chunk.start for chunk in found} <= _starts(objects, between)
    assert len(found) > 15


def test_inner_objects_with_the_first_name_are_no_cuts() -> None:
    objects = [json.dumps({"id": 'a",{"', "n": n, "items": [{"id": n}, {"id": "b"}]}).encode() for n in range(400)]
    data = b",".join(objects)
    found = planned(InMemory(data), 1000, array=True)
    assert {chunk.start for chunk in found} <= _starts(objects, b",")
    assert len(found) > 15


def test_an_array_of_other_names_is_not_cut() -> None:
    data = b'{"a":1},' + b",".join(b'{"b":[{"c":1},{"c":2}]}' for _ in range(900))
    assert len(planned(InMemory(data), 1000, array=True)) == 1


def test_cuts_need_few_reads() -> None:
    data = b"\n".join(json.dumps({"id": n, "text": "x" * 90}).encode() for n in range(30_000))
    source = Counted(data)
    found = planned(source, 10_000)
    assert len(found) > 300
    assert len(source.reads) <= len(found) + 1
    assert max(source.reads) <= 4097


def test_no_value_is_no_chunk() -> None:
    assert planned(InMemory(b""), 10) == ()
