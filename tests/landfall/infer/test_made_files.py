"""Any bytes end in a proposal or a sentence; a clean file's proposal reads every row back.

`make fuzz` makes 20,000 hostile files and 5,000 clean ones.
"""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from landfall.faults import CommandError
from landfall.infer.layout.rows import records
from landfall.infer.layout.sample import sample
from landfall.localfile import opened
from tests.landfall.infer.conftest import Propose, Proposed
from tests.landfall.infer.made_files import Clean, clean, hostile
from tests.support.fuzz import SCALE

TIMES = SCALE or 1
HOSTILE_FILES, CLEAN_FILES, PART = 200 * TIMES, 50 * TIMES, 50
LEAST_PROPOSED = 0.99
"""Share of the clean files that get a proposal."""


@pytest.mark.parametrize("first", range(0, HOSTILE_FILES, PART))
def test_any_bytes_end_in_a_proposal_or_a_sentence(propose: Propose, first: int) -> None:
    for seed in range(first, first + PART):
        with suppress(CommandError):
            assert propose(hostile(random.Random(seed))).contract.columns


@pytest.mark.parametrize("first", range(0, CLEAN_FILES, PART))
def test_a_clean_file_is_read_back_as_it_was_made(propose: Propose, first: int) -> None:
    proposed = 0
    for seed in range(first, first + PART):
        made = clean(random.Random(seed))
        try:
            found = propose(made.data)
        except CommandError:
            continue
        proposed += 1
        assert_read_back(made, found, seed)
    assert proposed >= PART * LEAST_PROPOSED


def assert_read_back(made: Clean, found: Proposed, seed: int) -> None:
    dialect = found.contract.dialect
    with opened(found.path) as source:
        text = sample(source).text
    read = [[value.decode() for value in record.values or ()] for record in records(text, dialect)]
    assert (read, dialect.header, dialect.preamble_lines) == ([made.header, *made.rows], True, 0), seed
    assert found.rows == (len(made.rows), 0), seed
