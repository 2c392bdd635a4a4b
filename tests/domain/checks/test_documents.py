"""Values that are made to be costly are judged in little memory."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ('{"s": "%s"}' % ("x" * 65_535), 0),
        ('{"s": "%s"}' % ("x" * 65_536), 65_536),
        ('["%s"]' % ("é" * 32_768), 65_536),
        ('{"%s": 1}' % ("n" * 70_000), 70_000),
        ('["%s"]' % ("\\n" * 65_535), 0),
        ('["%s"]' % ("\\u00e9" * 32_768), 65_536),
        ('["%s"]' % ("\\ud83d\\ude00" * 16_384), 65_536),
        ("[" + ",".join(['"%s"' % ("x" * 60_000)] * 3) + "]", 0),
    ],
    ids=["longest", "one more", "bytes", "name", "escapes", "escaped bytes", "pairs", "many"],
)
def test_a_text_inside_has_as_many_bytes_as_redshift_allows(value, size):
    fault = document().judge(value.encode())
    assert (fault is not None) is bool(size)
    if fault:
        assert (fault.code, f"{size:,} bytes" in fault.reason) == (1204, True)
    assert document(16_000_000).judge(value.encode()) is None


TEXTS = st.text(st.sampled_from('ab"\\é\U0001f600\n'), max_size=12)


@given(
    tree=st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)),
    ascii_only=st.booleans(),
)
def test_every_text_is_measured_once_unescaped(tree, ascii_only):
    def texts(part):
        if isinstance(part, str):
            return [part]
        inner = [*part, *part.values()] if isinstance(part, dict) else part
        return [text for one in inner for text in texts(one)]

    value = json.dumps(tree, ensure_ascii=ascii_only).encode()
    longest = max((len(text.encode()) for text in texts(tree)), default=0)
    for most in {max(longest - 1, 1), max(longest, 1)}:
        assert (document(most).judge(value) is None) is (longest <= most)
