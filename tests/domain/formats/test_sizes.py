"""When a file is too large."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.formats.sizes import refuse_size
from chalicelib.errors import Rejected


def test_a_file_over_the_contracts_size_is_refused() -> None:
    refuse_size(9, Limits(max_bytes=9))
    with pytest.raises(Rejected, match=r"has 10 bytes; limits\.max_bytes allows 9") as refused:
        refuse_size(10, Limits(max_bytes=9))
    assert refused.value.code == "TOO_LARGE"
