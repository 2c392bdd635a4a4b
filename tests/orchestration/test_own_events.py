"""Events of another origin, at each handler of app.py: nothing happens, and one line of the log reports it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import app
from chalicelib import bootstrap, observe
from chalicelib.domain.run.events import dead_letters, landed, run_messages, step_of
from chalicelib.orchestration import own_events

HANDLERS = (
    "on_incoming",
    "advance_run",
    "stage_chunk",
    "on_dead_run",
    "on_dead_chunk",
    "on_statement",
    "on_schedule",
)
TEST = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "landing"}
B = {"name": "b"}
GONE = {"eventName": "ObjectRemoved:Delete", "s3": {"bucket": B, "object": {"key": "a.csv"}}}
PUT = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "a+b.csv", "size": 3}}}
CLOCK = dict.fromkeys(("version", "account", "region", "detail-type", "source", "time", "id"), "")


def message(body: Any, **more: Any) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"body": text, "receiptHandle": "r", "attributes": {"ApproximateReceiveCount": "1"}, **more}


FOREIGN: list[Any] = [
    None,
    [],
    {},
    7,
    "text",
    [{}],
    TEST,
    {"Records": None},
    {"Records": {}},
    {"Records": []},
    {"Records": [None, 7, [], {}]},
    {"Records": [GONE]},
    {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {}}}]},
    {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "k", "size": "many"}}}]},
    {"Records": [{"s3": None}, {"eventName": 7}]},
    {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "x"}}]},
    {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {}}]},
    {"Records": [message("no json"), message("[]"), message(TEST), message({"run_id": None}), message("\ud800")]},
    {"Records": [message({"run_id": "r"}, attributes={}), message({"run_id": "r"}, receiptHandle="")]},
    {"detail": None},
    {**CLOCK, "resources": [], "detail": []},
    {"run": "r"},
    {"run": 7, "state": "Plan"},
    {"run": "r", "state": ["Plan"], "chunk": 7, "error": "Broken"},
    {"run": "r", "generation": 1, "chunk": {"number": 1, "start": 0, "stop": 9, "more": 1}},
    {"run": None, "error": {"Error": "Broken"}},
    {**CLOCK, "source": "aws.ec2", "detail": {"statementName": "nightly report"}},
    {
        **CLOCK,
        "source": "aws.s3",
        "detail-type": "Object Deleted",
        "detail": {"bucket": {"name": "b"}, "object": {"key": "k"}},
    },
    {**CLOCK, "source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {}}},
]


class Nothing:
    """A wiring that no event of another origin may use."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was used")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The log, with a wiring that is not to be used."""
    noted: list[str] = []
    monkeypatch.setattr(own_events, "note", lambda name, _: noted.append(name))
    bootstrap.use(Nothing())  # type: ignore[arg-type]
    yield noted
    bootstrap.use(None)


@pytest.mark.parametrize("name", HANDLERS)
@pytest.mark.parametrize("number", range(len(FOREIGN)))
def test_an_event_of_another_origin_does_nothing(lines: list[str], name: str, number: int) -> None:
    event = json.loads(json.dumps(FOREIGN[number]))
    assert not getattr(app, name)(event, None)
    assert not app.app.handler_map[name](event, None)
    assert lines == ["not_ours"] * 2


NAMES = [
    *("Records", "s3", "bucket", "object", "name", "key", "body", "attributes", "detail", "source"),
    *("run", "state", "chunk", "generation", "error", "Error", "token", "staged"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=JSON, name=st.sampled_from(HANDLERS[1:]))
def test_no_form_of_an_event_is_an_error(lines: list[str], event: Any, name: str) -> None:
    del lines[:]
    assume(not step_of(event))
    getattr(app, name)(event, None)
    assert lines == ["not_ours"]


@pytest.mark.parametrize(
    ("read", "mine"),
    [(landed, PUT), (run_messages, message({"run_id": "r"})), (dead_letters, message({"run_id": "r"}))],
)
def test_records_of_ours_among_others_are_read(
    lines: list[str], read: Callable[[Any], Iterator[Any]], mine: dict[str, Any]
) -> None:
    assert len(own_events.ours({"Records": [mine, {}, mine]}, read)) == 2
    assert lines == ["not_ours"]
    assert len(own_events.ours({"Records": [mine, mine]}, read)) == 2
    assert lines == ["not_ours"]


def test_the_line_has_counts_and_no_text_of_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    observe._logger.cache_clear()
    own_events.ours({"Records": [message("secret words")]}, run_messages)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["event"], line["handler"], line["others"], line["found"]) == ("not_ours", "run_messages", 1, 0)
    assert "secret" not in json.dumps(line)
