"""A run on the real adapters whose calls to AWS, played by moto, are counted as AWS would bill them."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
from chalicelib.adapters.dynamodb.chunks import DynamoChunks
from chalicelib.adapters.dynamodb.load_queue import DynamoLoadQueue
from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.searches import DynamoSearch
from chalicelib.adapters.dynamodb.table import INDEXES, table_definition
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.dynamodb.tries import DynamoTries
from chalicelib.adapters.memory import MemoryClock, MemoryWarehouse
from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.sns import SnsNotifier
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.events import chunk_of, run_of, task_of
from chalicelib.domain.run.model import Run, SourceObject
from chalicelib.orchestration import sqs, step_functions
from chalicelib.orchestration.executions import MachineQueue
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.load_windows import LONGEST_DELAY
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Queue
from tests.support.settings import BUCKET, SETTINGS
from tests.support.simulated.machine import Execution, Machine

S3_READS = {"GetObject", "HeadObject"}
FREE = {"DeleteObject", "GetQueueUrl"}
"""S3 charges no deletion; a warm function asks for a queue's URL once."""
TRANSACTION = 2
"""A write in a transaction is two units."""


@dataclass(kw_only=True)
class Meter:
    """What was called, as units of the bill; and the messages that were sent."""

    units: Counter[str] = field(default_factory=Counter)
    sent: deque[str] = field(default_factory=deque)
    later: deque[str] = field(default_factory=deque)

    def watch(self, client: Any) -> Any:
        client.meta.events.register("before-parameter-build", self._called)
        return client

    def _called(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        name = model.name
        match model.service_model.service_name:
            case _ if name in FREE:
                pass
            case "s3":
                self.units["s3_reads" if name in S3_READS else "s3_writes"] += 1
            case "sns":
                self.units["sns_publishes"] += 1
            case "sqs":
                self._message(params)
            case "dynamodb":
                self._item(name, params)

    def _message(self, params: dict[str, Any]) -> None:
        """A queue's message is sent, received by Lambda's poller, and deleted by it."""
        bodies = [params, *params.get("Entries", [])]
        for found in (b for b in bodies if "MessageBody" in b):
            (self.later if found.get("DelaySeconds") else self.sent).append(found["MessageBody"])
            self.units["sqs_requests"] += 2
            self.units["stage_calls" if "number" in json.loads(found["MessageBody"]) else "advance_calls"] += 1
        self.units["sqs_requests"] += 1

    def _item(self, name: str, params: dict[str, Any]) -> None:
        if name in ("GetItem", "Query"):
            self.units["dynamodb_reads"] += 1
        elif name == "BatchGetItem":
            self.units["dynamodb_reads"] += sum(len(of["Keys"]) for of in params["RequestItems"].values())
        elif name == "TransactWriteItems":
            for action in params["TransactItems"]:
                ((kind, of),) = action.items()
                self.units["dynamodb_writes"] += TRANSACTION + _indexed(kind, of)
        else:
            self.units["dynamodb_writes"] += 1 + _indexed(name, params)


def _indexed(kind: str, params: dict[str, Any]) -> int:
    """Writes to the indexes: a new run is in all, and a change moves it in the one that follows `updated_at`."""
    key = params.get("Key") or params.get("Item", {})
    if key.get("sk", {}).get("S") != "RUN" or kind.startswith("ConditionCheck"):
        return 0
    return len(INDEXES) if kind.startswith("Put") else 2


def counted_run(
    aws: Callable[[str], Any], contract: Contract, body: bytes, chunk_bytes: int, *, by_machine: bool = False
) -> tuple[Counter[str], Run]:
    """The bill's units of one file from its landing to the end, and its run; `aws` makes clients.

    `by_machine`: its run is moved on by an execution of the state machine.
    """
    meter, clock = Meter(), MemoryClock()
    clock.advance(1)  # it starts at the end of a load window
    s3, sqs, table = aws("s3"), aws("sqs"), aws("dynamodb")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    put = s3.put_object(Bucket=BUCKET, Key="incoming/thing/a.csv", Body=body)
    table.create_table(**table_definition(SETTINGS.table))
    for queue in (SETTINGS.run_queue, SETTINGS.chunk_queue):
        sqs.create_queue(QueueName=queue)
    topic = aws("sns").create_topic(Name="success")["TopicArn"]
    settings = replace(SETTINGS, chunk_mb=chunk_bytes / 1e6, success_topic=topic, failure_topic=topic)
    warehouse = MemoryWarehouse(clock, S3Objects(aws("s3")))  # type: ignore[arg-type]  # it only reads parts
    client = lambda service: meter.watch(aws(service))  # noqa: E731
    billed = TableClient(client("dynamodb"), settings.table, sleep=lambda _: None)
    queue: Queue = SqsQueue(client("sqs"), settings)
    machine = Machine(clock, lambda bucket, key: json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]))
    if by_machine:
        runs, bookmarks = DynamoRuns(billed, clock), DynamoBookmarks(billed)
        queue = MachineQueue(
            queue=queue, runs=runs, bookmarks=bookmarks, executions=machine, readings=machine, clock=clock
        )
    pipeline = Pipeline(
        ctx=Context(
            settings=settings,
            contracts={contract.name: contract},
            objects=S3Objects(client("s3")),
            runs=DynamoRuns(billed, clock),
            chunks=DynamoChunks(billed, clock),
            tries=DynamoTries(billed),
            search=DynamoSearch(billed),
            bookmarks=DynamoBookmarks(billed),
            load_queue=DynamoLoadQueue(billed, clock),
            warehouse=warehouse,
            queue=queue,
            notifier=SnsNotifier(client("sns"), client("sqs"), settings),
            clock=clock,
            note=lambda *_: None,
        )
    )
    source = SourceObject(
        bucket=BUCKET, key="incoming/thing/a.csv", etag=put["ETag"].strip('"'), size=len(body), sequencer="01"
    )
    meter.units["arrive_calls"] += 1
    run = pipeline.arrive(source)
    assert run
    while machine.due() or meter.sent or meter.later or _ended(warehouse, clock, meter, pipeline):
        if machine.due():
            machine.due()[0].make(lambda function, payload: _called(pipeline, meter, function, payload))
        else:
            _work(pipeline, meter.sent.popleft() if meter.sent else _waited(warehouse, clock, meter, pipeline))
    meter.units["state_transitions"] = sum(map(_transitions, machine.executions.values()))
    final = DynamoRuns(TableClient(aws("dynamodb"), settings.table), clock).get(run.run_id)
    assert final
    return meter.units, final


