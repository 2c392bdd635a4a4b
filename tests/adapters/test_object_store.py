"""What the pipeline may count on from any object store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import SourceObject
from chalicelib.domain.run.storage import ColdStorage
from chalicelib.errors import Refused, SourceChanged, SourceGone, WorkGone
from tests.adapters.conftest import Objects

KEY = "incoming/a.csv"
ODD_KEYS = [
    "in/a b+c%20d%2Be.csv",
    "in/ümlaut#&?=;:@!$'()*.csv",
    "in/日本/🙂.csv",
    "in//double/./dot.csv",
    "in/" + "x" * 1021,
]


def landed(objects: Objects, body: bytes = b"0123456789", key: str = KEY) -> SourceObject:
    objects.store.put(objects.bucket, key, body)
    return objects.store.head(objects.bucket, key)


def keys(objects: Objects, prefix: str) -> list[str]:
    return [s.key for s in objects.store.list(objects.bucket, prefix)]


def test_what_is_put_can_be_got_whole(objects: Objects) -> None:
    source = landed(objects, b"abc")
    assert objects.store.get(objects.bucket, KEY) == b"abc"
    assert (source.size, source.bucket, source.key, source.sequencer) == (3, objects.bucket, KEY, "")
    assert source.etag == "900150983cd24fb0d6963f7d28e17f72"
    assert bool(source.version_id) is objects.versioned
    assert source.last_modified > 1_000_000_000


def test_an_object_may_be_empty(objects: Objects) -> None:
    source = landed(objects, b"")
    assert source.size == 0
    assert objects.store.get(objects.bucket, KEY) == b""
    assert objects.store.read(source, 0, 10) == b""


def test_what_is_not_there_is_gone(objects: Objects) -> None:
    with pytest.raises(SourceGone):
        objects.store.head(objects.bucket, "nothing")
    with pytest.raises(WorkGone, match="run the file again"):
        objects.store.get(objects.bucket, "nothing")


def test_what_somebody_removed_is_gone(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    objects.remove(KEY)
    with pytest.raises(SourceGone):
        objects.store.head(objects.bucket, KEY)
    with pytest.raises(SourceGone):
        objects.store.read(source, 0, 1)
    with pytest.raises(SourceGone):
        objects.store.copy(source, "archive/a.csv")


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, 4, b"0123"),
        (3, 4, b"3456"),
        (8, 100, b"89"),
        (10, 5, b""),
        (99, 5, b""),
        (2, 0, b""),
        (0, 10, b"0123456789"),
    ],
)
def test_a_range_is_read(objects: Objects, start: int, length: int, expected: bytes) -> None:
    assert objects.store.read(landed(objects), start, length) == expected


@pytest.mark.parametrize(
    ("start", "stop", "expected"), [(0, 10, b"0123456789"), (3, 7, b"3456"), (8, 99, b"89"), (10, 20, b""), (4, 4, b"")]
)
def test_a_span_is_streamed(objects: Objects, start: int, stop: int, expected: bytes) -> None:
    assert b"".join(objects.store.stream(landed(objects), start, stop)) == expected


def test_a_large_span_is_streamed_in_order(objects: Objects) -> None:
    body = random.Random(1).randbytes(3_500_000)
    pieces = list(objects.store.stream(landed(objects, body), 5, len(body) - 5))
    assert len(pieces) > 1
    assert b"".join(pieces) == body[5:-5]


def test_an_overwritten_object_is_not_streamed(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    landed(objects, b"other bytes")
    with pytest.raises(SourceChanged):
        list(objects.store.stream(source, 0, 10))


def test_what_is_gone_is_not_streamed(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    objects.remove(KEY)
    with pytest.raises(SourceGone):
        list(objects.store.stream(source, 0, 10))


@pytest.mark.parametrize("sizes", [[3], [1, 2, 3], [5 << 20], [5 << 20, 1], [2_000_000] * 6, [12_000_000, 0, 7]])
def test_pieces_become_one_object(objects: Objects, sizes: list[int]) -> None:
    pieces = [random.Random(n).randbytes(size) for n, size in enumerate(sizes)]
    for _ in range(2):  # as a worker that starts over does
        objects.store.upload(objects.bucket, "part", iter(pieces))
        assert objects.store.get(objects.bucket, "part") == b"".join(pieces)
    assert objects.unfinished() == 0


def test_no_pieces_are_no_object(objects: Objects) -> None:
    objects.store.upload(objects.bucket, "part", iter([]))
    assert keys(objects, "") == []


class Stopped(BaseException):
    """What ends a worker without being an error."""


@pytest.mark.parametrize("size", [10, 6_000_000], ids=["before the first part", "after two parts"])
@pytest.mark.parametrize("why", [SourceChanged("overwritten"), Stopped()], ids=["error", "stop"])
def test_an_object_that_cannot_be_finished_leaves_nothing(objects: Objects, size: int, why: BaseException) -> None:
    def pieces() -> Iterator[bytes]:
        yield bytes(size)
        yield bytes(size)
        raise why

    with pytest.raises(type(why)):
        objects.store.upload(objects.bucket, "part", pieces())
    assert keys(objects, "") == []
    assert objects.unfinished() == 0


@pytest.mark.parametrize(("start", "length"), [(0, 4), (3, 4), (8, 100), (4, None), (9, 1)])
def test_a_part_of_an_object_of_our_own_is_got(objects: Objects, start: int, length: int | None) -> None:
    landed(objects, b"other bytes")
    landed(objects)  # whichever version is there
    expected = b"0123456789"[start : None if length is None else start + length]
    assert objects.store.get(objects.bucket, KEY, start, length) == expected


def test_an_overwritten_object_is_not_read(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    landed(objects, b"other bytes")
    with pytest.raises(SourceChanged):
        objects.store.read(source, 0, 4)


def test_an_object_overwritten_by_a_smaller_one_is_not_read(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    landed(objects, b"x")
    with pytest.raises(SourceChanged):
        objects.store.read(source, 5, 4)


def test_a_named_version_is_read_whatever_came_after(objects: Objects) -> None:
    source = landed(objects)
    if not objects.versioned:
        pytest.skip("only with versioning")
    landed(objects, b"other bytes")
    assert objects.store.read(source, 2, 3) == b"234"
    assert objects.store.head(objects.bucket, KEY, source.version_id) == source


def test_a_copy_is_the_same_bytes_and_may_be_made_again(objects: Objects) -> None:
    source = landed(objects)
    for _ in range(2):
        objects.store.copy(source, "archive/a.csv")
        assert objects.store.get(objects.bucket, "archive/a.csv") == b"0123456789"
    assert objects.store.read(source, 0, 10) == b"0123456789"


def test_an_overwritten_object_is_not_copied(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    landed(objects, b"other bytes")
    with pytest.raises(SourceChanged):
        objects.store.copy(source, "archive/a.csv")
    assert keys(objects, "archive/") == []


def test_delete_may_be_repeated(objects: Objects) -> None:
    source = landed(objects)
    objects.store.delete(source)
    objects.store.delete(source)
    assert keys(objects, "") == []


@pytest.mark.parametrize("named", [True, False], ids=["by version", "by etag"])
def test_delete_removes_no_other_version(objects: Objects, named: bool) -> None:
    source = landed(objects)
    if not named:
        source = replace(source, version_id=None)
    newer = landed(objects, b"newer")
    objects.store.delete(source)
    assert objects.store.head(objects.bucket, KEY) == newer
    assert objects.store.read(newer, 0, 5) == b"newer"


def test_delete_without_a_version_removes_the_current_one(objects: Objects) -> None:
    source = replace(landed(objects), version_id=None)
    objects.store.delete(source)
    with pytest.raises(SourceGone):
        objects.store.head(objects.bucket, KEY)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_goes_all_the_way(objects: Objects, key: str) -> None:
    source = landed(objects, b"abc", key)
    assert objects.store.read(source, 1, 2) == b"bc"
    assert [(s.key, s.etag, s.size) for s in objects.store.list(objects.bucket, "in/")] == [(key, source.etag, 3)]
    objects.store.copy(source, "archive/odd")
    objects.store.delete(source)
    assert keys(objects, "") == ["archive/odd"]


def test_a_listing_is_by_prefix_in_key_order(objects: Objects) -> None:
    for key in ("f10/a", "f1/b", "f1/a", "f1/ü", "f1/Z", "other"):
        landed(objects, b"x", key)
    assert keys(objects, "f1/") == ["f1/Z", "f1/a", "f1/b", "f1/ü"]
    assert keys(objects, "f1") == ["f1/Z", "f1/a", "f1/b", "f1/ü", "f10/a"]
    assert keys(objects, "nothing") == []


def test_a_listing_shows_the_current_version_once(objects: Objects) -> None:
    landed(objects, b"old")
    newest = landed(objects, b"new!")
    [found] = objects.store.list(objects.bucket, "incoming/")
    assert found == replace(newest, version_id=None)


@pytest.mark.parametrize("after", ["", "in/a.csv", "in/b", "in/é.csv", "in/z", "a", "z"])
def test_a_list_goes_on_behind_a_key(objects: Objects, after: str) -> None:
    keys = ["in/a.csv", "in/b/c.csv", "in/Z.csv", "in/é.csv", "in/😀.csv", "other/x.csv"]
    for key in keys:
        objects.store.put(objects.bucket, key, b"x")
    expected = sorted((k for k in keys if k.startswith("in/") and k.encode() > after.encode()), key=str.encode)
    assert [source.key for source in objects.store.list(objects.bucket, "in/", after)] == expected


# ---- cold storage ---------------------------------------------------------------------------------------------------


def test_an_object_is_not_in_cold_storage_as_it_comes(objects: Objects) -> None:
    landed(objects)
    assert objects.store.cold_storage(objects.bucket, KEY) is None
    with pytest.raises(SourceGone):
        objects.store.cold_storage(objects.bucket, "nothing")


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_object_in_cold_storage_is_read_once_it_is_restored(
    objects: Objects, clock: MemoryClock, storage_class: str
) -> None:
    landed(objects)
    objects.freeze(KEY, storage_class)
    source = objects.store.head(objects.bucket, KEY)
    expected = ColdStorage(storage_class=storage_class, restoring=False)
    assert objects.store.cold_storage(objects.bucket, KEY) == expected
    with pytest.raises(Refused, match="InvalidObjectState"):
        objects.store.read(source, 0, 3)
    for _ in range(2):
        objects.store.restore(objects.bucket, KEY, 7)
    clock.advance(12 * 3_600)  # in moto it takes no time
    assert objects.store.cold_storage(objects.bucket, KEY) is None
    assert objects.store.read(source, 0, 3) == b"012"
