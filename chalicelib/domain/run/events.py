"""Read the events of AWS: pure functions from an event's dict to Landfall's values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.domain.run.model import ChunkTask, SourceObject


def landed(event: Any) -> Iterator[SourceObject]:
    """Yield every object version that an S3 notification names. Other events and records name none.

    Keys arrive form-encoded: `+` is a space, `%2B` is a plus. Older services send no sequencer.
    """
    for record in records(event):
        with suppress(KeyError, TypeError, ValueError, AttributeError):  # a record of another service
            if "ObjectCreated" in record.get("eventName", "ObjectCreated"):
                yield _landed(record["s3"]["bucket"]["name"], record["s3"]["object"])


def _landed(bucket: str, thing: Mapping[str, Any]) -> SourceObject:
    return SourceObject(
        bucket=bucket,
        key=unquote_plus(thing["key"]),
        etag=thing.get("eTag", "").strip('"'),
        size=int(thing.get("size", 0)),
        version_id=thing.get("versionId") or None,
        sequencer=thing.get("sequencer", ""),
    )


def records(event: Any) -> list[Any]:
    """Return the records of an event; none if it has no list of them."""
    found = event.get("Records", ()) if isinstance(event, dict) else ()
    return found if isinstance(found, list) else []


def run_messages(event: Any) -> Iterator[dict[str, Any]]:
    """Yield the records of an SQS event that have a message of the run queue."""
    return _messages(event, str)


def chunk_messages(event: Any) -> Iterator[dict[str, Any]]:
    """Yield the records of an SQS event that have a message of the chunk queue."""
    return _messages(event, ChunkTask)


def step_of(event: Any) -> dict[str, Any]:
    """Return what the state machine calls the function of runs with: a run, and a state or an error; else nothing."""
    if not isinstance(event, dict) or not isinstance(event.get("run"), str):
        return {}
    error = event.get("error")
    failed = isinstance(error, dict) and isinstance(error.get("Error"), str)
    return dict(event) if failed or isinstance(event.get("state"), str) else {}


def chunk_of(event: Any) -> ChunkTask | None:
    """Return the chunk that the state machine calls the function of chunks with; else None."""
    try:
        task = ChunkTask(run_id=event["run"], generation=event["generation"], **event["chunk"])
    except (KeyError, TypeError):
        return None
    numbers = (task.generation, task.number, task.start, task.stop)
    ours = isinstance(task.run_id, str) and all(type(number) is int for number in numbers)
    return task if ours else None


def source_messages(event: Any) -> Iterator[tuple[str, str]]:
    """Yield the object, and the name of the delivery, of each message of the source queue in an SQS event."""
    for record in records(event):
        with suppress(KeyError, TypeError, ValueError):  # a record of another service
            name, received = json.loads(record["body"])["source"], record["attributes"]["ApproximateReceiveCount"]
            if isinstance(name, str):
                yield name, f"{record['messageId']}-{received}"


def dead_letters(event: Any) -> Iterator[dict[str, Any]]:
    """Yield the records of an SQS event that have a message of either queue."""
    return _messages(event, (str, ChunkTask))


def _messages(event: Any, kind: type | tuple[type, ...]) -> Iterator[dict[str, Any]]:
    for record in records(event):
        with suppress(KeyError, TypeError, ValueError):  # a record of another service
            tried = int(record["attributes"]["ApproximateReceiveCount"])
            if tried and record["receiptHandle"] and isinstance(work_of(record["body"]), kind):
                yield record


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
        run, numbers = fields.pop("run_id"), fields.values()
        if not isinstance(run, str) or any(type(number) is not int for number in numbers):
            return None
        return ChunkTask(run_id=run, **fields) if fields else run
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def run_of_message(body: str) -> str:
    """Return the run id of a message of either queue; empty if the message is not ours."""
    work = work_of(body)
    return work.run_id if isinstance(work, ChunkTask) else work or ""


def runs_of_statement(event: Any) -> Iterator[str]:
    """Yield the run id of a statement that ended, which is the statement's name; none if the statement is not ours."""
    detail = event.get("detail") if isinstance(event, dict) else None
    name = str(detail.get("statementName", "")) if isinstance(detail, dict) else ""
    if len(name) == 32 and set(name) <= set("0123456789abcdef"):
        yield name


def ticks(event: Any) -> Iterator[str]:
    """Yield the time of a scheduled event; none for another event."""
    if isinstance(event, dict) and event.get("source") == "aws.events":
        yield str(event.get("time", ""))
