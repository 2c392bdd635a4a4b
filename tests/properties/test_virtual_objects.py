"""A file of 100 GB is planned by few small reads: on files that exist only as far as they are read."""

from __future__ import annotations

import pytest

from chalicelib.domain.bytesource import Range
from chalicelib.domain.contract import Dialect, Limits
from chalicelib.domain.split import WINDOWS, plan_chunks
from tests.properties.virtual import Virtual, virtual

HEAD = b"id,name,said,amount\n"
GB = 1_000_000_000
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


@pytest.mark.parametrize(("chunk_bytes", "reads"), [(50_000_000, 2_000), (64 << 20, 1_490)])
@pytest.mark.parametrize("style", TELLING)
def test_100_gb_take_one_small_read_a_cut(style, chunk_bytes, reads):
    """2,000 reads in chunks of 50 MB; chunks of 64 MiB are what makes it fewer than 1,500."""
    source = virtual(100 * GB, TELLING[style], head=HEAD)
    ranges = plan(source, chunk_bytes)
    assert abs(len(ranges) - 100 * GB / chunk_bytes) < 2
    assert source.reads <= reads + 10
    assert source.bytes_read < 10_000_000
    if "texts" not in style:
        assert all((r.start - len(HEAD)) % len(source.pattern) == 0 for r in ranges)


@pytest.mark.parametrize("style", PLAINEST)
def test_100_gb_without_a_quote_or_a_width_take_two_reads_a_cut(style):
    source = virtual(100 * GB, PLAINEST[style], head=HEAD)
    assert len(plan(source, 50_000_000)) == 2_000
    assert source.reads <= 4_000
    assert source.bytes_read < 140_000_000


@pytest.mark.parametrize("style", TELLING_NOTHING)
def test_what_cannot_be_told_takes_three_reads_a_cut_and_no_more(style):
    source = virtual(2 * GB, TELLING_NOTHING[style], head=HEAD)
    ranges = plan(source, 50_000_000)
    assert source.reads <= 3 * 40
    assert source.longest_read <= WINDOWS[-1] + 1
    assert source.bytes_read <= 40 * (sum(WINDOWS) + 3)
    assert max(r.stop - r.start for r in ranges) < 3 * 50_000_000


def test_records_longer_than_a_look_take_more_looks_and_cost_no_cut():
    source = virtual(100 * GB, b"1," + b"x" * 100_000 + b",2,3\n", head=HEAD)
    assert len(plan(source, 50_000_000)) == 2_000
    assert source.reads <= 3 * 2_000
    assert source.bytes_read < GB
