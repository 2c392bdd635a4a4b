"""`check` reads what Firehose could not deliver as the pipeline does."""

from __future__ import annotations

import json
from pathlib import Path

from tests.landfall.conftest import Landfall
from tests.support.undelivered import failed

CONTRACT = """
name = "visit"
target = "landing.visits"
lands_at = ["incoming/visit/**"]
format = "json"
key = ["id"]
extra_columns = "ignore"
[columns]
id = { type = "bigint", required = true }
"""


def test_error_objects_are_rejects(landfall: Landfall, tmp_path: Path) -> None:
    (tmp_path / "visit.toml").write_text(CONTRACT)
    file = tmp_path / "processing-failed" / "s-1"
    file.parent.mkdir()
    file.write_bytes(failed(b'{"id":1}') * 3)
    done = landfall("check", file, "--contract-file", tmp_path / "visit.toml", "--json")
    found = json.loads(done.out)
    assert (found["rows_read"], found["rows_good"], found["rows_rejected"]) == (3, 0, 3), found
    assert "was not delivered by Firehose (Lambda.FunctionError)" in done.out
