"""One broken row harms no other, wherever and however it is broken.

In every clean file one row is broken at every byte: delimiters, quotes and line ends added, delimiters and quotes
dropped and moved, the row's own line end dropped, which makes it and the next one a single row. All other rows must
load byte for byte. What becomes of the broken one is for Python's csv to say, which sees nothing else: each record it
reads there loads if it has its columns and a number first, and all the rest is rejected where it stands.

There is one exception, counted apart: an open quote may find its end in a later row whose own text begins with a line
end. RFC 4180 reads that as one record, and so must we.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from tests.support.files import pythons_csv
from tests.support.files.engine import Staged, contract, header_of, stage_file, text

ID = Column(name="id", type=ColumnType(kind=TypeName.INTEGER), required=True)
NARROW = contract(ID, *(Column(name=name, type=text(100)) for name in "ab"))
WIDE = contract(ID, *(Column(name=f"c{n}", type=text(100)) for n in range(15)))
ROWS = 9
BROKEN = (0, 4, ROWS - 1)
MOVED_BY = 3
"""A quote or delimiter is moved to every third place: all would be thousands for one wide row."""


def wide_row(n: int) -> bytes:
    return b",".join([b"%d" % n, *(b'"v %d"' % at if at % 3 else b"w" for at in range(15))]) + b"\n"


STYLES: dict[str, tuple[Contract, Callable[[int], bytes]]] = {
    "plain": (NARROW, lambda n: b"%d,Smith %d,yes and no\n" % (n, n)),
    "quoted": (NARROW, lambda n: b'"%d","Smith, ""Bob"" %d","no"\n' % (n, n)),
    "quoted newlines": (NARROW, lambda n: b'%d,"Main St %d,\nTown, %d","x"\n' % (n, n, n)),
    "newlines at the end": (NARROW, lambda n: b'%d,"x\n","y %d\n"\n' % (n, n)),
    "carriage returns": (NARROW, lambda n: b'%d,"a, %d\r\nb",z\r\n' % (n, n)),
    "wide": (WIDE, wide_row),
    "multi-byte": (NARROW, lambda n: f'{n},"日本, {n}",é😀\n'.encode()),
    "empty": (NARROW, lambda n: b'"%d","",""\n' % n),
    "quotes at the edge": (NARROW, lambda n: b'%d,"""x""",",%d,"\n' % (n, n)),
}
LEADING_NEWLINES = (NARROW, lambda n: b'%d,"\nx","y"\n' % n)


@dataclass(frozen=True, kw_only=True)
class Polluted:
    """A file of which one row is broken."""

    things: Contract
    before: bytes
    broken: bytes
    after: bytes

    @property
    def data(self) -> bytes:
        return header_of(self.things) + self.before + self.broken + self.after

    @property
    def start(self) -> int:
        """Where the broken row starts."""
        return len(header_of(self.things) + self.before)

    def joined(self) -> bool:
        """Whether RFC 4180 reads a record that begins in the broken row and ends behind it."""
        end = self.start + len(self.broken)
        rows = pythons_csv.read(self.data, self.start, self.things, strict=True)
        return any(row.fields is not None and row.start < end < row.end for row in rows)


def pollutions(things: Contract, row_of: Callable[[int], bytes]) -> Iterator[Polluted]:
    rows = [row_of(100 + n) for n in range(ROWS)]
    for place in BROKEN:
        before, row, after = b"".join(rows[:place]), rows[place], rows[place + 1 :]
        for broken in breakages(row):
            yield Polluted(things=things, before=before, broken=broken, after=b"".join(after))
        for unended in unended_rows(row):
            joined = unended + b"".join(after[:1])
            yield Polluted(things=things, before=before, broken=joined, after=b"".join(after[1:]))


def breakages(row: bytes) -> Iterator[bytes]:
    """The row with one delimiter, quote or line end too many, too few or elsewhere, its own line end kept."""
    text = row.rstrip(b"\r\n")
    end = row[len(text) :]
    for at in range(len(text) + 1):
        for added in (b",", b'"', b"\n", b"\r\n"):
            yield text[:at] + added + text[at:] + end
    for at in range(len(text)):
        if text[at] in b',"':
            rest, moved = text[:at] + text[at + 1 :], text[at : at + 1]
            yield rest + end
            for to in range(at % MOVED_BY, len(rest) + 1, MOVED_BY):
                yield rest[:to] + moved + rest[to:] + end


def unended_rows(row: bytes) -> set[bytes]:
    """The row without its line end, or without one byte of it that matters."""
    return {row.rstrip(b"\r\n"), row.removesuffix(b"\n")}


def expected_of(file: Polluted) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The rows that must be good, and offsets and bytes of the rejects, as csv reads the broken row alone."""
    good, rejects = b"", []
    for row in pythons_csv.read(file.broken, 0, file.things, strict=True):
        if loads(row, file.things):
            good += file.broken[row.start : row.end].removesuffix(b"\n") + b"\n"
        elif row.raw:
            rejects.append((file.start + row.start, row.raw))
    return file.before + good + file.after, rejects


def loads(row: pythons_csv.Row, things: Contract) -> bool:
    if row.fields is None or len(row.fields) != len(things.columns) or not row.fields[0].isdigit():
        return False
    try:
        return bool(row.raw.decode())
    except UnicodeDecodeError:
        return False


def as_expected(file: Polluted, staged: Staged) -> bool:
    return (staged.good, [(r.byte_offset, r.record) for r in staged.rejects]) == expected_of(file)


@pytest.mark.parametrize("style", STYLES)
def test_only_the_broken_row_is_rejected_and_in_its_place(style):
    rejected = loaded = 0
    for number, file in enumerate(pollutions(*STYLES[style])):
        staged = stage_file(file.data, file.things, 50 if number % 20 == 0 else len(file.data))
        assert as_expected(file, staged), (file.broken, staged.rejects)
        rejected += bool(staged.rejects)
        loaded += not staged.rejects
    assert rejected > 100
    assert loaded > 20


def test_the_styles_make_thousands_of_pollutions():
    assert sum(1 for style in STYLES.values() for _ in pollutions(*style)) > 7_000


def test_only_what_rfc_4180_joins_is_joined():
    files = list(pollutions(*LEADING_NEWLINES))
    others = [file for file in files if not as_expected(file, stage_file(file.data, file.things, 1 << 20))]
    assert 0 < len(others) < len(files) / 10
    assert all(file.joined() for file in others)
    for file in others:
        lost = file.after.count(b"\n") // 2 - stage_file(file.data, file.things, 1 << 20).good.count(b'\nx","y"\n')
        assert lost <= 1, file.broken
