"""Files as they land: hostile rows in any dialect, encoding and packing, cut short or blown up, all from seeds.

What the engine makes of a file is compared with readers that go byte by byte and unit by unit, value by value.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding, Escape, Newline, Quotes
from chalicelib.domain.contract.tally import total
from chalicelib.domain.decode.bounds import FREE_BYTES
from chalicelib.domain.decode.decode import converted
from chalicelib.errors import Rejected
from tests.support.files import encodings, reference, written
from tests.support.files.dialects import LEFT_OUT
from tests.support.files.engine import Memory, Staged, as_staged, contract, stage_file, staged_values, text
from tests.support.files.packing import PACKS

DIALECTS = {
    "backslash": Dialect(escape=Escape.BACKSLASH),
    "backslash, lenient": Dialect(escape=Escape.BACKSLASH, quotes=Quotes.LENIENT, delimiter="\t", null=("\\N",)),
    "no quotes": Dialect(quote="", delimiter="|", null=("NULL", "")),
    "no quotes, backslash": Dialect(quote="", escape=Escape.BACKSLASH),
    "two characters": Dialect(delimiter="||"),
    "eight characters": Dialect(delimiter="<-cell->", quotes=Quotes.LENIENT),
    "returns": Dialect(newline=Newline.CR),
    "around": Dialect(comment="#", preamble_lines=2, footer_lines=1),
    "all of it": Dialect(
        delimiter=";", quote="'", escape=Escape.BACKSLASH, quotes=Quotes.LENIENT, null=("", "NULL"), comment="--",
        preamble_lines=1, footer_lines=2, newline=Newline.CR,
    ),
}  # fmt: skip
COLUMNS = (
    Column(name="n", type=ColumnType(kind=TypeName.SMALLINT), required=True),
    Column(name="t", type=text(12)),
    Column(name="d", type=ColumnType(kind=TypeName.DATE)),
)
CODECS = {
    Encoding.UTF_8: "utf-8",
    Encoding.UTF_16_LE: "utf-16-le",
    Encoding.UTF_16_BE: "utf-16-be",
    Encoding.CP1252: "cp1252",
}
NO_TEXT = {
    Encoding.UTF_8: b"\xff",
    Encoding.UTF_16_LE: b"\x00\xd8",
    Encoding.UTF_16_BE: b"\xd8\x00",
    Encoding.CP1252: b"\x81",
}
GOOD = {"n": ["7", "-12", "0"], "t": ["a", "b c", "é€", "", "#", "--"], "d": ["2026-01-31", ""]}
DOUBTFUL = {
    "n": ["99999", "", "x", "+"],
    "t": ["much too long a text", "NULL", "\\N", "\0"],
    "d": ["2026-02-30", "31.01.2026"],
}
FILES = 40
"""Files of each dialect."""
ROWS = 30


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A file, and the bytes it has when it is unpacked."""

    packed: bytes
    plain: bytes
    things: Contract
    head: str


