"""The dashboard: files that landed, their results, their times, the queues, and the capacity in use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chalicelib.observe import NAMESPACE
from deploy.machine import MACHINE_ARN
from deploy.stage import function_name

WIDTH, HEIGHT, COLUMNS = 8, 6, 3
_THEIRS = {"Fn::If": ["UsesCluster", {"Ref": "ClusterIdentifier"}, {"Ref": "WorkgroupName"}]}
WAREHOUSE = {"Fn::If": ["MakesWarehouse", {"Ref": "Workgroup"}, _THEIRS]}
QUEUES = ("runs", "chunks", "runs-dead", "chunks-dead", "results.fifo", "results-dead.fifo")

EXECUTIONS = (
    *(f"Executions{what}" for what in ("Started", "Succeeded", "Failed", "Aborted", "TimedOut")),
    "ExecutionThrottled",
)


def dashboard(functions: Sequence[str], *, executions: bool = False) -> dict[str, Any]:
    """Return the dashboard as a resource; with `executions`, those of a state machine are on it."""
    shown = [*_widgets(functions), *(_of_executions() if executions else ())]
    widgets = [_placed(n, widget) for n, widget in enumerate(shown)]
    body = json.dumps({"widgets": widgets}, separators=(",", ":"))  # the template has a limit
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Fn::Sub": "landfall-${Stage}"},
            "DashboardBody": {"Fn::Sub": [body, {"Warehouse": WAREHOUSE}]},
        },
    }


def _widgets(functions: Sequence[str]) -> list[dict[str, Any]]:
    def ours(title: str, *metrics: str, stat: str = "Sum") -> dict[str, Any]:
        return _graph(title, [[NAMESPACE, metric, "stage", "${Stage}"] for metric in metrics], stat)

    def of_functions(metric: str, stat: str) -> dict[str, Any]:
        rows = [["AWS/Lambda", metric, "FunctionName", function_name(name)] for name in functions]
        return _graph(f"Functions: {metric.lower()}", rows, stat)

    capacity = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    depth = "ApproximateNumberOfMessagesVisible"
    queues = [["AWS/SQS", depth, "QueueName", f"landfall-${{Stage}}-{queue}"] for queue in QUEUES]
    runtime = ["QueryRuntimeBreakdown", "Workgroup", "${Warehouse}", "Stage", "QueryExecutingRead"]
    faults = ("LateFiles", "DeadLetters", "UnbalancedBooks", "ArchiveFailures", "ExportFailures", "MessagesGivenUp")
    return [
        ours("Runs", "FilesArrived", "FilesLoaded", "FilesWithRejects", "FilesFailed", "RunsFailed", "FilesCancelled"),
        ours("Rows", "RowsStaged", "RowsLoaded", "RowsRejected"),
        ours("Age of the oldest unfinished run, s", "OldestRunSeconds", stat="Maximum"),
        ours("Time to stage a chunk, s", "ChunkSeconds", stat="p90"),
        ours("What needs a look", *faults),
        of_functions("Errors", "Sum"),
        of_functions("Duration", "p90"),
        of_functions("Throttles", "Sum"),
        _graph("Queues: waiting", queues, "Maximum"),
        _graph("Table: capacity", [["AWS/DynamoDB", c, "TableName", "landfall-${Stage}"] for c in capacity], "Sum"),
        _graph("Warehouse: query time, ms", [["AWS/Redshift-Serverless", *runtime]], "Average"),
    ]


def _of_executions() -> list[dict[str, Any]]:
    machine = ["StateMachineArn", MACHINE_ARN]
    return [
        _graph("State machine: executions", [["AWS/States", metric, *machine] for metric in EXECUTIONS], "Sum"),
        _graph("State machine: time of an execution, ms", [["AWS/States", "ExecutionTime", *machine]], "p90"),
    ]


def _graph(title: str, metrics: list[list[str]], stat: str) -> dict[str, Any]:
    properties = {"title": title, "metrics": metrics, "stat": stat, "period": 300, "region": "${AWS::Region}"}
    return {"type": "metric", "properties": {"view": "timeSeries", **properties}}


def _placed(number: int, widget: dict[str, Any]) -> dict[str, Any]:
    row, column = divmod(number, COLUMNS)
    return {"x": column * WIDTH, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT, **widget}
