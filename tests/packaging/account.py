"""The handlers of app.py on the real adapters, on an AWS that moto plays; each call is noted with who made it.

Every function is wired by itself, as it is a process of its own in AWS: what one has asked for is not known to another.
The warehouse's calls are made, too, to a Data API that answers nothing; what comes of a load is played in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import app as application
import tests.support.moto_copies  # noqa: F401
from chalicelib import bootstrap
from chalicelib.adapters.clients import client
from chalicelib.adapters.direct import DirectLoads
from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
from chalicelib.adapters.dynamodb.chunks import DynamoChunks
from chalicelib.adapters.dynamodb.load_queue import DynamoLoadQueue
from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.searches import DynamoSearch
from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.dynamodb.tries import DynamoTries
from chalicelib.adapters.memory import MemoryClock, MemorySource, MemoryWarehouse
from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.secrets import SourceSecrets, Tokens
from chalicelib.adapters.sns import SnsNotifier
from chalicelib.adapters.sqs import DEAD_SUFFIX, SqsQueue
from chalicelib.adapters.step_functions import StepFunctions
from chalicelib.adapters.transfers import LEAST_PART_BYTES
from chalicelib.config import Settings
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.events import work_of
from chalicelib.domain.run.model import Run
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import Retryable
from chalicelib.orchestration.executions import MachineQueue
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Queue
from chalicelib.sources.connect.source import ConnectSource
from chalicelib.sources.source import Source, Surroundings
from deploy.stage import API
from tests.packaging.calls import RESULTS, Calls, DataApi, Login, Warehouse
from tests.packaging.executions import WatchedExecutions
from tests.packaging.policies import VALUES
from tests.packaging.rights import BUCKET, MACHINE_ARN, SOURCE_MACHINE_ARN, WHERE
from tests.support.api import SECRET
from tests.support.tries import killed_each_time
from tests.support.wired import Wired

REGION = VALUES["AWS::Region"]
RUNS, CHUNKS = "landfall-dev-runs", "landfall-dev-chunks"
SOURCES = "landfall-dev-sources"
SETTINGS = Settings(
    bucket=BUCKET,
    table="landfall-dev",
    run_queue=RUNS,
    chunk_queue=CHUNKS,
    source_queue=SOURCES,
    result_queue=RESULTS,
    success_topic=f"arn:aws:sns:{WHERE}:landfall-dev-success",
    failure_topic=f"arn:aws:sns:{WHERE}:landfall-dev-failure",
    tokens_secret="landfall-dev-tokens",
    workgroup="landfall",
    copy_role="default",
    extract_budget_seconds=0.0,
)
TAKERS = {
    RUNS: ("advance_run", "on_dead_run"),
    CHUNKS: ("stage_chunk", "on_dead_chunk"),
    SOURCES: ("read_source", ""),
}
"""Who takes the messages of a queue, and who takes those that nobody answered."""
STEPS = 500
"""What has not come to rest after so many messages never will."""


class Account:
    """A deployment, and what people and AWS do with it. `versioned` tells whether its bucket keeps versions."""

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        *,
        versioned: bool,
        settings: Settings = SETTINGS,
        machine: bool = False,
    ) -> None:
        self.settings = settings
        self.calls, self.clock = Calls(), MemoryClock()
        self.s3, self.sqs, self.secrets = _client("s3"), _client("sqs"), _client("secretsmanager")
        self.warehouse = MemoryWarehouse(self.clock, S3Objects(self.s3))  # type: ignore[arg-type]  # it only reads parts
        self.routes: set[tuple[str, str]] = set()
        self._contracts = contracts
        self._clients = {name: self.calls.watched(_client(name)) for name in ("s3", "sqs", "sns", "dynamodb")}
        self._clients["secretsmanager"] = self.calls.watched(_client("secretsmanager"))
        self._functions: dict[str, Wired] = {}
        self._sequence = 0
        self.source = MemorySource(self.clock)
        self.executions = WatchedExecutions(self.calls, self.clock, self.s3) if machine else None
        self._make(versioned)

    def _make(self, versioned: bool) -> None:
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        if versioned:
            self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        _client("dynamodb").create_table(**table_definition(SETTINGS.table))
        for queue in (RUNS, CHUNKS):
            self.sqs.create_queue(QueueName=queue)
            self.sqs.create_queue(QueueName=queue + DEAD_SUFFIX)
        self.sqs.create_queue(QueueName=SOURCES)
        self.sqs.create_queue(QueueName=RESULTS, Attributes={"FifoQueue": "true"})
        for topic in (SETTINGS.success_topic, SETTINGS.failure_topic):
            _client("sns").create_topic(Name=topic.rpartition(":")[2])
        _client("secretsmanager").create_secret(Name=SETTINGS.tokens_secret, SecretString=json.dumps(SECRET))

    def _wired(self) -> Wired:
        aws, clock = self._clients, self.clock
        queue = SqsQueue(aws["sqs"], SETTINGS)
        table = TableClient(aws["dynamodb"], SETTINGS.table, sleep=lambda _: None)
        login = Login(lambda: aws["secretsmanager"], self.settings)
        direct = DirectLoads(login.connect, S3Objects(aws["s3"]).get) if self.settings.warehouse_host else None
        asks = RedshiftData(DataApi(self.calls), self.settings, direct)  # type: ignore[arg-type]
        pipeline = Pipeline(
            ctx=Context(
                settings=self.settings,
                contracts=self._contracts,
                objects=S3Objects(aws["s3"], part_bytes=LEAST_PART_BYTES),
                runs=DynamoRuns(table, clock),
                chunks=DynamoChunks(table, clock),
                tries=DynamoTries(table),
                search=DynamoSearch(table),
                bookmarks=DynamoBookmarks(table),
                load_queue=DynamoLoadQueue(table, clock),
                warehouse=Warehouse(asks, self.warehouse),  # type: ignore[arg-type]
                queue=self._work(queue, table),
                notifier=SnsNotifier(aws["sns"], aws["sqs"], SETTINGS),
                clock=clock,
                note=lambda *_: None,
            )
        )
        tokens = Tokens(aws["secretsmanager"], SETTINGS, clock)
        return Wired(pipeline=pipeline, queue=queue, tokens=tokens, connect=self._connect)

    def _work(self, queue: SqsQueue, table: TableClient) -> Queue:
        if not self.executions:
            return queue
        runs, bookmarks = DynamoRuns(table, self.clock), DynamoBookmarks(table)
        machine, readings = (StepFunctions(self.executions, arn) for arn in (MACHINE_ARN, SOURCE_MACHINE_ARN))
        return MachineQueue(
            queue=queue, runs=runs, bookmarks=bookmarks, executions=machine, readings=readings, clock=self.clock
        )

    def _connect(self, object: str, settings: SourceSettings) -> Source:
        if settings.connect:
            around = Surroundings(
                object=object, settings=settings, secret=dict, now=self.clock.now, aws=self._nothing_found
            )
            return ConnectSource(around)
        secret = SourceSecrets(self._clients["secretsmanager"], SETTINGS.stage).read(settings.secret)
        self.source.rows.append((self.clock.now() - 100, secret["token"]))
        return self.source

    def _nothing_found(self, service: str, region: str, operation: str, request: Mapping[str, Any]) -> bytes:
        self.calls.note(service, operation, dict(request))
        return b'{"Users": [], "Queues": [], "Contacts": [], "MetricResults": []}'

    # ---- what AWS does ----------------------------------------------------------------------------------------------

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call a function as Lambda does."""
        bootstrap.use(self._functions.setdefault(name, self._wired()))
        self.calls.by = name
        try:
            return (application.app if name == API else getattr(application, name))(event, None)
        finally:
            self.calls.by = ""
            bootstrap.use(None)

    def settle(self) -> None:
        """Deliver messages, and let statements end, until nothing is left to do."""
        for _ in range(STEPS):
            if self.calls.sent:
                self.deliver(*self.calls.sent.popleft())
            elif self.executions and self.executions.step(self.invoke):
                continue
            elif not self._statements() and self.calls.later:
                self.clock.advance(SETTINGS.load_timeout_seconds / 10)
                self.deliver(*self.calls.later.popleft())
            elif not self.calls.sent and not (self.executions and self.executions.machine.due()):
                return
        raise AssertionError("it never comes to rest")

    def deliver(self, queue: str, body: str, *, dead: bool = False) -> None:
        """Hand a message to the function that takes it, or to the one that buries it. After a fault it comes back."""
        if dead:
            killed_each_time(self._wired().pipeline.ctx, work_of(body) or "")
        alive, buries = TAKERS[queue]
        record = {
            "messageId": body,
            "body": body,
            "receiptHandle": "gone",
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        try:
            self.invoke(buries if dead else alive, {"Records": [record]})
        except Retryable:
            self.calls.later.append((queue, body))

    def _statements(self) -> bool:
        self.clock.advance(self.warehouse.latency)
        ended = self.warehouse.run_due()
        for statement in ended:
            name = self.warehouse.statements[statement.statement_id].name
            self.invoke("on_statement", {**_clock_event(), "detail": {"statementName": name}})
        return bool(ended)

    def sweep(self) -> None:
        """The schedule's turn, long after everything else."""
        self.clock.advance(2 * SETTINGS.stuck_seconds)
        self.invoke("on_schedule", {**_clock_event(), "detail": {}})

    def tick(self) -> None:
        """The turn of the sources' clock."""
        self.clock.advance(3_600)
        self.invoke("start_sources", {**_clock_event(), "detail": {}})

    # ---- what people do ---------------------------------------------------------------------------------------------

    def put(self, key: str, body: bytes) -> dict[str, Any]:
        """Put a file. Returns S3's event of it, which gets lost if nobody takes it to `hear`."""
        self._sequence += 1
        put = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        thing = {"key": quote(key), "eTag": put["ETag"].strip('"'), "size": len(body)}
        thing |= {"versionId": put.get("VersionId"), "sequencer": f"{self._sequence:016X}"}
        return {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": thing}}]}

    def hear(self, event: dict[str, Any]) -> None:
        """S3's event, delivered to its function."""
        self.invoke("on_incoming", event)

    def land(self, key: str, body: bytes) -> None:
        """Put a file and let its run come to its end."""
        self.hear(self.put(key, body))
        self.settle()

    def run(self, key: str) -> Run:
        """The run of the key's newest content, looked up by nobody."""
        runs = DynamoRuns(TableClient(_client("dynamodb"), SETTINGS.table), self.clock)
        newest = runs.newest(BUCKET, key)
        found = runs.get(newest.run_id) if newest else None
        assert found
        return found

    def ask(self, method: str, route: str, name: str = "", body: Any = None, **query: str) -> Any:
        """A request to a route, as Gateway hands it on. Returns the answer's body, which must be no error."""
        self.routes.add((method, route))
        path = {route.partition("{")[2].partition("}")[0]: quote(name, safe="")} if name else None
        request = {
            "requestContext": {"httpMethod": method, "resourcePath": route},
            "headers": {"authorization": "Bearer run-me", "content-type": "application/json"},
            "pathParameters": path,
            "multiValueQueryStringParameters": {n: [value] for n, value in query.items()} or None,
            "stageVariables": {},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self.invoke(API, request)
        assert answer["statusCode"] < 300, answer["body"]
        return json.loads(answer["body"])


def _client(service: str) -> Any:
    return client(service, region_name=REGION)


def _clock_event() -> dict[str, Any]:
    named = ("version", "account", "region", "detail-type", "source", "time", "id")
    return {**dict.fromkeys(named, ""), "source": "aws.events", "resources": []}
