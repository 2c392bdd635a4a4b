from __future__ import annotations

import bz2
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from backports import zstd

from chalicelib.domain.contract.contract import Contract, FileFormat, Limits
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding, Invalid, Nul
from chalicelib.domain.decode.decode import CONVERTERS, HEAD_BYTES, converted, in_pieces, readable_in_place, text_of
from chalicelib.domain.decode.feed import FREE_EMPTY_PARTS
from chalicelib.domain.file.file_plan import Text
from chalicelib.errors import Broken, Rejected, SourceChanged
from tests.support.files.engine import Memory
from tests.support.files.packing import framed, gzipped, halves, zipped

CSV = b"a,b\n1,2\n"
SMALL = Limits(max_ratio=10)


def out_of(data: bytes, limits: Limits = Limits(), **dialect: object) -> bytes:  # noqa: B008
    return b"".join(converted(Memory(data), Dialect(**dialect), limits))  # type: ignore[arg-type]


def refusal(data: bytes, limits: Limits = Limits(), **dialect: object) -> Rejected:  # noqa: B008
    with pytest.raises(Rejected) as refused:
        out_of(data, limits, **dialect)
    return refused.value


@pytest.mark.parametrize(
    ("file", "declared", "text"),
    [
        (b"\xef\xbb\xbf" + CSV, Encoding.UTF_16_BE, b"\xef\xbb\xbf" + CSV),
        (b"\xef\xbb\xbf\xc3\xa9", Encoding.CP1252, b"\xef\xbb\xbf\xc3\xa9"),
        (CSV.decode().encode("utf-16"), Encoding.UTF_8, CSV),
        (CSV.decode().encode("utf-16"), Encoding.UTF_16_BE, CSV),
        (b"\xfe\xff" + CSV.decode().encode("utf-16-be"), Encoding.LATIN_1, CSV),
        (CSV.decode().encode("utf-16-be"), Encoding.UTF_16, CSV),
        (CSV.decode().encode("utf-16-le"), Encoding.UTF_16, CSV),
        (b"\xff\xfe", Encoding.UTF_8, b""),
        (b"\xff\xfea", Encoding.UTF_8, b"\xff"),
        (b"\xef\xbb\xbf", Encoding.UTF_8, b"\xef\xbb\xbf"),
        ("a,é".encode(), Encoding.LATIN_1, "a,Ã©".encode()),
        (b"a\x80\x81", Encoding.CP1252, "a€".encode() + b"\x81"),
    ],
)
def test_a_mark_wins_over_what_was_declared(file: bytes, declared: Encoding, text: bytes):
    assert out_of(file, encoding=declared) == text
    assert out_of(gzipped(file), encoding=declared) == text


@pytest.mark.parametrize(
    ("file", "dialect"),
    [
        (CSV.decode().encode("utf-16-le"), {}),
        (CSV.decode().encode("utf-16-be"), {"encoding": Encoding.CP1252}),
        (CSV.decode().encode("utf-32"), {}),
        (CSV.decode().encode("utf-32"), {"encoding": Encoding.UTF_16}),
        (CSV, {"encoding": Encoding.UTF_16}),
        (CSV, {"encoding": Encoding.UTF_16_LE}),
    ],
)
def test_text_that_is_not_what_was_declared_is_refused(file: bytes, dialect: dict[str, object]):
    assert refusal(file, **dialect).code == "HEADER_ENCODING"
    assert refusal(gzipped(file), **dialect).code == "HEADER_ENCODING"


@pytest.mark.parametrize(
    ("dialect", "in_place"),
    [
        ({}, True),
        ({"compression": Compression.NONE}, True),
        ({"compression": Compression.GZIP}, False),
        ({"encoding": Encoding.LATIN_1}, False),
        ({"invalid": Invalid.REPLACE}, False),
        ({"nul": Nul.STRIP}, False),
    ],
)
def test_plain_text_is_read_in_place_after_one_look(dialect: dict[str, object], in_place: bool):
    source = Memory(CSV * 10_000)
    assert readable_in_place(source, Dialect(**dialect)) is in_place  # type: ignore[arg-type]
    assert source.reads in ([], [(0, HEAD_BYTES)])


def test_a_reader_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONVERTERS, FileFormat.PARQUET, "not_installed.reader.text")
    contract = Contract(name="t", schema="s", table="t", lands_at=(), columns=(), key=(), format=FileFormat.PARQUET)
    with pytest.raises(Broken, match="not_installed, which reads parquet, is not installed") as caught:
        text_of(Memory(b"PAR1"), contract)
    assert caught.value.code == "NO_READER"


