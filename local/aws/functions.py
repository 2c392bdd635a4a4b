"""Finds the Lambda functions that `chalice deploy` would make, from the Chalice app itself."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_TIMEOUT = 60  # seconds; Chalice's


@dataclass(frozen=True, kw_only=True)
class Function:
    """One Lambda function and its event source."""

    name: str
    """The handler's name in the app."""
    full_name: str
    """The function's name in AWS: `<app>-<stage>-<name>`."""
    kind: str
    """Kind of its event source: s3, sqs, sns, event, schedule, or none if it is only invoked by name."""
    timeout: int = DEFAULT_TIMEOUT
    """Most seconds that it may take."""
    source: dict[str, Any] = field(default_factory=dict)
    """The decorator's settings of the event source, in Chalice's own terms."""


def load_app(directory: Path) -> Any:
    """Import the Chalice object of a project directory as Lambda does: from module `app` in its root."""
    sys.path.insert(0, str(directory))
    return importlib.import_module("app").app


def discover(app: Any, directory: Path, stage: str) -> list[Function]:
    """List every function of the app except the REST API's, which has a process of its own."""
    timeout_of = _timeouts(directory, stage)
    found = [(config.name, *_source(config)) for config in app.event_sources]
    found += [(config.name, "none", {}) for config in app.pure_lambda_functions]
    return [
        Function(
            name=name,
            full_name=f"{app.app_name}-{stage}-{name}",
            kind=kind,
            timeout=timeout_of(name),
            source=source,
        )
        for name, kind, source in found
    ]


def as_json(functions: list[Function]) -> list[dict[str, Any]]:
    """Convert the functions to JSON objects."""
    return [asdict(function) for function in functions]


def from_json(items: list[dict[str, Any]]) -> list[Function]:
    """Read the functions from JSON objects."""
    return [Function(**item) for item in items]


def _source(config: Any) -> tuple[str, dict[str, Any]]:
    """Return kind and settings of one event source."""
    match type(config).__name__:
        case "S3EventConfig":
            return "s3", _fields(config, "bucket", "events", "prefix", "suffix")
        case "SQSEventConfig":
            return "sqs", _fields(config, "queue", "queue_arn", "batch_size", "maximum_concurrency")
        case "SNSEventConfig":
            return "sns", _fields(config, "topic")
        case "CloudWatchEventConfig":
            return "event", _fields(config, "event_pattern")
        case "ScheduledEventConfig":
            schedule = config.schedule_expression
            return "schedule", {"expression": schedule if isinstance(schedule, str) else schedule.to_string()}
        case other:
            raise NotImplementedError(f"{config.name}: the local stack does not invoke handlers of kind {other}")


def _fields(config: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(config, name) for name in names}


def _timeouts(directory: Path, stage: str) -> Callable[[str], int]:
    """Return a look-up of each function's timeout in .chalice/config.json."""
    from chalice.config import Config

    file = directory / ".chalice" / "config.json"
    settings = json.loads(file.read_text()) if file.exists() else {}
    config = Config(chalice_stage=stage, config_from_disk=settings)
    return lambda name: config.scope(stage, name).lambda_timeout or DEFAULT_TIMEOUT
