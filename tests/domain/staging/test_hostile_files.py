"""Files that would be too much to hold, or that are no CSV at all: a clear answer, in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.tally import LeftOut
from chalicelib.domain.formats.csv.header import HEAD_BYTES, match_header, read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.formats.csv.tail import tail
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run.rejects import KEPT_BYTES
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.stage import BLOCK_BYTES, MOST_ROWS, stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import Rejected
from tests.support.files.engine import Memory, Staged, contract, header_of, stage_file, text
from tests.support.files.virtual import Virtual, virtual

MB, GB = 1_000_000, 1_000_000_000
MAX_RECORD_BYTES = Limits().max_record_bytes
PAIR = contract(Column(name="a", type=text()), Column(name="b", type=text()))
HEAD = b"a,b\n"


def blocks_of(source: Virtual | Memory, things: Contract) -> Iterator[Block]:
    layout = match_header(things, read_header(source, things.dialect, things.limits).fields)
    chunk = Range(start=len(header_of(things)), stop=source.size)
    return stage_chunk(source, chunk, compile_rules(things, layout))


def staged(body: bytes, things: Contract = PAIR) -> Staged:
    return stage_file(header_of(things) + body, things, 1 << 20)


def refusal(source: Virtual | Memory, dialect: Dialect = Dialect(), **limits: int) -> Rejected:  # noqa: B008
    with pytest.raises(Rejected) as refused:
        read_header(source, dialect, Limits(**limits))
    return refused.value


@pytest.fixture
def peak() -> Iterator[object]:
    """Says how many bytes were held at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


# ---- much too long ----


@pytest.mark.parametrize("pattern", [b"x", b"x,", b'""', "é".encode()], ids=["text", "delimiters", "quotes", "letters"])
def test_a_record_of_1_gb_is_one_reject_and_its_neighbours_load(pattern, peak):
    source = virtual(GB, pattern, head=HEAD + b"1,2\n", tail=b"\n3,4\n")
    blocks = list(blocks_of(source, PAIR))
    (reject,) = [reject for block in blocks for reject in block.rejects]
    assert b"".join(block.good for block in blocks) == b"1,2\n3,4\n"
    assert (reject.line, reject.byte_offset, len(reject.record)) == (2, 8, KEPT_BYTES)
    assert "longer than limits.max_record_bytes" in reject.reason
    assert blocks[-1].end == source.size
    assert source.longest_read <= 4 * BLOCK_BYTES
    assert source.bytes_read < source.size + 4 * BLOCK_BYTES
    assert peak() < 150 * MB


def test_a_quote_that_is_open_for_1_gb_costs_its_own_line(peak):
    source = virtual(GB, b"x" * 999_999 + b"\n", head=HEAD + b'1,2\n5,"\n', tail=b"3,4\n")
    counts = [(block.rows_good, len(block.rejects)) for block in blocks_of(source, PAIR)]
    assert sum(good for good, _ in counts) == 2
    assert sum(bad for _, bad in counts) == 1 + (source.size - len(source.head) - 4) // MB
    assert peak() < 50 * MB


def test_a_gigabyte_without_a_line_end_is_planned_as_one_chunk():
    source = virtual(GB, b"x", head=HEAD)
    assert plan_chunks(source, len(HEAD), 50 * MB, Dialect(), Limits()) == (Range(start=4, stop=source.size),)
    assert source.bytes_read < 30 * MB


@pytest.mark.parametrize("pattern", [b"x", b"x,", b'""', b'"x\n'], ids=["text", "delimiters", "quotes", "open quote"])
def test_a_header_of_1_gb_is_refused_after_the_longest_record(pattern, peak):
    longest = MAX_RECORD_BYTES // 8
    source = virtual(GB, pattern, head=b'a,"' if pattern == b'"x\n' else b"a,")
    assert refusal(source, max_record_bytes=longest).code in ("HEADER_MALFORMED", "TOO_MANY_COLUMNS")
    assert source.bytes_read < longest + 1_000
    assert peak() < 4 * MB


@pytest.mark.parametrize("line", [b"1\n", b'"\n', b"\n"], ids=["ragged", "quote", "blank"])
def test_a_block_of_nothing_but_line_ends_is_handed_on_in_pieces(line, peak):
    source = virtual(300_000, line, head=HEAD)
    rows = [block.rows_read + block.left_out.get(LeftOut.BLANK_LINES, 0) for block in blocks_of(source, PAIR)]
    assert sum(rows) <= 300_000 // len(line)
    assert max(rows) <= MOST_ROWS
    assert peak() < 100 * MB


# ---- much too wide ----


def test_10_000_columns_in_the_header_are_counted_and_refused():
    wide = Memory(b",".join(b"c%d" % n for n in range(10_000)) + b"\n" + b"1," * 9_999 + b"1\n")
    refused = refusal(wide)
    assert (refused.code, refused.line) == ("TOO_MANY_COLUMNS", 1)
    assert refused.message == "the header has 10000 columns; limits.max_columns allows 1600"


