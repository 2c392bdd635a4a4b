"""Names of files that S3 can hold."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.keys import LONGEST, too_long


@pytest.mark.parametrize(
    ("name", "long"), [("a" * LONGEST, False), ("a" * (LONGEST + 1), True), ("ü" * 512 + "a", True)]
)
def test_a_key_has_a_most_of_bytes(name: str, long: bool) -> None:
    assert too_long(name) is long
