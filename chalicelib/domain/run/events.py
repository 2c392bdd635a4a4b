"""Read the events of AWS: pure functions from an event's dict to Landfall's values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.domain.run.model import ChunkTask, SourceObject


def landed(event: Mapping[str, Any]) -> Iterator[SourceObject]:
    """Yield every object version that an S3 notification names. `s3:TestEvent` names none.

    Keys arrive form-encoded: `+` is a space, `%2B` is a plus. Older services send no sequencer.
    """
    for record in event.get("Records", ()):
        bucket, thing = record["s3"]["bucket"]["name"], record["s3"]["object"]
        yield SourceObject(
            bucket=bucket,
            key=unquote_plus(thing["key"]),
            etag=thing.get("eTag", "").strip('"'),
            size=int(thing.get("size", 0)),
            version_id=thing.get("versionId") or None,
            sequencer=thing.get("sequencer", ""),
        )


def run_of(body: str) -> str:
    """Return the run id of a message of the run queue."""
    return str(json.loads(body)["run_id"])


def task_of(body: str) -> ChunkTask:
    """Return the chunk of a message of the chunk queue."""
    return ChunkTask(**json.loads(body))


def work_of(body: str) -> ChunkTask | str | None:
    """Return the work of a message of either queue: a chunk, or a run id. None if the message is not ours."""
    try:
        fields = json.loads(body)
        return ChunkTask(**fields) if set(fields) != {"run_id"} else str(fields["run_id"])
    except (ValueError, TypeError):
        return None


def run_of_message(body: str) -> str:
    """Return the run id of a message of either queue; empty if the message is not ours."""
    work = work_of(body)
    return work.run_id if isinstance(work, ChunkTask) else work or ""


def run_of_statement(event: Mapping[str, Any]) -> str | None:
    """Return the run id of a finished statement, which is the statement's name. None if the statement is not ours."""
    name = str(event.get("detail", {}).get("statementName", ""))
    return name if len(name) == 32 and set(name) <= set("0123456789abcdef") else None