@pytest.mark.parametrize("pack", [gzipped, framed, zipped()])
def test_a_file_that_unpacks_to_too_much_is_refused_in_time(pack):
    bomb = pack(bytes(40_000_000))
    source = Memory(bomb)
    blocks = converted(source, Dialect(nul=Nul.STRIP), Limits(max_ratio=100))
    tracemalloc.start()
    with pytest.raises(Rejected) as refused:
        assert sum(map(len, blocks)) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "COMPRESSION_BOMB"
    assert "max_ratio" in refused.value.message
    assert peak < 4_000_000


def test_the_largest_size_is_a_limit_too():
    some = gzipped(b"x,y\n" * 100_000)
    assert len(out_of(some, Limits(max_unpacked_bytes=400_000))) == 400_000
    assert "max_unpacked_bytes" in refusal(some, Limits(max_unpacked_bytes=399_999)).message


def test_a_small_file_may_unpack_to_a_megabyte():
    assert len(out_of(gzipped(bytes(1_000_000)), SMALL)) == 1_000_000
    assert refusal(gzipped(bytes(1_000_001)), SMALL).code == "COMPRESSION_BOMB"


def test_a_window_larger_than_what_is_held_is_refused():
    option = zstd.CompressionParameter
    made = zstd.ZstdCompressor(options={option.window_log: 28, option.enable_long_distance_matching: 1})
    assert refusal(made.compress(CSV * 100) + made.flush()).code == "COMPRESSION_BROKEN"


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        (zipped(**{"other.csv": CSV})(CSV), "COMPRESSION_MEMBERS", "'folder/things.csv', 'other.csv'"),
        (zipped(**{f"{n}.csv": b"" for n in range(30)})(CSV), "COMPRESSION_MEMBERS", "31 files ("),
        (zipped(**{"n" * 60_000 + str(n): b"" for n in range(20)})(CSV), "COMPRESSION_MEMBERS", "too many files"),
        (b"PK\x05\x06" + bytes(18), "COMPRESSION_MEMBERS", "no file"),
        (zipped(zipfile.ZIP_LZMA)(CSV), "COMPRESSION_REFUSED", "method 14"),
        (gzipped(CSV) + b"rest", "COMPRESSION_BROKEN", "the bytes after its last part are not gzip"),
        (gzipped(CSV) + b"\0\0rest", "COMPRESSION_BROKEN", "after its last part"),
        (framed(CSV) + gzipped(CSV), "COMPRESSION_BROKEN", "are not zstd"),
    ],
)
def test_what_is_wrong_with_a_packed_file_is_reported(file: bytes, code: str, words: str):
    refused = refusal(file)
    assert refused.code == code
    assert words in refused.message


def test_an_encrypted_zip_is_refused():
    made = bytearray(zipped()(CSV))
    for head in (b"PK\x03\x04", b"PK\x01\x02"):
        at = made.index(b"folder/things.csv", made.index(head)) if head == b"PK\x03\x04" else made.rindex(b"folder/t")
        made[at - (30 - 6 if head == b"PK\x03\x04" else 46 - 8)] |= 1
    assert refusal(bytes(made)).code == "COMPRESSION_REFUSED"


def test_a_zip_whose_directory_leads_behind_its_end_is_broken():
    made = bytearray(zipped()(CSV))
    offset = made.rindex(b"folder/things.csv") - 46 + 42
    made[offset : offset + 4] = (len(made) - 10).to_bytes(4, "little")
    refused = refusal(bytes(made))
    assert (refused.code, refused.byte_offset) == ("COMPRESSION_BROKEN", len(made))


@pytest.mark.parametrize("kind", [c for c in Compression if c not in (Compression.AUTO, Compression.NONE)])
def test_a_file_that_is_not_packed_as_declared_is_refused(kind: Compression):
    assert refusal(CSV, compression=kind).code == "COMPRESSION_BROKEN"


def test_where_a_file_is_damaged_is_reported():
    whole = halves(gzipped)(bytes(range(256)) * 400)
    assert refusal(whole[:-1]).byte_offset == len(whole) - 1
    assert f"byte {len(whole) - 1}" in refusal(whole[:-1]).message


def test_a_source_that_ends_early_has_changed():
    source = Memory(gzipped(CSV))
    source.__class__ = type("Longer", (Memory,), {"size": property(lambda self: len(self.data) + 5)})
    with pytest.raises(SourceChanged):
        list(converted(source, Dialect(), Limits()))


