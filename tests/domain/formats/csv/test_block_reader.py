"""Looks that meet earlier looks: what they find is what a reader without memory finds."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Escape, Quotes
from chalicelib.domain.formats.csv.block_reader import BlockReader, Found, _Trail
from chalicelib.domain.formats.csv.record_reader import RecordReader

READER = RecordReader(Dialect(quotes=Quotes.LENIENT, escape=Escape.BACKSLASH), Limits(max_record_bytes=64))
MEETING = (
    b'\n\\\\\n\\\n",""a",a,a\\\n"a",,,,\\\n"\na"a",a,"a""a",\\"a",\\a"a,,",""a",a,a,a\\\\,aa,"a","a",a,"a",\\\n"\\\na\\"'
    b'","\\\n","\\\\,,\\,"a","\\","\\\na,"a,aa,\na,","\n"a\\"aaa"\\\na,","a\n,"",""a\na,aa\\\n\n",a,",\n\n\\\n"a,,"a,\\"'
    b'\\\n\na\\","a","\na,","\\\\\n",",""a",a,\\\n","\na"\\\n,"a","a"a",a,"a",\\\\\na,\\\n,",""""a",","a'
)
"""A look that went on behind its limit meets the trail of a later one."""


def fresh() -> BlockReader:
    return BlockReader(READER, MEETING, len(MEETING), at_end=True)


def test_looks_that_meet_find_what_a_look_alone_finds() -> None:
    remembering, at, seen = fresh(), 0, 0
    while at < len(MEETING):
        found = remembering.record(at)
        assert found == fresh().record(at)
        end = MEETING.find(b"\n", at)
        stop = found.stop if isinstance(found, Found) else end if end >= 0 else len(MEETING)
        at, seen = stop + 1, seen + 1
    assert seen > 10


def test_a_trail_that_was_joined_twice_knows_its_last() -> None:
    field = (0, False, 0, 0, 0)
    first, second, third = (_Trail(number, field, 1) for number in (1, 2, 3))
    first.into, second.into = second, third
    assert first.last() is third
    assert first.into is third
    assert second.last() is third
