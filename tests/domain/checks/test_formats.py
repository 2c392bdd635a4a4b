"""Booleans: what COPY accepts, and with which code it rejects the rest."""

from __future__ import annotations

import pytest

from tests.domain.checks.values import assert_bad, assert_good

GOOD = {
    "boolean": "t TRUE y Yes 1 f false N no 0",
}
BAD = {
    ("boolean", 1210): "on off tr 2 TRUEE \x11",
}


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_good_values(name, quoted):
    assert_good(name, GOOD[name], quoted=quoted)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(("name", "code"), BAD)
def test_bad_values(name, code, quoted):
    assert_bad(name, code, BAD[name, code], quoted=quoted)
