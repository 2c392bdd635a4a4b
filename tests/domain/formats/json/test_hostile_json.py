"""JSON that is written to break readers costs work in proportion to its size, and ends in a reject or a refusal."""

from __future__ import annotations

import pytest

from chalicelib.errors import Rejected
from tests.domain.formats.json.files import staged

MB = 1 << 20


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("depth", [501, 100_000])
def test_deep_nesting_is_a_reject(opening: bytes, depth: int) -> None:
    closing = opening.replace(b'"a":', b"")[::-1].translate(bytes.maketrans(b"[{", b"]}")) * depth
    data = b'{"id":1,"doc":' + opening * depth + b"1" + closing + b'}\n{"id":2}\n'
    found = staged(data)
    assert [(code, reason) for _, _, code, reason, _ in found.rejects][:1] == [
        (1224, "is nested more than 500 levels deep (only the first 65536 bytes are kept)")
        if depth > 501
        else (1224, "is nested more than 500 levels deep")
    ]
    assert found.good.startswith(b"2,")


def test_500_levels_are_read() -> None:
    assert staged(b'{"id":1,"doc":' + b"[" * 499 + b"]" * 499 + b"}").rejects == []


def test_a_text_without_end_refuses_the_file() -> None:
    found = staged(b'{"id":1,"note":"' + b"x" * 6 * MB + b'\n{"id":2}\n', longest=MB)
    assert [(line, code) for line, _, code, _, _ in found.rejects] == [(1, 1216)]
    assert found.left_out == {"undivided": 1}


def test_a_line_that_never_ends_refuses_the_file() -> None:
    found = staged(b'{"id":1}\n{"id":2,"note":"' + b"x" * 6 * MB, longest=MB)
    assert len(found.rejects) == 1
    assert found.left_out == {"undivided": 1}


def test_very_many_blanks_are_left_out() -> None:
    data = b'{"id":1}' + b" " * 3 * MB + b'\n{"id":2}'
    found = staged(data, longest=MB)
    assert (found.good.count(b"\n"), found.rejects, found.end) == (2, [], len(data))


STORMS = {
    "open objects": b'{"a":\n',
    "open arrays": b"[\n",
    "braces": b"}{",
    "lone braces": b"{\n",
    "quotes": b'"\n',
    "backslashes": b'"\\\n',
    "commas": b"{,\n",
    "colons": b'{"a":1,\n',
    "numbers": b"-\n",
    "empty objects": b"{}",
}


@pytest.mark.parametrize("name", STORMS)
def test_a_storm_takes_linear_work(name: str) -> None:
    """Either the whole file is read, or the budget of work refuses it; no row is made up."""
    data = STORMS[name] * (100_000 // len(STORMS[name]))
    refusals = list[str]()
    try:
        found = staged(data, longest=100_000)
    except Rejected as refused:
        refusals.append(refused.code)
    assert refusals == ["TOO_MUCH_WORK"] or (found.end, found.good) == (len(data), b"")
