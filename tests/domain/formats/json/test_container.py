"""Where the values of a file begin and end."""

from __future__ import annotations

import pytest

from chalicelib.domain.formats.json.container import MOST_BYTES, Container, container
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.errors import Rejected


@pytest.mark.parametrize(
    ("data", "start", "end", "lines"),
    [
        (b"{}", 0, 2, 0),
        (b"\xef\xbb\xbf \n\n{}\n", 6, 9, 2),
        (b"[{}]", 1, 3, 0),
        (b"\n[\n\n {} ]\n\n", 5, 8, 3),
        (b"[" + b" " * 300 + b"{}" + b"]" + b" " * 300, 301, 303, 0),
        (b"[]", 1, 1, 0),
        (b"[ ]", 2, 2, 0),
        (b" \n ", 3, 3, 1),
    ],
)
def test_values_stand_between_blanks_and_brackets(data: bytes, start: int, end: int, lines: int) -> None:
    assert container(InMemory(data)) == Container(start=start, end=end, lines=lines, array=b"[" in data)


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (b"[", "UNCLOSED_ARRAY", "it may be cut"),
        (b"[{}", "UNCLOSED_ARRAY", "it may be cut"),
        (b"[{}]{}", "UNCLOSED_ARRAY", "it may be cut"),
        (b"id,note\n", "WRONG_FORMAT", "begins with neither { nor ["),
        (b"<?xml version='1.0'?>", "WRONG_FORMAT", "is XML"),
        (b" " * (MOST_BYTES + (2 << 20)) + b"{}", "WRONG_FORMAT", "blanks in a row"),
        (b"[{}]" + b" " * (MOST_BYTES + (2 << 20)), "WRONG_FORMAT", "blanks in a row"),
    ],
)
def test_other_files_are_refused(data: bytes, code: str, reason: str) -> None:
    with pytest.raises(Rejected, match=reason.replace("[", r"\[").replace("{", r"\{")) as refused:
        container(InMemory(data))
    assert refused.value.code == code
