"""I13 for rows that a person corrected: their values are heard no more than those of rows that were good at once."""

from __future__ import annotations

import json
from typing import Any

from chalice.test import Client

import app as application
from chalicelib.domain.run.model import RunState
from tests.security.canaries import DEFECTS, GOOD, HEADER, PII, ROW, SECRET, Output, answers, land


def sent(load: dict[str, Any], *values: str) -> str:
    """What the API says to one corrected row."""
    body = {
        "generation": load["generation"],
        "columns": load["columns"],
        "rows": [{"byte_offset": load["rejects"][0]["byte_offset"], "values": [f"{ROW}3", *values]}],
    }
    headers = {"Authorization": f"Bearer {SECRET}-operator", "Content-Type": "application/json"}
    path = f"/rejects/{load['run_id']}"
    return Client(application.app).http.post(path, headers=headers, body=json.dumps(body).encode()).body.decode()


def test_no_value_of_corrected_rows_is_reported(output: Output) -> None:
    land(output, HEADER + GOOD + DEFECTS["a pattern that does not fit"])
    output.play()
    headers = {"Authorization": f"Bearer {SECRET}-reader"}
    (run,) = output.deployment.runs.runs.values()
    load = json.loads(Client(application.app).http.get(f"/rejects/{run.run_id}", headers=headers).body)
    said = sent(load, "***", "", "3", ROW)
    assert "MASKED_VALUE" in said
    for amount in ("3", ROW):
        said += sent(load, PII, "1990-01-01", amount, f"{ROW}3")
        output.play()
    assert {run.state for run in output.deployment.runs.runs.values()} == {RunState.LOADED}
    assert f"{ROW}3" in str(output.deployment.warehouse.rows("landing.people")), "the control"
    assert PII in output.bodies("processed/"), "the control"
    said += output.text() + answers(output)
    assert ROW not in said
    assert PII not in said
    assert PII not in output.bodies("rejected/") + answers(output, rejects=True)
