"""Logs and metrics: one JSON line per event, with its metrics in the same line (CloudWatch's embedded format).

Guarantees that a line has only names, counts and times. Fields whose name suggests a secret or a row are hidden, and
texts that look like a credential are replaced. Callers must not pass row values. Unprintable characters are escaped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from chalicelib.visible import visible_json

NAMESPACE = "Landfall"
LONGEST_TEXT = 300
HIDDEN = "[hidden]"

METRICS: dict[str, dict[str, tuple[str, MetricUnit, str]]] = {
    "arrived": {"": ("FilesArrived", MetricUnit.Count, "Files that became runs")},
    "planned": {"bytes": ("BytesPlanned", MetricUnit.Bytes, "Size of the files that were cut into chunks")},
    "staged": {
        "rows": ("RowsStaged", MetricUnit.Count, "Rows read by chunk workers"),
        "rejects": ("RowsRejected", MetricUnit.Count, "Those of them that are bad"),
        "seconds": ("ChunkSeconds", MetricUnit.Seconds, "Time to stage one chunk"),
    },
    "submitted": {"": ("LoadAttempts", MetricUnit.Count, "Loads that were submitted to the warehouse")},
    "loaded": {
        "loaded": ("FilesLoaded", MetricUnit.Count, "Runs that ended LOADED"),
        "with_rejects": ("FilesWithRejects", MetricUnit.Count, "Those of them with bad rows"),
        "rows": ("RowsLoaded", MetricUnit.Count, "Good rows of files that the ledger has"),
    },
    "ended": {
        "": ("FilesFailed", MetricUnit.Count, "Runs that ended REJECTED, FAILED or SUPERSEDED"),
        "failed": ("RunsFailed", MetricUnit.Count, "Those that ended FAILED"),
        "unbalanced": ("UnbalancedBooks", MetricUnit.Count, "Those in which a row was not accounted for"),
    },
    "cancelled": {"": ("FilesCancelled", MetricUnit.Count, "Runs that the operator cancelled")},
    "not_announced": {"": ("FilesNotAnnounced", MetricUnit.Count, "Files without a contract beyond a day's notices")},
    "swept": {
        "requeued": ("RunsRequeued", MetricUnit.Count, "Unfinished runs that the sweep moved on"),
        "oldest_seconds": ("OldestRunSeconds", MetricUnit.Seconds, "Age of the oldest unfinished run"),
    },
    "expected": {"late": ("LateFiles", MetricUnit.Count, "Objects whose file is overdue")},
    "listed": {
        "started": ("FilesFound", MetricUnit.Count, "Files that a sweep found whose events were lost"),
        "archived": ("FilesArchivedAgain", MetricUnit.Count, "Second drops of loaded files, put into the archive"),
        "ignored": ("FilesIgnored", MetricUnit.Count, "Files beside the data that a sweep found in landing folders"),
    },
    "clock": {
        "started": ("SourcesStarted", MetricUnit.Count, "Sources whose reading was started"),
        "behind": ("SourcesBehind", MetricUnit.Count, "Sources that were not read for two moments of their schedule"),
    },
    "source_failed": {"": ("SourceFailures", MetricUnit.Count, "Tries to read a source that failed")},
    "passed_over": {"": ("SweepFailures", MetricUnit.Count, "Files, folders and runs that a sweep could not read")},
    "archive_failed": {"": ("ArchiveFailures", MetricUnit.Count, "Tries to archive a loaded file that S3 refused")},
    "exported": {
        "": ("FilesExported", MetricUnit.Count, "Exports that were written after a load"),
        "seconds": ("ExportSeconds", MetricUnit.Seconds, "Time from the UNLOAD to the new file of an export"),
    },
    "export_failed": {"": ("ExportFailures", MetricUnit.Count, "Tries to write an export that failed")},
    "dead_letter": {"": ("DeadLetters", MetricUnit.Count, "Messages whose worker was stopped at each try")},
    "left_to_sweep": {"": ("MessagesGivenUp", MetricUnit.Count, "Messages whose every try failed")},
}
"""By event: the field that is measured (empty: the event itself counts), its metric, unit and meaning."""
BY_OBJECT = frozenset({"FilesLoaded", "FilesFailed", "RowsRejected", "LateFiles"})
"""The metrics of each object, beside those of the stage. CloudWatch bills each object's metric by the hour of use."""

_SECRET = re.compile(r"token|secret|password|passwd|authorization|credential|signature|api_?key", re.IGNORECASE)
_ROW = re.compile(r"^(row|record|value|values|raw|line_text|body)$", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bBearer\s+[\w.~+/=-]+|\b(?:aws_secret_access_key|password|pwd)\s*=\s*[^\s;,]+",
    re.IGNORECASE,
)


def note(event: str, fields: Mapping[str, Any]) -> None:
    """Write one log line: the event with its fields, and its metrics if it has any."""
    shown = redacted(fields)
    _logger().info(event, extra={"event": event, **shown, **measured(event, shown)})


def redacted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they may be shown."""
    return {name: HIDDEN if _SECRET.search(name) or _ROW.match(name) else _shown(v) for name, v in fields.items()}


def measured(event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the embedded metrics of an event; empty if it has none."""
    named = {metric: fields.get(field) if field else 1 for field, (metric, _, _) in METRICS.get(event, {}).items()}
    numbers = {metric: v for metric, v in named.items() if isinstance(v, int | float)}
    if not numbers:
        return {}
    provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, metric_set={}, dimension_set={}, metadata_set={})
    for metric, unit, _ in METRICS[event].values():
        if metric in numbers:
            provider.add_metric(metric, unit, numbers[metric])
    provider.add_dimension("stage", _stage())
    line: dict[str, Any] = dict(provider.serialize_metric_set())
    if fields.get("object"):
        _measure_objects(line["_aws"]["CloudWatchMetrics"])
    return line


def _measure_objects(directives: list[dict[str, Any]]) -> None:
    """Measure some metrics by object, too: its name is a field of the line. An alarm cannot add up objects."""
    [of_stage] = directives
    metrics = [metric for metric in of_stage["Metrics"] if metric["Name"] in BY_OBJECT]
    if metrics:
        directives.append({**of_stage, "Dimensions": [["stage", "object"]], "Metrics": metrics})


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return _CREDENTIAL.sub(HIDDEN, str(value))[:LONGEST_TEXT]


@lru_cache(maxsize=1)
def _logger() -> Logger:
    return Logger(service="landfall", stage=_stage(), json_serializer=_line)


def _line(fields: Mapping[str, Any]) -> str:
    return visible_json(fields, default=str, separators=(",", ":"))


def _stage() -> str:
    return os.environ.get("LANDFALL_STAGE", "dev")
