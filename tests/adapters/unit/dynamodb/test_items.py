"""Whatever a run or a chunk holds, it comes back from DynamoDB's types as it went in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb import items
from chalicelib.adapters.dynamodb.expressions import add, update
from chalicelib.adapters.dynamodb.table import INDEXES, chunk_key, table_definition
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.run.model import Chunk, ChunkState, Counts, Problem, Run, RunState, SourceObject

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.integers(0, 1 << 53)
TIME = st.floats(0, 1e11, allow_nan=False)
SOURCES = st.builds(
    SourceObject,
    bucket=TEXT,
    key=TEXT,
    etag=TEXT,
    size=NUMBER,
    version_id=st.none() | TEXT,
    sequencer=TEXT,
    last_modified=TIME,
)
PROBLEMS = st.builds(
    Problem, code=TEXT, message=TEXT, line=st.none() | NUMBER, byte_offset=st.none() | NUMBER, column=TEXT
)
LEFT_OUT = st.dictionaries(st.sampled_from(list(map(str, LeftOut))), NUMBER)
ALTERED = st.dictionaries(st.sampled_from(list(map(str, Altered))), NUMBER)
COUNTS = st.builds(Counts, **dict.fromkeys(("read", "good", "rejected", "duplicate", "superseded"), NUMBER))
RUNS = st.builds(
    Run,
    run_id=TEXT,
    object=TEXT,
    source=SOURCES,
    state=st.sampled_from(RunState),
    arrived_at=TIME,
    updated_at=TIME,
    generation=NUMBER,
    chunks=NUMBER,
    counts=COUNTS,
    left_out=LEFT_OUT,
    altered=ALTERED,
    problem=st.none() | PROBLEMS,
    failed_loads=NUMBER,
    max_group_size=NUMBER,
    target=TEXT,
    shape=TEXT,
    archive_key=TEXT,
    reads=st.none() | SOURCES,
    parent_updated=st.booleans(),
    notified=st.booleans(),
    skips_window=st.booleans(),
    window_ends=TIME,
    fingerprint=TEXT,
    moments=st.dictionaries(st.sampled_from([s.value for s in RunState]), TIME),
)
CHUNKS = st.builds(
    Chunk,
    run_id=TEXT,
    generation=NUMBER,
    number=NUMBER,
    start=NUMBER,
    stop=NUMBER,
    state=st.sampled_from(ChunkState),
    sums=st.dictionaries(st.sampled_from(["amount", "vat"]), st.sampled_from(["", "-12.50", "9" * 60])),
    left_out=LEFT_OUT,
    altered=ALTERED,
    part=TEXT,
    first_reject=st.none() | PROBLEMS,
    seconds=TIME,
)


@settings(max_examples=150, deadline=None)
@given(RUNS)
def test_a_run_comes_back_as_it_was(run: Run) -> None:
    item = items.run_item(run)
    assert items.read_run(json.loads(json.dumps(item))) == run
    assert ("open" in item) is not run.finished
    assert all(item[name] != {"S": ""} for pair in INDEXES.values() for name in pair if name in item)


@settings(max_examples=100, deadline=None)
@given(CHUNKS)
def test_a_chunk_comes_back_as_it_was(chunk: Chunk) -> None:
    read = items.read_chunk(items.chunk_item(chunk))
    assert read == chunk
    assert isinstance(read.seconds, float)


@settings(max_examples=20, deadline=None)
@given(RUNS, CHUNKS)
def test_records_of_an_older_version_have_nothing_left_out(run: Run, chunk: Chunk) -> None:
    new = ("left_out", "altered")
    stored, staged = (
        {n: a for n, a in item.items() if n not in new} for item in (items.run_item(run), items.chunk_item(chunk))
    )
    assert items.read_run(stored) == replace(run, left_out={}, altered={})
    assert items.read_chunk(staged) == replace(chunk, left_out={}, altered={})


def test_times_are_floats_whatever_dynamodb_makes_of_their_text() -> None:
    assert items.decode({"N": "5"}) == 5
    assert isinstance(items.decode({"N": "5"}), int)
    assert items.decode({"N": "-5"}) == -5
    assert items.decode({"N": "1E+22"}) == 1e22
    assert items.decode({"N": "0.30000000000000004"}) == 0.1 + 0.2


def test_chunks_sort_by_generation_and_number() -> None:
    places = [chunk_key("r", g, n) for g, n in [(1, 1), (1, 2), (1, 10), (1, 99_999), (2, 1), (10, 1)]]
    assert places == sorted(places)


def test_the_table_is_on_demand_and_its_indexes_hold_keys_only() -> None:
    table = table_definition("runs")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    declared = {a["AttributeName"] for a in table["AttributeDefinitions"]}
    used = {k["AttributeName"] for t in [table, *table["GlobalSecondaryIndexes"]] for k in t["KeySchema"]}
    assert declared == used
    assert {i["IndexName"] for i in table["GlobalSecondaryIndexes"]} == {
        "by_object",
        "by_name",
        "recent",
        "unfinished",
    }
    assert {i["Projection"]["ProjectionType"] for i in table["GlobalSecondaryIndexes"]} == {"KEYS_ONLY"}


@pytest.mark.parametrize("made", [update({"a": {"S": "x"}, "b": None}, {"c": 1}), add({"a": 1}, {"b": "x"}, {"c": 1})])
def test_every_name_and_value_is_a_placeholder_that_is_used(made: dict[str, dict[str, str] | str]) -> None:
    text = f"{made['UpdateExpression']} {made['ConditionExpression']}"
    for place in [*made["ExpressionAttributeNames"], *made["ExpressionAttributeValues"]]:
        assert place in text
    assert set(made["ExpressionAttributeNames"]) == {"#a", "#b", "#c"}
