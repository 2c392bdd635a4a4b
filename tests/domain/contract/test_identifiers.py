"""Names in SQL: only names are quoted, and they need no escape."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.identifiers import IDENTIFIER, quote_identifier
from chalicelib.errors import Broken


@given(name=st.text(max_size=80))
def test_only_names_are_quoted(name: str) -> None:
    if re.fullmatch("[a-z_][a-z0-9_]{0,62}", name, re.ASCII):
        assert quote_identifier(name) == f'"{name}"'
    else:
        with pytest.raises(Broken):
            quote_identifier(name)


@given(name=st.from_regex(IDENTIFIER, fullmatch=True))
def test_names_need_no_escape(name: str) -> None:
    assert quote_identifier(name)[1:-1] == name


@pytest.mark.parametrize("name", ['a"b', "a b", "A", "1a", "", "a" * 64, "a\n", "ａ", "a;b", "a.b", "é"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(Broken):
        quote_identifier(name)
