"""The record of a source as text, also as another version of Landfall has written it."""

from __future__ import annotations

import json

from chalicelib.domain.source.progress import Progress

STORED = Progress(done="10", wanted=("1", "2"), tries=3, message="it failed")


def test_a_record_is_read_as_it_was_written() -> None:
    assert Progress.read(STORED.text) == STORED
    assert Progress.read("") == Progress()


def test_a_newer_versions_record_is_read_after_a_rollback() -> None:
    newer = json.dumps({**json.loads(STORED.text), "field_to_come": [1]})
    assert Progress.read(newer) == STORED


def test_an_older_versions_record_is_read() -> None:
    assert Progress.read('{"done": "10"}') == Progress(done="10")
