"""Cursors of pages: what was written comes back, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.run.cursors import read_cursor, write_cursor
from chalicelib.errors import Refused


@given(st.dictionaries(st.sampled_from(["pk", "sk"]), st.text() | st.floats(allow_nan=False), min_size=1))
def test_a_cursor_comes_back_as_it_was(place: dict[str, object]) -> None:
    assert read_cursor(write_cursor(place), dict.fromkeys(place, anything)) == place
    for fits in ({"other": anything}, dict.fromkeys(place, nothing)):
        with pytest.raises(Refused):
            read_cursor(write_cursor(place), fits)


def anything(_value: object) -> bool:
    return True


def nothing(_value: object) -> bool:
    return False


@given(st.text(min_size=1))
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_cursor(text, {"pk": anything, "sk": anything})