@dataclass
class Virtual:
    """A gzip of many equal members that is nowhere as a whole."""

    member: bytes
    times: int

    @property
    def size(self) -> int:
        return len(self.member) * self.times

    def read(self, start: int, length: int) -> bytes:
        first = start // len(self.member)
        repeated = self.member * (length // len(self.member) + 2)
        return repeated[start - first * len(self.member) :][: min(length, self.size - start)]


def test_memory_does_not_grow_with_the_file():
    rows = b"".join(b"%d,%d\n" % (n, zlib.crc32(b"%d" % n)) for n in range(4000))

    def peak(times: int) -> int:
        tracemalloc.start()
        total = sum(map(len, in_pieces(converted(Virtual(gzipped(rows), times), Dialect(), Limits()), 1 << 20)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total == len(rows) * times
        return most

    small, large = peak(100), peak(1000)
    assert large < small * 1.1 < 6_000_000


@pytest.mark.parametrize("size", range(1, 12))
def test_pieces_are_of_one_size_but_the_last(size: int):
    def blocks() -> Iterator[bytes]:
        yield from (b"abc", b"", b"defghij", b"k")

    assert list(in_pieces(blocks(), size)) == [b"abcdefghijk"[n : n + size] for n in range(0, 11, size)]
    assert list(in_pieces([], size)) == []


@pytest.mark.parametrize("piece", [1, 3, 10, 11])
def test_a_texts_spans_are_its_bytes(piece: int):
    text, data = Text(size=10, piece=piece), b"0123456789"
    pieces = dict(enumerate(in_pieces([data], piece), start=1))
    for start in range(12):
        for length in range(12):
            found = b"".join(pieces[n][at : at + size] for n, at, size in text.spans(start, length))
            assert found == data[start : start + length]


EMPTY_PARTS = {
    "gzip": (gzipped(CSV), gzipped(b"")),
    "bz2": (bz2.compress(CSV), bz2.compress(b"")),
    "frames": (framed(CSV), framed(b"")),
    "frames of one's own": (framed(CSV), b"\x50\x2a\x4d\x18" + bytes(4)),
}


@pytest.mark.parametrize("name", EMPTY_PARTS)
def test_empty_parts_are_refused_at_the_first_ten_thousand(name):
    full, empty = EMPTY_PARTS[name]
    source = Memory(full + empty * 3 * FREE_EMPTY_PARTS)
    with pytest.raises(Rejected) as refused:
        assert b"".join(converted(source, Dialect(), Limits())) == CSV
    assert refused.value.code == "COMPRESSION_BOMB"
    assert f"{FREE_EMPTY_PARTS} parts" in refused.value.message
    assert sum(length for _, length in source.reads) < len(full + empty * FREE_EMPTY_PARTS) + HEAD_BYTES * 3
    assert out_of(full + empty * 2_000) == CSV


@pytest.mark.parametrize("name", EMPTY_PARTS)
def test_an_empty_part_beside_each_full_one_is_no_bomb(name):
    full, empty = EMPTY_PARTS[name]
    assert out_of((full + empty) * (FREE_EMPTY_PARTS + 5_000)) == CSV * (FREE_EMPTY_PARTS + 5_000)


def test_a_frame_of_empty_blocks_unpacks_to_nothing():
    """Each costs nanoseconds, unlike a frame: only frames are counted."""
    begun, empty, last = b"\x28\xb5\x2f\xfd\x00\x58", b"\0\0\0", b"\1\0\0"
    assert out_of(framed(CSV) + begun + empty * 200 * FREE_EMPTY_PARTS + last) == CSV


def test_a_skippable_frame_that_ends_early_is_named():
    longest = b"\x50\x2a\x4d\x18" + b"\xff" * 4
    cut_short = refusal(framed(CSV) + longest + bytes(100))
    assert (cut_short.code, cut_short.byte_offset) == ("COMPRESSION_BROKEN", len(framed(CSV)) + 108)
    assert "ends too early" in cut_short.message


@pytest.mark.parametrize(("mark", "text"), [(b"\xff\xfe", "utf-16-be"), (b"\xfe\xff", "utf-16-le")])
def test_a_mark_of_the_other_byte_order_is_named(mark, text):
    wrong = refusal(mark + CSV.decode().encode(text))
    assert wrong.code == "HEADER_ENCODING"
    assert "byte order mark" in wrong.message


@pytest.mark.parametrize(("mark", "text"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
@pytest.mark.parametrize("words", ["a,b\n1,2\n", "一,万\n", "一一一一", "é,日\r\n"])
def test_a_right_mark_is_believed_whatever_the_script(mark, text, words):
    assert out_of(mark + words.encode(text)) == words.encode()


@pytest.mark.parametrize("text", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lie", [b"\xd8\x00", b"\x00\xd8", b"\xdc\xd8", b"\xff\xff", b"\xfe\xff", b"a"])
def test_utf_16_that_lies_is_as_long_as_its_bytes_allow(text, lie):
    """Lone halves, other marks and odd bytes become three bytes each at most."""
    for times in (1_000, 2_000):
        data = CSV.decode().encode(text) + lie * times
        out = out_of(data, encoding=Encoding(text))
        assert out.startswith(CSV)
        assert len(out) <= 2 * len(data)
