"""Values that are made to be costly are judged in little memory."""

from __future__ import annotations

import tracemalloc

import pytest

from chalicelib.domain.checks.documents import MOST_DEPTH, document

SIZE = 1 << 19
MOST_BYTES_A_BYTE = 30
"""Of memory, for each byte of JSON. What is left is what Python's own reader holds, lists and names mostly."""


@pytest.mark.parametrize(
    "value",
    [
        b"[" * SIZE,
        b"[," * (SIZE // 2),
        b'"[' * (SIZE // 2),
        b'{"a":' * (SIZE // 5),
        b"[" + b"[]," * (SIZE // 3) + b"[]]",
        b"[" + b'{"a":1},' * (SIZE // 8) + b"1]",
        b"[" + b'"\\"[",' * (SIZE // 6) + b"1]",
        b'["' + b"[" * SIZE + b'"]',
        b'["' + b"\\\\[" * (SIZE // 3) + b'"]',
        b"{" + b",".join(b'"%x":1' % number for number in range(SIZE // 10)) + b"}",
    ],
    ids=["open", "open and comma", "quotes", "objects", "lists", "names", "in strings", "in one", "escaped", "keys"],
)
def test_json_is_judged_in_some_times_its_own_size(value):
    judge = document().judge
    tracemalloc.start()
    judge(value)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_BYTES_A_BYTE * len(value)


@pytest.mark.parametrize("opened", [b"[", b'{"a":', b'["[[[",', b'[{"\\"]":'])
def test_depth_is_counted_outside_strings(opened):
    closing = b"".join({91: b"]", 123: b"}"}[byte] for byte in reversed(opened.split(b'"')[0] or b"["))
    deep = MOST_DEPTH // len(closing)
    value = opened * deep + b"1" + closing * deep
    judge = document().judge
    assert judge(value) is None
    fault = judge(opened * (MOST_DEPTH + 1))
    assert fault is not None
    assert "nested" in fault.reason
