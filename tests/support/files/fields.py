"""Values as the fields of one column of a block."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.raw.swar import PADDING, Fields, fields_of

QUOTE = '"'


def fields_with(values: list[str]) -> Fields:
    """Values end to end, as fields of a padded block."""
    raw = [value.encode() for value in values]
    lengths = np.array([len(value) for value in raw], np.int64)
    return fields_of(b"".join(raw) + PADDING).part(np.cumsum(lengths) - lengths, lengths)
