"""Builds the pipeline from settings: the only module that imports both the pipeline and the adapters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chalicelib import observe
from chalicelib.adapters.clients import client
from chalicelib.adapters.clock import SystemClock
from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
from chalicelib.adapters.dynamodb.chunks import DynamoChunks
from chalicelib.adapters.dynamodb.load_queue import DynamoLoadQueue
from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.searches import DynamoSearch
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.secrets import Tokens
from chalicelib.adapters.sns import SnsNotifier
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.config import Settings
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.pipeline import Pipeline

CONTRACTS = Path(__file__).parent / "contracts"


@dataclass(frozen=True, kw_only=True)
class Wired:
    """The pipeline, and the two adapters that only handlers use."""

    pipeline: Pipeline
    queue: SqsQueue
    tokens: Tokens


def wire(settings: Settings) -> Wired:
    """Wire the pipeline to AWS. Raises ContractError if a contract is faulty."""
    clock = SystemClock()
    queue = SqsQueue(client("sqs"), settings)
    table = TableClient(client("dynamodb"), settings.table)
    pipeline = Pipeline(
        ctx=Context(
            settings=settings,
            contracts=load_contracts(CONTRACTS),
            objects=S3Objects(client("s3")),
            runs=DynamoRuns(table, clock),
            chunks=DynamoChunks(table, clock),
            search=DynamoSearch(table),
            bookmarks=DynamoBookmarks(table),
            load_queue=DynamoLoadQueue(table, clock),
            warehouse=RedshiftData(client("redshift-data"), settings, clock),
            queue=queue,
            notifier=SnsNotifier(client("sns"), client("sqs"), settings),
            clock=clock,
            note=observe.note,
        )
    )
    return Wired(pipeline=pipeline, queue=queue, tokens=Tokens(client("secretsmanager"), settings, clock))


_stand_in: list[Wired] = []


def use(other: Wired | None) -> None:
    """Give the handlers another wiring than the environment's, until `use(None)`."""
    _stand_in[:] = [other] if other else []


def wired() -> Wired:
    """Return the wiring that the handlers act on."""
    return _stand_in[0] if _stand_in else _from_environment()


@lru_cache(maxsize=1)
def _from_environment() -> Wired:
    """Wire from this process's environment, at first use; the result is kept while the function stays warm."""
    return wire(Settings.from_env(os.environ))
