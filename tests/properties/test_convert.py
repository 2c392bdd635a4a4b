"""A file in any encoding, packed in any way, reads as the same text in plain UTF-8 does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding, Invalid, Nul
from chalicelib.domain.contract.tally import Altered, LeftOut, total
from chalicelib.domain.decode.decode import converted, in_pieces, readable_in_place
from chalicelib.domain.decode.encodings import Repairs, transcoded
from chalicelib.domain.decode.feed import Steps
from chalicelib.domain.decode.packed import packing, unpacked
from chalicelib.errors import Rejected
from tests.support.files.encodings import NARROW, expected
from tests.support.files.engine import Memory, contract, header_of, stage_file, text
from tests.support.files.packing import PACKS, Pack, gzipped

THINGS = contract(Column(name="a", type=text(9)), Column(name="b", type=text(9)))
CODECS = {
    Encoding.UTF_8: "utf-8",
    Encoding.UTF_16: "utf-16",  # with a mark
    Encoding.UTF_16_LE: "utf-16-le",
    Encoding.UTF_16_BE: "utf-16-be",
    Encoding.LATIN_1: "latin-1",
    Encoding.CP1252: "cp1252",
}
LETTERS = st.sampled_from(["a", "b", '"', '""', ",", "\n", "\r\n", "\0", "é", "ÿ", "7"])
WIDE_LETTERS = st.sampled_from(["€", "日", "🙂", "\ufeff", "\ud7ff", "\ue000", "\U0010ffff"])


def bodies(encoding: Encoding) -> st.SearchStrategy[str]:
    letters = LETTERS if encoding in NARROW else st.one_of(LETTERS, WIDE_LETTERS)
    return st.lists(letters, max_size=40).map("".join)


def out_of(data: bytes, dialect: Dialect) -> bytes:
    return b"".join(converted(Memory(data), dialect, Limits()))


@pytest.mark.parametrize("packed", PACKS)
@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(list(CODECS)), st.integers(1, 50))
def test_the_same_rows_and_rejects_in_any_encoding_and_packing(packed: str, data, encoding: Encoding, piece: int):
    body = header_of(THINGS).decode() + data.draw(bodies(encoding))
    dialect = Dialect(encoding=encoding)
    file = PACKS[packed](body.encode(CODECS[encoding]))
    pieces = list(in_pieces(converted(Memory(file), dialect, Limits()), piece))
    assert all(len(p) == piece for p in pieces[:-1])
    assert b"".join(pieces) == body.encode()
    assert readable_in_place(Memory(file), dialect) == (packed == "plain" and encoding is Encoding.UTF_8)
    plain, other = (stage_file(t, THINGS, 30, 16) for t in (body.encode(), b"".join(pieces)))
    assert (plain.good, plain.rejects) == (other.good, other.rejects)


# ---- encodings, beside readers that go unit by unit -----------------------------------------------------------------


def in_blocks(data: bytes, sizes: list[int]) -> list[bytes]:
    blocks = []
    while data:
        size = sizes[len(blocks) % len(sizes)]
        blocks.append(data[:size])
        data = data[size:]
    return blocks


HOSTILE = st.one_of(
    st.binary(max_size=40),
    st.lists(
        st.sampled_from(
            [
                b"a",
                b"\0",
                b"\n",
                b"\xd8",
                b"\xdc",
                b"\0\xd8",
                b"\0\xdc",
                b"\xe2\x82",
                b"\xf0\x9f\x99\x82",
                b"\x81",
                b"\xef\xbf\xbd",
                b"\xfd\xff",
            ]
        ),
        max_size=20,
    ).map(b"".join),
)
ONE_ORDER = [e for e in Encoding if e is not Encoding.UTF_16]


def counted(data: bytes, dialect: Dialect) -> tuple[dict[str, int], dict[str, int]]:
    """What is left out and altered, from what the slow readers make of other dialects."""
    with_nuls, stripped = replace(dialect, nul=Nul.REJECT), replace(dialect, invalid=Invalid.STRIP, nul=Nul.REJECT)
    narrow = dialect.encoding in (*NARROW, Encoding.UTF_8)
    nuls = (data if narrow else expected(data, with_nuls)).count(b"\0") if dialect.nul is Nul.STRIP else 0
    seen = data.replace(b"\0", b"") if narrow and dialect.nul is Nul.STRIP else data
    kept = expected(seen, stripped).decode()
    lost = len(seen) - len(kept.encode(CODECS[dialect.encoding])) if dialect.invalid is Invalid.STRIP else 0
    wrong = expected(seen, with_nuls).decode(errors="replace").count("\ufffd") - kept.count("\ufffd")
    replaced = wrong if dialect.invalid is Invalid.REPLACE else 0
    return total([{LeftOut.NULS: nuls, LeftOut.INVALID_BYTES: lost}]), total([{Altered.REPLACED: replaced}])


@settings(max_examples=800, deadline=None)
@given(
    HOSTILE,
    st.sampled_from(ONE_ORDER),
    st.sampled_from(Invalid),
    st.sampled_from(Nul),
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_any_bytes_in_any_blocks_match_a_slow_reader(
    data: bytes, encoding: Encoding, invalid: Invalid, nul: Nul, sizes: list[int], sniffed: int
):
    beginning = {Encoding.UTF_16_LE: b"a\0b\0", Encoding.UTF_16_BE: b"\0a\0b"}.get(encoding, b"ab")
    dialect = Dialect(encoding=encoding, invalid=invalid, nul=nul)
    repairs = Repairs()
    found = b"".join(transcoded(in_blocks(beginning + data, sizes), dialect, max(sniffed, 4), repairs))
    assert found == expected(beginning + data, dialect)
    assert (total([repairs.left_out]), total([repairs.altered])) == counted(beginning + data, dialect)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([e for e in ONE_ORDER if e is not Encoding.LATIN_1]), st.integers(0, 9))
def test_what_is_not_text_costs_its_own_row_only(data, encoding: Encoding, at: int):
    """... and is rejected as Redshift would, whatever stands beside it."""
    high, low = (
        (half.encode(CODECS[encoding], "surrogatepass") for half in "\ud83d\ude42")
        if "16" in encoding.value
        else (b"", b"")
    )
    wrong = data.draw(st.sampled_from([high, low] if high else [b"\x81", b"\x9d"]))
    rows = [f"é{n},x\n".encode(CODECS[encoding]) for n in range(10)]
    comma = ",".encode(CODECS[encoding])
    rows[at] = wrong + rows[at] if data.draw(st.booleans()) else rows[at].replace(comma, wrong + comma)
    file = header_of(THINGS).decode().encode(CODECS[encoding]) + b"".join(rows)
    staged = stage_file(out_of(file, Dialect(encoding=encoding)), THINGS, 30, 16)
    assert [(r.line, int(r.code)) for r in staged.rejects] == [(at + 2, 1220)]
    assert staged.good == b"".join(f"é{n},x\n".encode() for n in range(10) if n != at)


# ---- packed files, cut short, damaged, or made up ------------------------------------------------------------------

BODY = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(60))
SINGLE = {name: PACKS[name] for name in ("gzip", "bz2", "zstd", "zip", "zip, stored", "zip by bz2")}


@pytest.mark.parametrize("pack", SINGLE.values(), ids=SINGLE)
def test_a_file_cut_anywhere_is_refused(pack: Pack):
    file = pack(BODY)
    dialect = Dialect(compression=_kind(file))
    for length in range(1, len(file)):
        with pytest.raises(Rejected) as refused:
            out_of(file[:length], dialect)
        assert refused.value.code == "COMPRESSION_BROKEN"
        assert 0 <= (refused.value.byte_offset or 0) <= length


@pytest.mark.parametrize("pack", SINGLE.values(), ids=SINGLE)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_does_no_harm(pack: Pack, data):
    file = bytearray(pack(BODY))
    dialect = Dialect(compression=_kind(file))
    for _ in range(data.draw(st.integers(1, 3))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert out_of(bytes(file), dialect) == BODY
    except Rejected as refused:
        assert refused.code.startswith("COMPRESSION_")  # noqa: PT017


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([b"\x1f\x8b\x08", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"PK\x03\x04"]),
    st.binary(),
)
def test_what_only_begins_as_a_packed_file_is_refused(magic: bytes, rest: bytes):
    try:
        assert not out_of(magic + rest, Dialect())  # nothing but a frame of somebody's own
    except Rejected as refused:
        assert refused.code.startswith("COMPRESSION_")  # noqa: PT017


@pytest.mark.parametrize("packed", PACKS)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
def test_steps_of_any_size_read_and_unpack_the_same(packed: str, step: int):
    file = PACKS[packed](BODY)
    blocks = unpacked(Memory(file), packing(file, Dialect()), Steps(read=step, unpack=step))
    assert b"".join(blocks) == BODY


def _kind(file: bytes | bytearray) -> Compression:
    heads = {0x1F: Compression.GZIP, 0x42: Compression.BZ2, 0x28: Compression.ZSTD, 0x50: Compression.ZIP}
    return heads[file[0]]


@given(st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=4, max_size=30))
def test_no_text_looks_packed(name: str):
    assert packing(name.encode(), Dialect()) is Compression.NONE


def test_gzip_in_gzip_is_refused():
    with pytest.raises(Rejected, match="pack a file only once"):
        out_of(gzipped(gzipped(BODY)), Dialect())
