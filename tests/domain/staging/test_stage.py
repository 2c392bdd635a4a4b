from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.dialect import NULL_WORD, Dialect, Empty
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run.rejects import KEPT_BYTES
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import ContractError, Rejected, SourceChanged
from landfall.check.checking import Outputs, check_file
from tests.support.files.engine import Memory, assert_as_reference, contract, header_of, stage_file, text

PAIR = contract(Column(name="a", type=text()), Column(name="b", type=text()))


def reasons(body: bytes, things=PAIR, **more) -> list[tuple[int, str]]:
    staged = stage_file(header_of(things) + body, things, 1 << 20, **more)
    return [(reject.line, reject.reason) for reject in staged.rejects]


def test_structural_faults_are_explained():
    assert reasons(b'1\n1,2,3\nx"y,1\n"x"y,1\n') == [
        (2, "1 columns instead of 2"),
        (3, "3 columns instead of 2"),
        (4, "a quote is inside a field that does not start with one"),
        (5, "text follows a closing quote"),
    ]


def test_an_unclosed_quote_names_the_line_where_it_opens():
    things = contract(*PAIR.columns, longest=30)
    rejects = stage_file(header_of(things) + b'1,2\n"a\nb","c\n""d\n' + b"5,6\n" * 20, things, 6, 16).rejects
    assert [(r.line, r.quote_line) for r in rejects] == [(3, 4), (4, 0), (5, 0)]
    assert (
        rejects[0].reason
        == "the quote that opens on line 4 is not closed before the record's limit or the end of the file"
    )


@pytest.mark.parametrize("block_bytes", [16, 1000, 1 << 20])
def test_a_line_over_the_limit_is_skipped_but_its_start_kept(block_bytes):
    things = contract(*PAIR.columns, longest=200)
    for long in (b"x" * 100_000, b'"' + b"y" * 100_000 + b"\r", b"z" * 201):
        body = b"1,2\n" + long + b"\n3,4\n" + long
        staged = stage_file(header_of(things) + body, things, 1 << 20, block_bytes)
        assert staged.good == b"1,2\n3,4\n"
        assert [(r.line, r.byte_offset) for r in staged.rejects] == [(3, 8), (5, 8 + len(long) + 5)]
        assert staged.rejects[0].record == long.removesuffix(b"\r")[:KEPT_BYTES]
        assert staged.rejects[0].reason.endswith("are kept)") == (len(long) > KEPT_BYTES)


def test_a_record_at_the_limit_is_read():
    things = contract(*(Column(name=name, type=text(100)) for name in "ab"), longest=50)
    good = [b"x" * 47 + b",yz", b'"' + b"\n" * 46 + b'",y', b"x" * 47 + b",y\r"]
    assert stage_file(header_of(things) + b"\n".join(good), things, 1 << 20).rejects == []
    assert len(reasons(b"\n".join(row + b"z" for row in good[:1]), things)) == 1


