"""Alarms that call the operator. Each names its entry in docs/operate/runbook.md, which describes what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.observe import NAMESPACE
from deploy.machine import MACHINE_ARN
from deploy.stage import function_name

MINUTE = 60
STAGE = [{"Name": "stage", "Value": {"Ref": "Stage"}}]
STATES = "AWS/States"
MACHINE = [{"Name": "StateMachineArn", "Value": {"Fn::Sub": MACHINE_ARN}}]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One of our own metrics, over a threshold."""

    name: str
    metric: str
    above: float
    statistic: str = "Sum"
    minutes: int = 5
    periods: int = 1
    why: str
    silent: bool = False
    """Whether the alarm fires when the metric is absent."""


OURS = (
    Alarm(name="failed-runs", metric="RunsFailed", above=0, why="a run ended FAILED"),
    Alarm(name="unbalanced-books", metric="UnbalancedBooks", above=0, why="rows were unaccounted for"),
    Alarm(name="dead-letters", metric="DeadLetters", above=0, why="a worker was stopped at each try"),
    Alarm(name="archive-failures", metric="ArchiveFailures", above=0, why="S3 refuses to archive a loaded file"),
    Alarm(name="export-failures", metric="ExportFailures", above=2, minutes=60, why="an export is not written"),
    Alarm(name="not-announced", metric="FilesNotAnnounced", above=0, why="more files than usual have no contract"),
    Alarm(name="sweep-failures", metric="SweepFailures", above=0, periods=3, why="the sweep cannot look at a file"),
    Alarm(
        name="late-file", metric="LateFiles", above=0, statistic="Maximum", minutes=10,
        why="a file has not come by the time its contract expects it",
    ),
    Alarm(
        name="oldest-run", metric="OldestRunSeconds", above=3600, statistic="Maximum", periods=3,
        why="a file is unfinished for over an hour",
    ),
    Alarm(
        name="sweep-silent", metric="OldestRunSeconds", above=0, statistic="SampleCount", periods=4, silent=True,
        why="no sweep has looked at the unfinished runs for 20 minutes",
    ),
    Alarm(
        name="source-behind", metric="SourcesBehind", above=0, statistic="Maximum", periods=3,
        why="a source was not read for two moments of its schedule",
    ),
    Alarm(
        name="clock-silent", metric="SourcesBehind", above=0, statistic="SampleCount", periods=3, silent=True,
        why="the clock of the sources has not run for 15 minutes",
    ),
)  # fmt: skip
UNANSWERED = "a dead letter was not answered for within 15 minutes"
OF_FUNCTIONS = (
    ("function-errors", "Errors", 20, "functions had over 20 errors within 15 minutes"),
    ("function-throttles", "Throttles", 100, "functions had over 100 throttles within 15 minutes"),
    ("recursion-drops", "RecursiveInvocationsDropped", 0, "Lambda took the work on a file for an endless loop"),
)
"""Over 15 minutes, of all functions together: name, metric, threshold, and what it means."""
WATCHED = frozenset({"start_sources"})
"""Functions with an alarm of their own, `clock-silent`: an alarm adds up at most ten metrics."""
DEAD_QUEUES = {
    "runs-dead": UNANSWERED,
    "chunks-dead": UNANSWERED,
    "results-dead.fifo": "readers of the results gave up on one",
}
"""Queues that should be empty, and the meaning of one that is not."""
OF_EXECUTIONS = (
    ("machine-failures", "executions were aborted, timed out, or failed though their runs did not"),
    ("machine-throttles", "Step Functions held up over 100 changes of state within 15 minutes"),
)
"""Alarms of a stage with a state machine: name, and what it means."""


def alarms(functions: Sequence[str], *, executions: bool = False) -> dict[str, Any]:
    """Return all alarms as resources; with `executions`, those of a state machine, too."""
    found = {_logical(a.name): _alarm(a.name, a.why, **_metric(a)) for a in OURS}
    for queue, why in DEAD_QUEUES.items():
        name = f"{queue.removesuffix('.fifo')}-depth"
        found[_logical(name)] = _alarm(name, why, **_depth(queue))
    ratio = _math("IF(read > 0, 100 * rejected / read, 0)", 5, _ratio())
    found[_logical("reject-ratio")] = _alarm("reject-ratio", "over 5 % of an hour's rows are bad", **ratio)
    added_up = [name for name in functions if name not in WATCHED]
    for name, metric, above, why in OF_FUNCTIONS:
        found[_logical(name)] = _alarm(name, why, **_sum(above, _each(metric, added_up)))
    if executions:
        for (name, why), what in zip(OF_EXECUTIONS, (_machine_failures(), _machine_throttles()), strict=True):
            found[_logical(name)] = _alarm(name, why, **what)
    return found


