"""How an outcome is put for SNS."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.sns import SnsNotifier, subject
from chalicelib.errors import Refused, Throttled
from tests.adapters.unit.wire import Response, Script, client, error
from tests.support.settings import SETTINGS

MESSAGE: dict[str, Any] = {"id": "1-FAILED", "load_id": "1", "state": "FAILED", "object": "", "run": "r", "file": "f"}
MESSAGE["rows"] = {}


def notifier(script: Script, results: str = "") -> SnsNotifier:
    return SnsNotifier(client("sns", script), client("sqs", script), replace(SETTINGS, result_queue=results))


@given(st.text(), st.text(max_size=300))
def test_a_subject_is_what_sns_allows(name: str, file: str) -> None:
    made = subject({"state": "LOADED", "object": name, "file": file})
    assert re.fullmatch(r"[!-~][ -~]{0,98}", made)


def test_a_subject_names_the_file_and_its_outcome() -> None:
    notified = {"state": "LOADED", "object": "orders", "file": "s3://landing/incoming/ü 1.csv"}
    assert subject(notified) == "Landfall LOADED: orders ? 1.csv"
    assert subject({**notified, "object": ""}) == "Landfall LOADED: unrouted ? 1.csv"


def test_a_result_that_cannot_be_queued_is_not_notified_either() -> None:
    script = Script([error("AccessDenied")])
    with pytest.raises(Refused):
        notifier(script, "results.fifo").failure(MESSAGE)
    assert "Publish" not in script.operations


def test_errors_are_ours() -> None:
    throttled = Response(status=400, body=b"<E><Error><Code>Throttling</Code><Message>slow</Message></Error></E>")
    with pytest.raises(Throttled):
        notifier(Script([throttled])).success(MESSAGE)