def test_a_long_line_is_not_held_in_memory():
    things = contract(*PAIR.columns, longest=1000)
    source = Memory(header_of(things) + b"x" * 30_000_000 + b"\n1,2\n")
    rules = compile_rules(things, match_header(things, ("a", "b")))
    tracemalloc.start()
    blocks = list(stage_chunk(source, Range(start=4, stop=source.size), rules, block_bytes=1 << 16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(block.rows_good for block in blocks) == 1
    assert peak < 3_000_000


def test_blocks_are_handed_on_in_pieces_of_bounded_size():
    things = contract(Column(name="a", type=text(1)))
    source = Memory(b"a\n" + b"1\n" * 300_000)
    rules = compile_rules(things, match_header(things, ("a",)))
    blocks = list(stage_chunk(source, Range(start=2, stop=source.size), rules, block_bytes=1 << 20))
    assert max(block.rows_read for block in blocks) == 1 << 16
    assert b"".join(block.good for block in blocks) == source.data[2:]


def test_reads_go_forward_and_stop_at_the_chunk():
    rows = b"".join(b"%05d,x\n" % n for n in range(1000))
    source = Memory(b"a,b\n" + rows)
    rules = compile_rules(PAIR, match_header(PAIR, ("a", "b")))
    list(stage_chunk(source, Range(start=4, stop=4 + 80 * 10), rules, block_bytes=100))
    ends = [start + length for start, length in source.reads]
    assert [start for start, _ in source.reads] == [4, *ends[:-1]]
    assert ends[-1] == 4 + 80 * 10


def test_an_empty_range_gives_nothing():
    rules = compile_rules(PAIR, match_header(PAIR, ("a", "b")))
    assert list(stage_chunk(Memory(b"a,b\n1,2\n"), Range(start=8, stop=8), rules)) == []
    assert list(stage_chunk(Memory(b"a,b\n1,2\n"), Range(start=8, stop=6), rules)) == []


def test_a_source_that_ends_early_has_changed():
    class Shrunk(Memory):
        size = 100

    rules = compile_rules(PAIR, match_header(PAIR, ("a", "b")))
    with pytest.raises(SourceChanged):
        list(stage_chunk(Shrunk(b"a,b\n1,2\n"), Range(start=4, stop=100), rules))


@pytest.mark.parametrize(
    "line", [b'a"b,1\n', b'"a"b,1\n', b'x,"a\n', b'"""\n', b"1,2,3\n", b"\xff,1\n", b'"","""x\n', b'x\n\n"y\n', b"\n"]
)
def test_a_file_with_a_fault_in_every_line_takes_linear_time(line):
    def seconds(count: int) -> float:
        data = header_of(PAIR) + line * count
        started = time.process_time()
        stage_file(data, PAIR, len(data))
        return time.process_time() - started

    seconds(100)
    small, large = min(seconds(2_000) for _ in range(3)), min(seconds(8_000) for _ in range(2))
    assert large < 9 * small + 0.05


def test_the_reference_agrees_on_a_file_of_faults():
    data = header_of(PAIR) + b'a"b,1\n1,2\n"""\n\n"x\n' * 300
    assert_as_reference(data, PAIR, stage_file(data, PAIR, 97, 64))


def test_lineage_puts_mark_and_offset_before_each_record():
    things = contract(*PAIR.columns, lineage=True)
    data = b"a,b\n1,2\n\n3,4,5\n" + "é,x\r\n".encode() + b'"6\n",7'
    staged = stage_file(data, things, 5, 16)
    expected = [(4, b"1,2\n"), (15, "é,x\r\n".encode()), (21, b'"6\n",7\n')]
    assert staged.good == b"".join(b"00000000,%013d,%s" % (offset, row) for offset, row in expected)


@pytest.mark.parametrize("offset", [0, 99_999, 10**7 - 1, 10**7, 123_456_789_012, 10**13 - 1])
def test_lineage_counts_to_13_digits(offset):
    from chalicelib.domain.staging.row_prefix import prefixed

    text_, one = np.frombuffer(b"x,y\n", np.uint8), np.array([4], np.int64)
    found = prefixed(text_, one, np.array([offset], np.int64), ord("|"), b"0123abcd").tobytes()
    assert found == b"0123abcd|%013d|x,y\n" % offset


def test_a_file_too_large_for_lineage_is_refused():
    class Huge(Memory):
        size = 10**13 + 1

    things = contract(*PAIR.columns, lineage=True)
    rules = compile_rules(things, match_header(things, ("a", "b")))
    with pytest.raises(Rejected):
        stage_chunk(Huge(b""), Range(start=4, stop=100), rules)


def test_hidden_columns_are_masked_in_rejects():
    things = contract(
        Column(name="id", type=text()),
        Column(name="iban", type=text(22), pii=True),
        Column(name="n", type=ColumnType(kind=TypeName.SMALLINT)),
        Column(name="email", type=text(9), pii=True),
    )
    body = b'1,DE00,x,a@b\n2,"DE, 00",x,""\r\n3,DE00\n4,DE"00,1,a\n5,DE00,1,much too long@b\n'
    rejects = stage_file(header_of(things) + body, things, 1 << 20).rejects
    assert [r.record for r in rejects] == [b"1,***,x,***", b"2,***,x,***", b"***", b"***", b"5,***,1,***"]
    tight = contract(*things.columns, longest=20)
    source = b"id,iban,n,email\nDE" + b"9" * 99
    assert [r.record for r in stage_file(source, tight, 999, 16).rejects] == [b"***"]


def test_faulty_bounds_are_the_contracts_fault():
    things = contract(Column(name="n", type=ColumnType(kind=TypeName.DATE), min="yesterday"))
    with pytest.raises(ContractError, match="n: min is not a date"):
        compile_rules(things, match_header(things, ("n",)))


def test_a_whole_file_is_checked_and_its_doubles_are_counted():
    things = contract(
        Column(name="id", type=ColumnType(kind=TypeName.DECIMAL, precision=9, scale=2)),
        Column(name="part", type=text()),
        Column(name="v", type=text()),
        key=("id", "part"),
    )
    body = b'1,a,x\n01.0,"a",y\n1.00,a  ,z\n1,b,x\n-1,a,x\n2,a,1\n2,a,toolongvalue\n\n+2.0,a,2\n'
    data = header_of(things) + body
    rejects, good = [], bytearray()
    outputs = Outputs(reject=rejects.append, good=lambda _text, block: good.extend(block.good))
    checked = check_file(Memory(data), things, outputs, chunk_bytes=20)
    assert (checked.read, checked.good, checked.rejected, checked.duplicate) == (8, 7, 1, 3)
    assert checked.left_out == {"blank_lines": 1}
    assert bytes(good) == body.replace(b"2,a,toolongvalue\n\n", b"")
    assert [reject.line for reject in rejects] == [8]
    assert len(checked.chunks) > 2
    assert checked.chunks[-1].end == len(data)
    assert check_file(Memory(header_of(things)), things, Outputs(reject=rejects.append), 9).duplicate == 0


def test_a_row_longer_than_what_copy_takes_is_rejected() -> None:
    """Written anew, it may be longer than it was in the file: each quote is doubled."""
    longest = 65_535
    columns = [Column(name=f"c{n}", type=text(longest)) for n in range(40)]
    things = contract(*columns, longest=8 << 20, dialect=Dialect(delimiter="||"))
    row = b"||".join([b'"' + b'""' * longest + b'"'] * 40)
    staged = stage_file(header_of(things) + row + b"\n" + b"||".join([b"x"] * 40) + b"\n", things, 16 << 20)
    assert [r.line for r in staged.rejects] == [2]
    assert staged.good.count(b"\n") == 1


@pytest.mark.parametrize("bad", [b"1||2||3\n", f"1||{NULL_WORD}\n".encode()])
def test_a_fault_is_reported_once_for_all_pieces_of_a_block(bad: bytes) -> None:
    dialect = Dialect(delimiter="||", empty=Empty.TEXT)
    things = contract(Column(name="a", type=text()), Column(name="b", type=text(20)), dialect=dialect)
    rows = [b"1||2\n"] * 140_000
    for at in (3, 70_000, 139_999):
        rows[at] = bad
    staged = stage_file(header_of(things) + b"".join(rows), things, 16 << 20, 16 << 20)
    assert [r.line for r in staged.rejects] == [5, 70_002, 140_001]
    assert staged.good.count(b"\n") == 140_000 - 3


def test_a_last_line_of_only_a_carriage_return_is_no_row() -> None:
    things = contract(Column(name="a", type=text()), Column(name="b", type=text()), dialect=Dialect(delimiter="||"))
    staged = stage_file(header_of(things) + b"1||2\n\r", things, 1 << 20)
    assert (staged.good, staged.rejects) == (b"1,2\n", [])
    assert sum(summary.rows_read for summary in staged.summaries) == 1
