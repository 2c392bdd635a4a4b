"""The header is found behind a byte order mark, declared lines and comments, wherever a piece of the file ends."""

from __future__ import annotations

from codecs import BOM_UTF8
from itertools import pairwise

import pytest

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Newline
from chalicelib.domain.formats.csv.preamble import FIRST_BYTES, MOST_BYTES, preamble
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.errors import Rejected
from tests.support.files.engine import Memory

HEADER = b"id,note\n1,x\n"
PLAIN, HASH = Dialect(), Dialect(comment="#")


def found(before: bytes, dialect: Dialect, header: bytes = HEADER) -> int:
    """How many lines are before the header; the header is where it should be."""
    before_header = preamble(InMemory(before + header), dialect, Limits())
    assert before_header.offset == len(before)
    return before_header.lines


@pytest.mark.parametrize("mark", [b"", BOM_UTF8])
def test_a_mark_is_no_line(mark: bytes) -> None:
    assert found(mark, PLAIN) == 0
    assert found(mark, PLAIN, b"") == 0
    assert found(mark + b"# a\n", HASH) == 1


def test_comments_follow_the_declared_lines() -> None:
    assert found(b"Report\n\n# a\n#\n", Dialect(preamble_lines=2, comment="#")) == 4
    assert found(b"# one\n", Dialect(preamble_lines=1)) == 1


def test_a_comment_that_is_not_at_the_start_of_its_line_is_text() -> None:
    assert found(b"", HASH, b" # id\n") == 0


def test_lines_end_by_carriage_returns_if_the_contract_has_it() -> None:
    assert found(b"a\nb\rc\r", Dialect(preamble_lines=2, newline=Newline.CR)) == 2


@pytest.mark.parametrize("length", [FIRST_BYTES - 2, FIRST_BYTES - 1, FIRST_BYTES, FIRST_BYTES + 1, 3 * FIRST_BYTES])
def test_a_line_may_end_where_a_piece_ends(length: int) -> None:
    line = b"//" + b"x" * (length - 3) + b"\n"
    assert found(line * 2, Dialect(comment="//")) == 2


def test_each_byte_is_read_once() -> None:
    source = Memory(b"# x\n" * 2_000 + HEADER)
    preamble(source, HASH, Limits())
    assert all(start + length == after for (start, length), (after, _) in pairwise(source.reads))
    assert len(source.reads) > 2


@pytest.mark.parametrize("text", [b"", b"Report", b"Report\n"])
def test_a_file_that_ends_before_its_header_is_refused(text: bytes) -> None:
    with pytest.raises(Rejected, match="ends before its header") as caught:
        preamble(InMemory(text), Dialect(preamble_lines=2), Limits())
    assert caught.value.code == "HEADER_MISSING"


def test_a_line_longer_than_a_record_is_not_read_to_its_end() -> None:
    source = Memory(b"#" + b"x" * (4 << 20))
    with pytest.raises(Rejected):
        preamble(source, HASH, Limits(max_record_bytes=10_000))
    assert sum(length for _, length in source.reads) < 100_000


def test_comments_without_end_are_refused() -> None:
    with pytest.raises(Rejected, match="are comments, and no header follows"):
        preamble(InMemory((b"#" + b"x" * 1022 + b"\n") * (MOST_BYTES // 1024 + 1) + HEADER), HASH, Limits())
