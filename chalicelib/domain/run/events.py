"""Read the events of AWS: pure functions from an event's dict to Landfall's values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.domain.run.model import ChunkTask, SourceObject

LANDED = {"source": "aws.s3", "detail-type": "Object Created"}
"""What EventBridge's events of new objects have in common."""


SOURCE_STEP = ("object", "state", "began", "holder")
"""What a state of the machine that reads sources calls its function with."""


def landed(event: Any) -> Iterator[SourceObject]:
    """Yield every object version that an S3 notification, or an event of EventBridge, names. Others name none.

    Keys of notifications arrive form-encoded: `+` is a space, `%2B` is a plus. Those of EventBridge arrive as they are.
    Older services send no sequencer.

    Source: AWS, Amazon S3 User Guide, "Event message structure" of notifications and of EventBridge.
    """
    for record in records(event):
        with suppress(KeyError, TypeError, ValueError, AttributeError):  # a record of another service
            if "ObjectCreated" in record.get("eventName", "ObjectCreated"):
                thing = record["s3"]["object"]
                yield _landed(record["s3"]["bucket"], thing, unquote_plus(thing["key"]), "eTag", "versionId")
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        if LANDED.items() <= event.items():
            thing = event["detail"]["object"]
            yield _landed(event["detail"]["bucket"], thing, thing["key"], "etag", "version-id")


def _landed(bucket: Mapping[str, Any], thing: Mapping[str, Any], key: str, etag: str, version: str) -> SourceObject:
    """Return the version. Raises TypeError if a value is no text: such an event would fail at each try."""
    texts = (bucket["name"], key, thing.get(etag, ""), thing.get(version) or "", thing.get("sequencer", ""))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a value is no text")
    name, key, tag, version_id, sequencer = texts
    size = int(thing.get("size", 0))
    return SourceObject(
        bucket=name, key=key, etag=tag.strip('"'), size=size, version_id=version_id or None, sequencer=sequencer
    )


def landing_pattern(bucket: Any, folders: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of EventBridge's events of new objects in folders of a bucket."""
    keys = [{"prefix": folder} for folder in folders]
    wanted: dict[str, Any] = {name: [value] for name, value in LANDED.items()}
    return {**wanted, "detail": {"bucket": {"name": [bucket]}, "object": {"key": keys}}}


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


def source_step_of(event: Any) -> dict[str, Any]:
    """Return what the state machine calls the function of sources with: an object, and a state; else nothing."""
    ours = isinstance(event, dict) and all(isinstance(event.get(name), str) for name in SOURCE_STEP)
    return dict(event) if ours else {}


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