def _logical(name: str) -> str:
    return "Alarm" + "".join(word.title() for word in name.split("-"))


def _alarm(name: str, why: str, **what: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Condition": "MakesAlarms",
        "Properties": {
            "AlarmName": {"Fn::Sub": f"landfall-${{Stage}}-{name}"},
            "AlarmDescription": f"{why[0].upper()}{why[1:]}. What to do: docs/operate/runbook.md, alarm {name}.",
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "FailureTopic"}],
            "OKActions": [{"Ref": "FailureTopic"}],
            **what,
        },
    }


def _metric(alarm: Alarm) -> dict[str, Any]:
    silent = {"ComparisonOperator": "LessThanOrEqualToThreshold", "TreatMissingData": "breaching"}
    return {
        **(silent if alarm.silent else {}),
        "Namespace": NAMESPACE,
        "MetricName": alarm.metric,
        "Dimensions": STAGE,
        "Statistic": alarm.statistic,
        "Period": alarm.minutes * MINUTE,
        "EvaluationPeriods": alarm.periods,
        "Threshold": alarm.above,
    }


def _depth(queue: str) -> dict[str, Any]:
    """Count the messages in any state: one whose reader failed stays invisible for minutes."""
    name = [{"Name": "QueueName", "Value": {"Fn::Sub": f"landfall-${{Stage}}-{queue}"}}]
    metrics = [
        _stat(which.lower(), "AWS/SQS", f"ApproximateNumberOfMessages{which}", name, MINUTE, "Maximum")
        for which in ("Visible", "NotVisible")
    ]
    return _math("visible + notvisible", 0, metrics, periods=15)


def _math(expression: str, above: float, metrics: list[dict[str, Any]], *, periods: int = 1) -> dict[str, Any]:
    shown = {"Id": "shown", "Expression": expression, "ReturnData": True}
    return {"Metrics": [shown, *metrics], "EvaluationPeriods": periods, "Threshold": above}


def _sum(above: float, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sum of all of them. An alarm takes no METRICS()."""
    return _math(" + ".join(metric["Id"] for metric in metrics), above, metrics)


def _ratio() -> list[dict[str, Any]]:
    named = {"rejected": "RowsRejected", "read": "RowsStaged"}
    return [_stat(name, NAMESPACE, metric, STAGE, 60 * MINUTE) for name, metric in named.items()]


def _machine_failures() -> dict[str, Any]:
    """Add up an hour's executions that did not end with their run: that of a run that ends FAILED fails by design.

    One is no alarm: it may belong to a run that failed in the minute before, and the sweep starts another.
    """
    ends = {"aborted": "ExecutionsAborted", "timedout": "ExecutionsTimedOut", "failed": "ExecutionsFailed"}
    metrics = [_stat(name, STATES, metric, MACHINE, 60 * MINUTE) for name, metric in ends.items()]
    runs = _stat("runs", NAMESPACE, "RunsFailed", STAGE, 60 * MINUTE)
    alone = "IF(FILL(failed, 0) > FILL(runs, 0), FILL(failed, 0) - FILL(runs, 0), 0)"
    return _math(f"FILL(aborted, 0) + FILL(timedout, 0) + {alone}", 1, [*metrics, runs])


def _machine_throttles() -> dict[str, Any]:
    return _sum(100, [_stat("throttled", STATES, "ExecutionThrottled", MACHINE, 15 * MINUTE)])


def _each(metric: str, functions: Sequence[str]) -> list[dict[str, Any]]:
    return [
        _stat(
            f"m{n}",
            "AWS/Lambda",
            metric,
            [{"Name": "FunctionName", "Value": {"Fn::Sub": function_name(name)}}],
            15 * MINUTE,
        )
        for n, name in enumerate(functions)
    ]


def _stat(
    name: str, namespace: str, metric: str, dimensions: list[Any], seconds: int, stat: str = "Sum"
) -> dict[str, Any]:
    of = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "ReturnData": False, "MetricStat": {"Metric": of, "Period": seconds, "Stat": stat}}
