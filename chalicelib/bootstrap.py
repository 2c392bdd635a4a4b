"""Builds the pipeline from settings: the only module that imports both the pipeline and the adapters.

Guarantees that a function imports and builds only the parts that it uses, once: the API's authorizer starts without
the pipeline, and only readers of files load numpy.
"""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chalicelib import observe
from chalicelib.adapters.clients import client
from chalicelib.adapters.clock import SystemClock
from chalicelib.adapters.secrets import Tokens
from chalicelib.api import routes
from chalicelib.config import Settings

if TYPE_CHECKING:
    from chalicelib.adapters.direct import DirectLoads
    from chalicelib.adapters.dynamodb.table_client import TableClient
    from chalicelib.adapters.sqs import SqsQueue
    from chalicelib.domain.source.settings import SourceSettings
    from chalicelib.pipeline.context import Context
    from chalicelib.pipeline.pipeline import Pipeline
    from chalicelib.ports import ObjectStore, Queue
    from chalicelib.sources.source import Aws, Source

CONTRACTS = Path(os.environ.get("LANDFALL_CONTRACTS") or Path(__file__).parent / "contracts")

STORY = ("chalicelib.pipeline.pipeline", "chalicelib.orchestration.sqs")
ENGINE = ("chalicelib.domain.staging.stage", "chalicelib.domain.formats.csv.csv_format")
PRELOADED = {
    "authorize": (),
    "app": ("chalicelib.pipeline.pipeline", "chalicelib.api.handlers"),
    "on_schedule": ("chalicelib.pipeline.sweep",),
    "advance_run": (*STORY, *ENGINE),
    "stage_chunk": (*STORY, *ENGINE),
    "start_sources": ("chalicelib.pipeline.pipeline", "chalicelib.orchestration.extraction"),
    "read_source": ("chalicelib.pipeline.pipeline", "chalicelib.orchestration.extraction"),
}
"""The modules that a handler needs, if they are not STORY; `app` handles the REST API."""


class Wiring(routes.Wiring, Protocol):
    """The pipeline, the tokens, the queues, what takes messages for runs, and the sources."""

    @property
    def queue(self) -> SqsQueue: ...

    @property
    def work(self) -> Queue: ...

    def connect(self, object: str, settings: SourceSettings) -> Source: ...


class AwsWiring:
    """The parts over AWS. Each is built at its first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock()

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline. Raises ContractError if a contract is faulty."""
        from chalicelib.pipeline.pipeline import Pipeline

        return Pipeline(ctx=_context(self._settings, self._table, self.work, self._clock))

    @cached_property
    def queue(self) -> SqsQueue:
        """The queues of runs and chunks."""
        from chalicelib.adapters.sqs import SqsQueue

        return SqsQueue(client("sqs"), self._settings)

    @cached_property
    def _table(self) -> TableClient:
        from chalicelib.adapters.dynamodb.table_client import TableClient

        return TableClient(client("dynamodb"), self._settings.table)

    @cached_property
    def work(self) -> Queue:
        """What takes the messages for runs: the queues, or the executions of the stage's state machine."""
        if not self._settings.state_machine:
            return self.queue
        from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
        from chalicelib.adapters.dynamodb.runs import DynamoRuns
        from chalicelib.adapters.step_functions import StepFunctions
        from chalicelib.orchestration.executions import MachineQueue

        return MachineQueue(
            queue=self.queue,
            runs=DynamoRuns(self._table, self._clock),
            bookmarks=DynamoBookmarks(self._table),
            executions=StepFunctions(client("stepfunctions"), self._settings.state_machine),
            readings=StepFunctions(client("stepfunctions"), self._settings.source_machine),
            clock=self._clock,
        )

    @cached_property
    def tokens(self) -> Tokens:
        """The API's tokens."""
        return Tokens(client("secretsmanager"), self._settings, self._clock)

    @cached_property
    def _aws_calls(self) -> Aws:
        from chalicelib.adapters.aws_calls import AwsCalls

        return AwsCalls()

    def connect(self, object: str, settings: SourceSettings) -> Source:
        """Return the source of an object. Raises Broken."""
        from chalicelib.adapters.secrets import SourceSecrets
        from chalicelib.sources.registry import connect
        from chalicelib.sources.source import Surroundings

        return connect(
            Surroundings(
                object=object,
                settings=settings,
                secret=lambda: SourceSecrets(client("secretsmanager"), self._settings.stage).read(settings.secret),
                now=self._clock.now,
                columns=self.pipeline.ctx.contracts[object].columns,
                aws=self._aws_calls,
                loopback="AWS_LAMBDA_FUNCTION_NAME" not in os.environ,
            )
        )


def _context(settings: Settings, table: TableClient, queue: Queue, clock: SystemClock) -> Context:
    from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
    from chalicelib.adapters.dynamodb.chunks import DynamoChunks
    from chalicelib.adapters.dynamodb.load_queue import DynamoLoadQueue
    from chalicelib.adapters.dynamodb.runs import DynamoRuns
    from chalicelib.adapters.dynamodb.searches import DynamoSearch
    from chalicelib.adapters.dynamodb.tries import DynamoTries
    from chalicelib.adapters.redshift_data import RedshiftData
    from chalicelib.adapters.s3 import S3Objects
    from chalicelib.adapters.sns import SnsNotifier
    from chalicelib.domain.contract_files.smoke import deployed_contracts
    from chalicelib.pipeline.context import Context

    objects = S3Objects(client("s3"))
    return Context(
        settings=settings,
        contracts=deployed_contracts(CONTRACTS),
        objects=objects,
        runs=DynamoRuns(table, clock),
        chunks=DynamoChunks(table, clock),
        tries=DynamoTries(table),
        search=DynamoSearch(table),
        bookmarks=DynamoBookmarks(table),
        load_queue=DynamoLoadQueue(table, clock),
        warehouse=RedshiftData(client("redshift-data"), settings, _direct(settings, objects)),
        queue=queue,
        notifier=SnsNotifier(client("sns"), client("sqs"), settings),
        clock=clock,
        note=observe.note,
    )


def _direct(settings: Settings, objects: ObjectStore) -> DirectLoads | None:
    """Return what runs direct loads, if the stage has a connection for them."""
    if not settings.warehouse_host:
        return None
    from chalicelib.adapters.direct import DirectLoads
    from chalicelib.adapters.warehouse_login import WarehouseLogin

    return DirectLoads(WarehouseLogin(lambda: client("secretsmanager"), settings).connect, objects.get)


_stand_in: list[Wiring] = []


def use(other: Wiring | None) -> None:
    """Give the handlers another wiring than the environment's, until `use(None)`."""
    _stand_in[:] = [other] if other else []


def wired() -> Wiring:
    """Return the wiring that the handlers act on."""
    return _stand_in[0] if _stand_in else _from_environment()


@lru_cache(maxsize=1)
def _from_environment() -> Wiring:
    """Wire from this process's environment, at first use; the result is kept while the function stays warm."""
    return AwsWiring(Settings.from_env(os.environ))


def preload(handler: str) -> None:
    """Import what a handler, such as `app.stage_chunk`, needs at its first event. Does nothing without a handler.

    Lambda gives a function more CPU while it starts than most of ours have while they run.
    """
    for module in PRELOADED.get(handler.removeprefix("app."), STORY) if handler else ():
        import_module(module)
