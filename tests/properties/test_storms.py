"""Storms of malformed lines are read as the slow readers read them: what failed looks leave behind changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.storms import ALPHABET, HOSTILE, dialects, storm
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.dialect import Empty
from chalicelib.domain.formats.csv import records
from tests.support.files.dialects import assert_as_written, things
from tests.support.files.engine import assert_as_reference, contract, header_of, stage_file, text

DIALECTS = [d for d in dialects() if d.delimiter in (",", "||") and d.empty is Empty.NULL and d.null == ("",)]
UNITS = st.one_of(st.sampled_from(HOSTILE), st.text(ALPHABET.replace("0", ""), min_size=1, max_size=6))
STORMS = st.lists(st.tuples(UNITS, st.integers(1, 120)), min_size=1, max_size=4)


def drawn(storms: list[tuple[str, int]], dialect) -> bytes:
    return b"a" + b"".join(storm(unit.replace("0", "a"), dialect, size) for unit, size in storms)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(DIALECTS), STORMS, st.sampled_from([1000, 70, 12]), st.integers(1, 90), st.integers(1, 90))
def test_storms_are_what_the_reference_reads(dialect, storms, longest, block, chunk):
    object_ = replace(things(dialect, longest), columns=tuple(Column(name=name, type=text(2_000)) for name in "ab"))
    data = drawn(storms, dialect)
    staged = stage_file(data, object_, len(data) + 1)
    assert_as_written(data, object_, staged)
    assert stage_file(data, object_, len(data) + 1, block) == staged
    cut = stage_file(data, object_, chunk, block)
    assert (cut.good, cut.rejects) == (staged.good, staged.rejects)


@pytest.mark.parametrize("few", [1, 5])
@settings(max_examples=150, deadline=None)
@given(STORMS, st.sampled_from([1000, 70, 12]), st.integers(16, 200))
def test_steps_worked_out_for_all_lines_are_the_walk(few, storms, longest, block):
    object_ = contract(*(Column(name=name, type=text(200)) for name in "ab"), longest=longest)
    data = header_of(object_) + drawn(storms, object_.dialect)
    before = records.FEW_FAULTS
    try:
        records.FEW_FAULTS = few
        stormy = stage_file(data, object_, len(data) + 1)
        in_blocks = stage_file(data, object_, len(data) + 1, block)
        records.FEW_FAULTS = len(data)
        walked = stage_file(data, object_, len(data) + 1)
    finally:
        records.FEW_FAULTS = before
    assert_as_reference(data, object_, stormy)
    assert stormy == walked
    assert (in_blocks.good, in_blocks.rejects) == (stormy.good, stormy.rejects)
