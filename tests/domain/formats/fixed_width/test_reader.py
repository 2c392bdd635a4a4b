"""What the property test leaves out of lines of fixed width: words for NULL, faults' words, long lines, cuts."""

from __future__ import annotations

import time

import pytest

from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.contract.dialect import Empty, EmptyRecords, ShortRows, Unit
from chalicelib.domain.formats.csv.split import WINDOWS
from chalicelib.domain.formats.fixed_width.fixed_width_format import FixedWidthFormat
from chalicelib.domain.raw.bytesource import InMemory
from tests.domain.formats.fixed_width.files import lines_of, spans_of
from tests.support.files.engine import Memory
from tests.support.files.pieces import staged

THINGS = lines_of(*spans_of((1, 4), (6, 4)))


def reasons(text: bytes, **more: object) -> list[str]:
    return [reason for *_, reason, _ in staged(text, lines_of(*spans_of((1, 4), (6, 4)), **more)).rejects]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        (b"12", {}, "a is cut: the line ends at position 2, the column has 1 to 4; if trailing blanks are left out"),
        (b"1234 ", {}, "b is missing: the line ends at position 5, the column has 6 to 9; if trailing blanks"),
        (b"1234 abcdef", {}, "has text behind its last column, b, which ends at position 9"),
        (b"1234 a\xff", {}, "is not valid UTF-8, so that its characters cannot be counted"),
        ("123é abcd".encode(), {"unit": Unit.BYTES, "extra": ExtraColumns.IGNORE}, "a is not valid UTF-8: it begins"),
        (b"1234 ab\0c", {}, "b has a NUL byte"),
        (b"1234 " + b"x" * 99, {"longest": 64}, "the record is longer than limits.max_record_bytes (64)"),
    ],
)
def test_a_reason_says_where_the_line_ends(text: bytes, more: dict[str, object], reason: str) -> None:
    (found,) = reasons(text + b"\n", **more)
    assert found.startswith(reason)


def test_null_is_a_word_if_blank_is_a_text() -> None:
    things = lines_of(*spans_of((1, 4), (6, 15)), empty=Empty.TEXT, null=("NA", "-"))
    found = staged(b"NA   a              \n     -              \n1    _landfall_null_\n", things)
    assert found.good == b"_landfall_null_,a\n,_landfall_null_\n"
    assert [reason for *_, reason, _ in found.rejects] == [
        "has the value _landfall_null_, which means NULL in the staged text"
    ]


def test_a_word_for_null_may_need_quotes_elsewhere() -> None:
    things = lines_of(*spans_of((1, 4), (6, 4)), null=('"', "a,b"))
    assert staged(b'"    a,b \n1"   x"y \n', things).good == b',\n"1""","x""y"\n'


def test_a_single_column_without_a_value_is_a_row() -> None:
    things = lines_of(*spans_of((1, 4)))
    assert staged(b"    \n\nab  \n", things).good == b'""\nab\n'


def test_short_rows_are_counted_by_column() -> None:
    things = lines_of(*spans_of((1, 4), (6, 4), (10, 2)), short_rows=ShortRows.FILL, empty_records=EmptyRecords.SKIP)
    found = staged(b"12\n1234 ab\n1234 abcd\n    \n1234 abcdxy\n", things)
    assert found.good == b"12,,\n1234,ab,\n1234,abcd,\n1234,abcd,xy\n"
    assert (found.altered, found.left_out) == ({"filled": 4}, {"empty_records": 1})


def test_records_are_counted_as_lines() -> None:
    things = lines_of(*spans_of((1, 2), (3, 1)), unit=Unit.BYTES, record_length=4)
    found = staged(b"12a 345 67\xc3\xa989", things, block=3)
    assert [(line, at) for line, at, *_ in found.rejects] == [(3, 8), (4, 12)]


def test_cuts_read_little() -> None:
    """Each cut is one small read, and the first line end behind it is a record's."""
    source = Memory(b"1234 abcd\n" * 100_000)
    cuts = FixedWidthFormat().cut(source, THINGS, 50_000)
    assert all(cut.start % 10 == 0 for cut in cuts.ranges)
    assert len(cuts.ranges) == 20
    assert sum(length for _, length in source.reads) <= 22 * (WINDOWS[0] + 16_384)


def test_records_are_cut_without_a_read() -> None:
    things = lines_of(*spans_of((1, 4)), unit=Unit.BYTES, record_length=7, eof_mark=False)
    ranges = FixedWidthFormat().cut(InMemory(b"1234567" * 100), things, 50).ranges
    assert [cut.start for cut in ranges] == list(range(0, 700, 49))


@pytest.mark.parametrize("line", [b'"' * 40, b"\xff" * 40, b"1", b"x" * 400, " ☃,".encode() * 20, b"\n", b"#"])
def test_hostile_lines_take_time_in_proportion(line: bytes) -> None:
    things, seconds = lines_of(*spans_of((1, 4), (6, 4)), comment="#"), list[float]()
    for count in (2_000, 16_000):
        began = time.process_time()
        staged((line + b"\n") * count, things)
        seconds.append(time.process_time() - began)
    assert seconds[1] < 40 * max(seconds[0], 0.02)
