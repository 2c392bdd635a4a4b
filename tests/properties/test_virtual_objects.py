"""A file of 100 GB is planned by few small reads: on files that exist only as far as they are read."""

from __future__ import annotations

import pytest

from chalicelib.config import Settings
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.csv.split import LARGEST_BYTES, MOST_CHUNKS, WINDOWS, plan_chunks
from chalicelib.domain.raw.bytesource import Range
from tests.support.files.virtual import Joined, Virtual, virtual

HEAD = b"id,name,said,amount\n"
GB = 1_000_000_000
USUAL = int(Settings.chunk_mb * 1_000_000)
MOST_READS = 1_490
"""Whatever stands in 100 GB; the head and the tail of a file take a few more, and 1,500 are promised."""
TELLING = {
    "no quotes": b"0000007,Smith and others,no,12.50\n",
    "quoted newlines": b'0000007,"Smith, ""Bob""\nand\n2,others","say ""no""",12.50\n',
    "all quoted": b'"0000007","Smith","no","12.50"\n',
    "all quoted, mostly empty": b'"0000007","","",""\n',
    "carriage returns": b'0000007,"Smith\r\nand others",no,12.50\r\n',
    "multi-byte": '0000007,"日本\né",no,12.50\n'.encode(),
    "a stray quote": b'0000007,"Smith",6" long,12.50\n',
    "texts like records": b'0000007,"' + b"once,upon,a,time\n" * 500 + b'",no,12.50\n',
}
"""Records whose quotes, or want of quotes, show at the first look where they begin."""
PLAINEST = {"one column": b"1234567\n", "ragged": b"1,2,3,4\n5,6\n", "blank lines": b"1,2,3,4\n\n"}
"""Without quotes and without the same width in all lines: the beginning of a quoted text would look the same."""
TELLING_NOTHING = {
    "quotes only": b'""\n',
    "delimiters in quotes": b'",",","\n',
    "line ends in quotes": b'"\n","\n"\n',
}
"""Reads the same from inside and outside quotes, for ever."""


def plan(source: Virtual, chunk_bytes: int) -> tuple[Range, ...]:
    ranges = plan_chunks(source, len(source.head), chunk_bytes, Dialect(), Limits())
    assert [r.start for r in ranges] == [len(source.head), *(r.stop for r in ranges[:-1])]
    assert ranges[-1].stop == source.size
    return ranges


def test_a_virtual_file_reads_like_the_file_it_stands_for():
    source = virtual(900_000, b"abc,1\n", head=b"x,y\n", tail=b"the end")
    whole = source.head + source.pattern * ((source.size - 11) // 6) + source.tail
    assert len(whole) == source.size
    assert source.read(0, source.size) == whole
    for start, length in [(0, 4), (2, 9), (100_001, 70_000), (source.size - 9, 50), (source.size, 5), (3, 0)]:
        assert source.read(start, length) == whole[start : start + length]


@pytest.mark.parametrize("style", TELLING)
def test_100_gb_take_one_small_read_a_cut(style):
    source = virtual(100 * GB, TELLING[style], head=HEAD)
    ranges = plan(source, USUAL)
    assert len(ranges) == MOST_CHUNKS
    assert source.reads <= MOST_CHUNKS + 10
    assert source.bytes_read < 10_000_000
    if "texts" not in style:
        assert all((r.start - len(HEAD)) % len(source.pattern) == 0 for r in ranges)


@pytest.mark.parametrize("style", PLAINEST)
def test_100_gb_without_quote_or_width_are_read_twice_at_first(style):
    source = virtual(100 * GB, PLAINEST[style], head=HEAD)
    assert len(plan(source, USUAL)) == MOST_CHUNKS
    assert source.reads <= MOST_READS
    assert source.bytes_read < 15_000_000


@pytest.mark.parametrize("style", TELLING_NOTHING)
def test_ambiguous_cuts_take_four_reads_in_small_files_or_fewer(style):
    small, large = (virtual(size * GB, TELLING_NOTHING[style], head=HEAD) for size in (2, 100))
    assert max(r.stop - r.start for r in plan(small, USUAL)) < 2 * USUAL
    assert small.reads <= len(WINDOWS) * 40
    assert small.longest_read <= WINDOWS[-1] + 1
    assert max(r.stop - r.start for r in plan(large, USUAL)) < 2 * 100 * GB // MOST_CHUNKS
    assert large.reads <= MOST_READS
    assert large.bytes_read < 120_000_000


@pytest.mark.parametrize(("length", "bytes_read"), [(5_000, 110_000_000), (100_000, 400_000_000), (900_000, 1.5 * GB)])
def test_long_records_widen_the_look_and_cost_no_cut(length, bytes_read):
    source = virtual(100 * GB, b"1," + b"x" * length + b",2,3\n", head=HEAD)
    ranges = plan(source, USUAL)
    assert len(ranges) == MOST_CHUNKS
    assert all((r.start - len(HEAD)) % len(source.pattern) == 0 for r in ranges)
    assert source.reads <= MOST_READS
    assert source.bytes_read < bytes_read


def test_texts_longer_than_a_look_are_not_taken_for_records():
    source = virtual(100 * GB, b'1,"' + b"many words, and more\nor others, in it, for long\n" * 400 + b'"\n', head=HEAD)
    wrong = [r for r in plan(source, USUAL) if (r.start - len(HEAD)) % len(source.pattern)]
    assert len(wrong) < 5
    assert source.reads <= MOST_READS
    assert source.bytes_read < 110_000_000


def test_the_end_is_learnt_where_the_beginning_shows_nothing():
    plain, long = (virtual(50 * GB, row, head=HEAD) for row in (b"1234567\n", b"1," + b"x" * 100_000 + b",2,3\n"))
    source = Joined(plain, long)
    ranges = plan_chunks(source, len(HEAD), USUAL, Dialect(), Limits())
    assert max(r.stop - r.start for r in ranges) < 2 * 100 * GB // MOST_CHUNKS
    assert source.reads <= MOST_READS


@pytest.mark.parametrize(("size", "chunks"), [(69 * GB, 1_380), (1_000 * GB, 1_400), (5_000 * GB, 5_000)])
def test_no_chunk_is_larger_than_needed_or_than_a_worker_holds(size, chunks):
    source = virtual(size, TELLING["no quotes"], head=HEAD)
    ranges = plan(source, USUAL)
    assert len(ranges) == chunks
    assert max(r.stop - r.start for r in ranges) < LARGEST_BYTES + 1_000
    assert source.reads <= max(MOST_READS, chunks)
