"""All lines of a block at once are read as plain slices read them one by one, however a file is cut."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import Contract, ExtraColumns
from chalicelib.domain.contract.dialect import Newline, ShortRows, Unit
from chalicelib.domain.contract.notation import Align, Span
from tests.domain.formats.fixed_width.files import lines_of, read, spans_of
from tests.support.files.pieces import Staged, staged

PIECES = [b" ", b"  ", b"0", b"7", b"x", b",", b'"', b"#", b"\r", b"\xff", b"\xc3", b"ab cd", b"        ", b"\t"]
PIECES += [one.encode() for one in ("é", "☃", "😀", "日本")]
records = st.lists(st.sampled_from(PIECES), max_size=9).map(b"".join)


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    found, at = list[Span](), 1
    for _ in range(draw(st.integers(1, 4))):
        start, width = at + draw(st.integers(0, 2)), draw(st.integers(1, 9))
        padding = draw(st.sampled_from("   0x"))
        found.append(Span(start=start, width=width, padding=padding, align=draw(st.sampled_from(Align))))
        at = start + width
    return found


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    columns, unit = draw(spans()), draw(st.sampled_from(Unit))
    fixed = draw(st.integers(0, 3)) == 0
    return lines_of(
        *columns,
        longest=draw(st.sampled_from([columns[-1].last + 2, 1 << 20])),
        extra=draw(st.sampled_from([ExtraColumns.FAIL, ExtraColumns.IGNORE])),
        unit=Unit.BYTES if fixed else unit,
        record_length=columns[-1].last + draw(st.integers(0, 2)) if fixed else 0,
        short_rows=draw(st.sampled_from(ShortRows)),
        comment=draw(st.sampled_from(["", "#", "é"])),
        newline=draw(st.sampled_from(Newline)),
    )


def values(found: Staged) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.good.decode(), newline="")))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), things=contracts())
def test_a_file_is_read_as_slices_read_it(data: st.DataObject, things: Contract) -> None:
    ends = st.sampled_from([b"\n", b"\r\n", b""] if things.dialect.line_end == b"\n" else [b"\r", b""])
    text = b"".join(record + data.draw(ends) for record in data.draw(st.lists(records, max_size=12)))
    whole = staged(text, things)
    good, rejects = read(text, things)
    assert (values(whole), [row[:3] for row in whole.rejects], whole.end) == (good, rejects, len(text))
    assert all(text[at : at + len(record)] == record for _, at, _, _, record in whole.rejects)
    cuts = tuple(sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))) if text else ()
    assert staged(text, things, cuts=cuts, block=data.draw(st.integers(1, 40))) == whole


@pytest.mark.parametrize("name", ["plain", "wide", "hostile"])
def test_any_cut_and_any_block_give_the_whole(name: str) -> None:
    text = {
        "plain": b"12  abc   \n3   d      \n" * 6,
        "wide": "12  日本é  \n3   ☃😀    \r\n\n".encode() * 5,
        "hostile": b'12  a,"b  \n3   short\n4   \xff12345\n#c\n5   far too long\n"",,""""""\n' * 4,
    }[name]
    things = lines_of(*spans_of((1, 4), (5, 6)), comment="#")
    whole = staged(text, things)
    for cut in range(1, len(text)):
        assert staged(text, things, cuts=(cut,), block=1 + cut % 37) == whole
