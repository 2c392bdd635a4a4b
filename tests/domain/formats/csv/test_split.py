"""Cuts are found by small reads, and mostly right at once; the chain finds those that are not."""

from __future__ import annotations

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.staging.stage import ChunkSummary
from tests.support.files.engine import Memory, assert_as_reference, contract, gap_of, stage_file, text

QUOTED = b'%07d,"Smith, ""Bob""\nand\n2,others","say ""no""",12.50\n'


def plan(source, chunk_bytes: int, start: int = 0) -> tuple[Range, ...]:
    return plan_chunks(source, start, chunk_bytes, Dialect(), Limits())


def rows_of(pattern: bytes, count: int) -> bytes:
    return b"".join(pattern % n for n in range(count))


def assert_tiles(ranges, start: int, size: int) -> None:
    assert [r.start for r in ranges] == [start, *(r.stop for r in ranges[:-1])]
    assert ranges[-1].stop == size
    assert all(r.start < r.stop for r in ranges)


def test_cuts_in_quoted_fields_are_right_at_once():
    data = rows_of(QUOTED, 3000)
    length = len(QUOTED % 0)
    for chunk_bytes in (5_000, 7_777, 50_001):
        ranges = plan(Memory(data), chunk_bytes)
        assert_tiles(ranges, 0, len(data))
        assert all(r.start % length == 0 for r in ranges)


def test_a_cut_in_a_record_longer_than_the_chunk_is_dropped():
    data = b"a,b\n" + b'1,"' + b"x y\n" * 5000 + b'z"\n' + b"2,y\n" * 100
    ranges = plan(Memory(data), 1000, start=4)
    assert_tiles(ranges, 4, len(data))
    assert ranges[0].stop >= data.index(b"2,y")


def test_an_ambiguous_cut_is_looked_at_more_widely():
    filler = b'","\n' * 3000  # reads the same from outside and from inside quotes
    data = rows_of(b'%07d,"x"\n', 10) + filler + b'end,"a b"\n' + rows_of(b'%07d,"x"\n', 8000)
    source = Memory(data)
    plan(source, 6_000)
    assert max(length for _, length in source.reads) > 60_000


def test_no_data_gives_no_chunk_and_little_data_one():
    assert plan(Memory(b"a,b\n"), 10, start=4) == ()
    assert plan(Memory(b"a,b\n1"), 10, start=4) == (Range(start=4, stop=5),)


def test_a_wrong_guess_is_found_and_its_chunk_staged_again():
    things = contract(Column(name="a", type=text(90_000)), Column(name="b", type=text(90_000)))
    story = b"".join(b"once,upon\n" for _ in range(900))  # looks like records for longer than a first look reaches
    data = b"a,b\n" + b"1,2\n" * 500 + b'3,"' + story + b'"\n' + b"4,5\n" * 3000
    staged = stage_file(data, things, 4_000)
    assert staged.repaired > 0
    assert_as_reference(data, things, staged)
    assert staged.rejects == []


def test_the_chain_names_the_first_chunk_that_does_not_fit():
    planned = [Range(start=4, stop=10), Range(start=10, stop=20), Range(start=20, stop=30)]
    fits = [ChunkSummary(start=r.start, end=r.stop) for r in planned]
    assert gap_of(planned, fits) is None
    assert gap_of(planned, [ChunkSummary(start=4, end=12), *fits[1:]]) == (1, 12)
    assert gap_of(planned, [*fits[:2], ChunkSummary(start=21, end=30)]) == (2, 20)
    assert gap_of(planned, [ChunkSummary(start=5, end=10), *fits[1:]]) == (0, 4)
    assert gap_of([], []) is None
