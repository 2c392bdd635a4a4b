"""Rejects are read as they were written."""

from __future__ import annotations

from chalicelib.domain.run.rejects import Reject


def test_a_reject_survives_json_and_shifting():
    reject = Reject(line=3, byte_offset=9, column="a", code=1204, reason="a is long", record='é",\u2028x'.encode())
    text_ = reject.shifted(10).to_json()
    assert len(text_.splitlines()) == 1
    assert Reject.from_json(text_) == Reject(
        line=13, byte_offset=9, column="a", code=1204, reason="a is long", record='é",\u2028x'.encode()
    )
    assert (
        '"record": "\\\\xff"' in Reject(line=1, byte_offset=0, column="", code=1, reason="", record=b"\xff").to_json()
    )
