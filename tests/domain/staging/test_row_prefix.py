"""Mark and offset before each row."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.staging.row_prefix import prefixed


def test_no_rows_have_no_marks() -> None:
    empty = np.zeros(0, np.int64)
    rows = np.zeros(0, np.uint8)
    assert prefixed(rows, empty, empty, ord(","), b"12345678") is rows
