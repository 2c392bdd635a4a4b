"""Cursors of pages: what was written comes back, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.run.cursors import MOST, is_count, is_moment, is_text, read_cursor, write_cursor
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


@pytest.mark.parametrize(
    ("value", "text", "count", "moment"),
    [
        ("a", True, False, False),
        ("\ud800", False, False, False),
        (0, False, True, True),
        (MOST, False, False, False),
        (-1, False, False, False),
        (1.5, False, False, True),
        (True, False, False, False),
        (None, False, False, False),
    ],
)
def test_a_cursor_holds_only_what_fits(value: object, text: bool, count: bool, moment: bool) -> None:
    assert (is_text(value), is_count(value), is_moment(value)) == (text, count, moment)
