"""The bodies of the queues' messages. domain/run/events.py reads them."""

from __future__ import annotations

import json
from dataclasses import asdict

from chalicelib.domain.run.model import ChunkTask


def run_body(run_id: str) -> str:
    return json.dumps({"run_id": run_id})


def task_body(task: ChunkTask) -> str:
    return json.dumps(asdict(task))


def source_body(object: str) -> str:
    return json.dumps({"source": object})