def landed(dice: random.Random, dialect: Dialect) -> Landed:
    """A file of hostile rows, its contract's encoding and packing drawn too."""
    encoding, packed = dice.choice(list(CODECS)), dice.choice(list(PACKS))
    newline = "\r" if dialect.newline is Newline.CR else dice.choice(["\n", "\r\n"])
    head = f'made by "us{newline}' * dialect.preamble_lines
    head += f"{dialect.comment} not yet{newline}" * dice.randint(0, 2) * bool(dialect.comment)
    head += dialect.delimiter.join(column.name for column in COLUMNS) + newline
    body = "".join(_row(dice, dialect, newline) for _ in range(ROWS)).encode(CODECS[encoding])
    if dice.random() < 0.5:
        unit = len(NO_TEXT[encoding])
        at = dice.randrange(len(body) // unit) * unit
        body = body[:at] + NO_TEXT[encoding] + body[at + unit * dice.randint(0, 1) :]
    foot = "".join(f"{n} rows{newline}" for n in range(dialect.footer_lines))
    plain = head.encode(CODECS[encoding]) + body + foot.encode(CODECS[encoding])
    things = contract(*COLUMNS, dialect=replace(dialect, encoding=encoding), longest=dice.choice([60, 200]))
    return Landed(packed=PACKS[packed](plain), plain=plain, things=things, head=head)


def _row(dice: random.Random, dialect: Dialect, newline: str) -> str:
    if dialect.comment and dice.random() < 0.1:
        return f'{dialect.comment} a "comment{newline}'
    names = ["n", "t", "d"] if dice.random() < 0.9 else dice.choices("ntd", k=dice.randint(1, 5))
    values = [dice.choice((GOOD if dice.random() < 0.9 else DOUBTFUL)[name]) for name in names]
    row = dialect.delimiter.join(_field(dice, dialect, value, newline) for value in values)
    if dice.random() < 0.15:
        at = dice.randint(0, len(row))
        pollution = dice.choice([dialect.quote or '"', dialect.delimiter, "\\", "\n", "\r", dialect.delimiter[0], "'"])
        row = row[:at] + pollution + row[at:]
    return row + (newline if dice.random() < 0.97 else dice.choice([newline * 2, "x" * 80 + newline]))


def _field(dice: random.Random, dialect: Dialect, value: str, newline: str) -> str:
    special = dice.choice([dialect.delimiter, dialect.quote, newline, "\\", ""]) if dice.random() < 0.1 else ""
    value = value[:1] + special + value[1:]
    if dialect.escape is Escape.BACKSLASH and dice.random() < 0.2:
        return value[:1] + "\\" + value[1:] if value else "\\" + newline
    if dialect.quote and (special or dice.random() < 0.3):
        return dialect.quote + value.replace(dialect.quote, dialect.quote * 2) + dialect.quote
    return value


def footer_start(data: bytes, lines: int, newline: bytes) -> int:
    at = len(data) - data.endswith(newline)
    for _ in range(lines):
        at = data.rfind(newline, 0, at)
    return at + 1 if lines else len(data)


def assert_as_read_slowly(data: bytes, file: Landed, staged: Staged) -> int:
    """Rejects, counts and values are those of the slow readers. Gives the number of good rows."""
    things, dialect = file.things, file.things.dialect
    newline = b"\r" if dialect.newline is Newline.CR else b"\n"
    records = data[: footer_start(data, dialect.footer_lines, newline)]
    found = written.read(records, len(file.head.encode()), dialect, things.limits.max_record_bytes)
    judged = [(s, *_judged(s, things)) for s in found]
    good = [s for s, code, _ in judged if code is None]
    bad = [(s.line, s.start, code, column, s.raw) for s, code, column in judged if code]
    assert [(r.line, r.byte_offset, int(r.code) or 1, r.column, r.record) for r in staged.rejects] == bad
    assert sum(s.rows_good for s in staged.summaries) == len(good)
    assert sum(s.rows_read for s in staged.summaries) == len(good) + len(bad)
    left_out = {kind: sum(s.kind == name for s in found) for name, kind in LEFT_OUT.items()}
    assert total(s.left_out for s in staged.summaries) == total([left_out])
    assert staged_values(staged, dialect) == [tuple(as_staged(v, dialect) for v in s.values) for s in good]
    return len(good)


def _judged(stretch: written.Written, things: Contract) -> tuple[int | None, str]:
    """The code and column at fault; None for a good row, 0 for what is no row."""
    if stretch.kind in ("blank", "comment"):
        return 0, ""
    return (1216, "") if stretch.kind == "bad" else reference.judge([v or b"" for v in stretch.values], things)


@pytest.mark.parametrize("name", DIALECTS)
def test_landed_files_match_slow_readers_packed_or_cut(name):
    dice, good, codes = random.Random(name), 0, set()
    for _ in range(FILES):
        file = landed(dice, DIALECTS[name])
        data = b"".join(converted(Memory(file.packed), file.things.dialect, Limits()))
        assert data == encodings.expected(file.plain, file.things.dialect)
        whole = stage_file(data, file.things, len(data))
        good += assert_as_read_slowly(data, file, whole)
        codes |= {int(reject.code) for reject in whole.rejects}
        for chunk_bytes, block_bytes in ((dice.randint(20, 300), 1 << 20), (len(data), dice.randint(16, 300))):
            staged = stage_file(data, file.things, chunk_bytes, block_bytes)
            assert (staged.good, staged.rejects) == (whole.good, whole.rejects)
    assert good > FILES * ROWS / 4
    assert codes >= {1202, 1203, 1205, 1207, 1213, 1218, 1220}


@pytest.mark.parametrize("packed", PACKS)
def test_of_a_file_cut_short_a_beginning_is_read_or_nothing(packed):
    dice, refused = random.Random(packed), 0
    for spoken in DIALECTS.values():
        file = landed(dice, spoken)
        body, whole = PACKS[packed](file.plain), encodings.expected(file.plain, file.things.dialect)
        kinds = {b"\x1f": Compression.GZIP, b"B": Compression.BZ2, b"(": Compression.ZSTD, b"P": Compression.ZIP}
        kind = Compression.NONE if packed == "plain" else kinds[body[:1]]
        dialect = replace(file.things.dialect, compression=kind)
        for length in (0, 1, *(dice.randrange(len(body)) for _ in range(12))):
            read, error = out_of(body[:length], dialect, Limits())
            if not error:  # cut between two members, or not packed: the last letter may be half, and read as no text
                read = read[: max(len(read) - 4, 0)]
            assert whole.startswith(read)
            assert error in ("", "HEADER_ENCODING" if kind is Compression.NONE else "COMPRESSION_BROKEN")
            refused += bool(error)
    assert refused > 5 or packed == "plain"


@pytest.mark.parametrize("packed", [name for name in PACKS if name != "plain"])
def test_a_bomb_is_refused_at_the_first_byte_too_many(packed):
    dice, refused = random.Random(packed), 0
    for _ in range(8):
        row = b"%d,%d\n" % (dice.randrange(10**9), dice.randrange(10**9))
        size = 20_000 if "small blocks" in packed else dice.choice([300_000, 999_999, 1_500_000, 3_000_000])
        plain = row * (size // len(row))
        file = PACKS[packed](plain)
        limits = Limits(max_ratio=dice.choice([1, 10, 200]), max_unpacked_bytes=dice.choice([10_000, 1_200_000, 10**9]))
        allowed = min(max(FREE_BYTES, len(file) * limits.max_ratio), limits.max_unpacked_bytes)
        read, error = out_of(file, Dialect(), limits)
        assert error == ("COMPRESSION_BOMB" if len(plain) > allowed else "")
        assert read == plain[: len(read)]
        assert len(read) <= allowed
        refused += bool(error)
    assert refused > 0


def out_of(data: bytes, dialect: Dialect, limits: Limits) -> tuple[bytes, str]:
    """What is handed out, and the code of the error that ends it."""
    read = bytearray()
    try:
        for block in converted(Memory(data), dialect, limits):
            read += block
    except Rejected as error:
        return bytes(read), error.code
    return bytes(read), ""
