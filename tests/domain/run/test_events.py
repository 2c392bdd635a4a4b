"""Which run a message or an event belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.run.events import run_of_message, runs_of_statement, work_of

ODD = (
    '{"run_id": null}',
    '{"run_id": 7}',
    '{"run_id": ["r"]}',
    '{"run_id": "r", "more": 1}',
    '{"run_id": "r", "generation": 1, "number": 2, "start": 3}',
    '{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": "4"}',
    '{"run_id": "r", "generation": true, "number": 2, "start": 3, "stop": 4}',
    '{"Service": "Amazon S3", "Event": "s3:TestEvent"}',
    "[" * 100_000,
)


@pytest.mark.parametrize("body", ["", "[]", "7", "null", '"x"', "{}", '{"run": "x"}', '{"number": 1}', "\udcff", *ODD])
def test_a_message_of_another_origin_belongs_to_no_run(body: str) -> None:
    assert work_of(body) is None
    assert run_of_message(body) == ""


def test_a_message_of_ours_is_read() -> None:
    assert work_of('{"run_id": "r"}') == "r"
    task = work_of('{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": 4}')
    assert (getattr(task, "run_id", ""), getattr(task, "number", 0)) == ("r", 2)
    bodies = ('{"run_id": "r"}', '{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": 4}')
    assert [run_of_message(body) for body in bodies] == ["r", "r"]


@pytest.mark.parametrize(
    ("event", "run"),
    [
        ({"detail": {"statementName": "0123456789abcdef" * 2}}, "0123456789abcdef" * 2),
        ({"detail": {"statementName": "0123456789ABCDEF" * 2}}, None),
        ({"detail": {"statementName": "nightly report"}}, None),
        ({"detail": {}}, None),
        ({}, None),
    ],
)
def test_an_ended_statement_leads_to_the_run_it_is_named_after(event: dict[str, Any], run: str | None) -> None:
    assert list(runs_of_statement(event)) == ([run] if run else [])
