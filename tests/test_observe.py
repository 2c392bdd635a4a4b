"""What the app says about itself, and what it never says."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import observe
from chalicelib.observe import BY_OBJECT, METRICS, note, redacted

Said = Callable[[], dict[str, Any]]


@pytest.fixture
def said() -> Said:
    """The one line that was written since the last call."""
    out = io.StringIO()
    handler = observe._logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    handler.stream = out  # not setStream: it flushes the stream of before, which a test may have closed

    def line() -> dict[str, Any]:
        [found] = out.getvalue().splitlines()
        out.seek(out.truncate(0))
        return dict(json.loads(found))

    return line


def test_an_event_is_one_json_line(said: Said) -> None:
    note("notified", {"run": "r1", "chunks": 3, "seconds": 0.5, "problem": None})
    line = said()
    assert (line["event"], line["run"], line["chunks"], line["seconds"]) == ("notified", "r1", 3, 0.5)
    assert (line["service"], line["stage"], line["level"]) == ("landfall", "dev", "INFO")
    assert "_aws" not in line


def test_an_events_metrics_are_in_its_line(said: Said) -> None:
    note("staged", {"run": "r1", "object": "orders", "rows": 7, "rejects": 2})
    line = said()
    assert line["rows"] == 7
    assert line["RowsRejected"] == [2.0]
    of_stage, of_object = line["_aws"]["CloudWatchMetrics"]
    assert (of_stage["Namespace"], of_stage["Dimensions"]) == ("Landfall", [["stage"]])
    assert of_stage["Metrics"] == [{"Name": name, "Unit": "Count"} for name in ("RowsStaged", "RowsRejected")]
    assert (of_object["Namespace"], of_object["Dimensions"]) == ("Landfall", [["stage", "object"]])
    assert of_object["Metrics"] == [{"Name": "RowsRejected", "Unit": "Count"}]
    assert line["object"] == "orders"


@pytest.mark.parametrize("event", METRICS)
def test_few_metrics_are_billed_for_each_object(said: Said, event: str) -> None:
    note(event, {"object": "orders", **dict.fromkeys(filter(None, METRICS[event]), 1)})
    directives = said()["_aws"]["CloudWatchMetrics"]
    billed = {m["Name"] for d in directives if ["stage", "object"] in d["Dimensions"] for m in d["Metrics"]}
    assert billed == {name for name, _, _ in METRICS[event].values()} & BY_OBJECT
    assert all(d["Dimensions"] in ([["stage"]], [["stage", "object"]]) for d in directives)


def test_the_metrics_by_object_exist() -> None:
    assert {name for fields in METRICS.values() for name, _, _ in fields.values()} > BY_OBJECT
    assert len(BY_OBJECT) == 4


def test_an_event_of_no_object_is_counted_once(said: Said) -> None:
    note("swept", {"requeued": 2, "oldest_seconds": 0.0})
    [block] = said()["_aws"]["CloudWatchMetrics"]
    assert block["Dimensions"] == [["stage"]]


def test_metrics_of_one_event_do_not_leak_into_the_next(said: Said) -> None:
    note("arrived", {"object": "orders"})
    said()
    note("swept", {"requeued": 2, "oldest_seconds": 0.0})
    line = said()
    assert "FilesArrived" not in line
    assert (line["RunsRequeued"], line["OldestRunSeconds"]) == ([2.0], [0.0])


def test_what_is_not_known_is_not_measured(said: Said) -> None:
    note("swept", {"requeued": 2})
    line = said()
    assert line["RunsRequeued"] == [2.0]
    assert "OldestRunSeconds" not in line


def test_fields_that_smell_are_hidden() -> None:
    shown = redacted(
        {
            "token": "t",
            "db_secret": "s",
            "Authorization": "x",
            "row": "a,b",
            "value": 4711,
            "rows": 7,
            "text": "got Bearer abc.def and AKIAABCDEFGHIJKLMNOP, password=hunter2;",
            "long": "x" * 999,
        }
    )
    assert [shown[name] for name in ("token", "db_secret", "Authorization", "row", "value")] == ["[hidden]"] * 5
    assert shown["rows"] == 7
    assert shown["text"] == "got [hidden] and [hidden], [hidden];"
    assert len(shown["long"]) == 300


def test_every_metric_has_a_name_of_its_own() -> None:
    names = [name for fields in METRICS.values() for name, _, _ in fields.values()]
    assert len(names) == len(set(names))