def test_10_000_columns_are_read_where_the_contract_allows_them():
    columns = tuple(Column(name=f"c{n}", type=text()) for n in range(10_000))
    things = Contract(
        name="wide", schema="s", table="t", lands_at=("in/*",), columns=columns, key=(), lineage=False,
        limits=Limits(max_columns=10_000),
    )  # fmt: skip
    good, bad = b"1," * 9_999 + b"1\n", b"1," * 5_000 + b"much too long" + b",1" * 4_999 + b"\n"
    result = staged(good + bad + good, things)
    assert result.good == good * 2
    assert [(reject.line, reject.column) for reject in result.rejects] == [(3, "c5000")]


def test_10_000_fields_in_a_row_of_two_are_one_reject():
    result = staged(b"1,2\n" + b"x," * 9_999 + b"x\n3,4\n")
    assert result.good == b"1,2\n3,4\n"
    assert [reject.reason for reject in result.rejects] == ["10000 columns instead of 2"]


# ---- nothing, or next to nothing ----


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n", b"\n\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_a_file_of_nothing_has_no_header(body):
    refused = refusal(Memory(body))
    assert (refused.code, refused.line) == ("HEADER_MISSING", body.count(b"\n") + 1)


@pytest.mark.parametrize("body", [b"a,b", b"a,b\n", b"a,b\r\n", b"\xef\xbb\xbfa,b\n", b"a,b\n\n\n"])
def test_a_header_alone_is_a_file_without_rows(body):
    result = stage_file(body, PAIR, 1 << 20)
    assert (result.good, result.rejects) == (b"", [])
    assert sum(summary.rows_read for summary in result.summaries) == 0


# ---- cut short ----


def test_a_file_cut_short_anywhere_loses_no_row_that_is_whole():
    rows = [b'1,"a\nb"\n', b"2,c\r\n", '3,"日本"\n'.encode(), b'4,"""x"""\n']
    whole = HEAD + b"".join(rows)
    for size in range(len(HEAD), len(whole)):
        cut = stage_file(whole[:size], PAIR, 1 << 20)
        ends = [len(HEAD) + len(b"".join(rows[:n])) for n in range(len(rows) + 1)]
        complete = b"".join(rows[: sum(end <= size for end in ends) - 1])
        assert cut.good.startswith(complete)
        assert all(reject.byte_offset >= len(HEAD + complete) for reject in cut.rejects)


def test_a_file_cut_short_in_quotes_is_explained():
    (reject, *others) = staged(b'1,2\n3,"the end of the').rejects
    assert others == []
    assert (reject.line, reject.quote_line) == (3, 3)
    assert "is not closed" in reject.reason


# ---- not text, or not ours ----


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_letters_in_another_encoding_are_rejected_row_by_row(encoding):
    result = staged("1,plain\n2,Müller\n3,plain\n4,Ærø\n".encode(encoding))
    assert result.good == b"1,plain\n3,plain\n"
    assert [(reject.line, reject.column, reject.code) for reject in result.rejects] == [(3, "b", 1220), (5, "b", 1220)]
    assert all(reject.reason == "b is not valid UTF-8" for reject in result.rejects)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_are_refused_at_the_header(encoding):
    source = Memory("a,b\n1,2\n".encode(encoding))
    with pytest.raises(Rejected):
        match_header(PAIR, read_header(source, PAIR.dialect, PAIR.limits).fields)


def test_random_bytes_are_refused_or_rejected_and_never_loaded():
    noise = bytes((n * n * 7 + n // 3) % 256 for n in range(200_000))
    result = staged(noise, contract(Column(name="a", type=ColumnType(kind=TypeName.DATE)), PAIR.columns[1]))
    assert result.good == b""
    assert len(result.rejects) > 100
    assert refusal(Memory(noise[3:])).code.startswith("HEADER")


def test_a_gigabyte_of_comments_is_refused_early():
    source = virtual(GB, b"#\n", head=b"#\n")
    assert refusal(source, Dialect(comment="#")).code == "HEADER_MISSING"
    assert source.bytes_read < 18 * MB
    assert source.reads < 40


def test_comments_before_a_header_are_read_once():
    source = virtual(2 * MB, b"#\n", head=b"#\n", tail=b"a,b\n1,2\n")
    header = read_header(source, Dialect(comment="#"), Limits())
    assert header.fields == ("a", "b")
    assert source.bytes_read < source.size + 2 * HEAD_BYTES
    assert source.reads < 20


def test_a_footer_without_line_ends_is_refused_early():
    source = virtual(GB, b"x", head=HEAD)
    with pytest.raises(Rejected) as refused:
        tail(source, len(HEAD), Dialect(footer_lines=1), Limits())
    assert refused.value.code == "FOOTER_TOO_LONG"
    assert source.bytes_read < 18 * MB
