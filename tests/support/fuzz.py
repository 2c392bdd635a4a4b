"""How much of what chance makes is read: some in the default suite, more by `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import settings

SCALE = int(os.environ.get("LANDFALL_FUZZ_SCALE", "0"))
"""How many times the usual number of files `make fuzz` makes; 0 in the default suite."""


def examples(usual: int, *, fuzz: int) -> settings:
    """Examples of a property that many tests hold to, such as one for each dialect."""
    return settings(max_examples=fuzz if SCALE else usual, deadline=None)