def _called(pipeline: Pipeline, meter: Meter, function: str, payload: dict[str, Any]) -> Any:
    """A call of a function by the state machine."""
    if function == "${StageChunk}":
        meter.units["stage_calls"] += 1
        task = chunk_of(payload)
        assert task
        return step_functions.on_chunk(pipeline, task)
    meter.units["advance_calls"] += 1
    return step_functions.on_step(pipeline, payload)


def _transitions(execution: Execution) -> int:
    """Each state that is entered, and the start and the end, as AWS counts them."""
    return 2 + sum(event.endswith("StateEntered") for event in execution.history)


def _work(pipeline: Pipeline, message: str) -> None:
    if "number" in json.loads(message):
        pipeline.stage(task_of(message))
    else:
        sqs.moved_on(pipeline, run_of(message))


def _waited(warehouse: MemoryWarehouse, clock: MemoryClock, meter: Meter, pipeline: Pipeline) -> str:
    """The next message once nothing is left to do at once: a statement's end comes before a second look."""
    _ended(warehouse, clock, meter, pipeline)
    if meter.sent:
        return meter.sent.popleft()
    clock.advance(LONGEST_DELAY)
    return meter.later.popleft()


def _ended(warehouse: MemoryWarehouse, clock: MemoryClock, meter: Meter, pipeline: Pipeline) -> bool:
    """Let statements end; the function that hears of each sends a message."""
    clock.advance(warehouse.latency)
    ended = warehouse.run_due()
    for statement in ended:
        meter.units["event_calls"] += 1
        pipeline.ctx.queue.send_run(warehouse.statements[statement.statement_id].name)
    return bool(ended)
