"""Builds the pipeline from settings: the only place that knows both the story and the world."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chalicelib import observe
from chalicelib.adapters.clients import client
from chalicelib.adapters.clock import SystemClock
from chalicelib.adapters.dynamodb import DynamoRuns
from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.secrets import Tokens
from chalicelib.adapters.sns import SnsBell
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.config import Settings
from chalicelib.domain.contract_file import load_contracts
from chalicelib.pipeline import Pipeline

CONTRACTS = Path(__file__).parent / "contracts"


@dataclass(frozen=True, kw_only=True)
class Wired:
    """The pipeline, and the two adapters that only handlers use."""

    pipeline: Pipeline
    queue: SqsQueue
    tokens: Tokens


def wire(settings: Settings) -> Wired:
    """The real thing. Raises ContractError if a contract is at fault."""
    clock = SystemClock()
    queue = SqsQueue(client("sqs"), settings)
    pipeline = Pipeline(
        settings=settings,
        contracts=load_contracts(CONTRACTS),
        objects=S3Objects(client("s3")),
        runs=DynamoRuns(client("dynamodb"), settings.table, clock),
        warehouse=RedshiftData(client("redshift-data"), settings, clock),
        queue=queue,
        bell=SnsBell(client("sns"), client("sqs"), settings),
        clock=clock,
        note=observe.note,
    )
    return Wired(pipeline=pipeline, queue=queue, tokens=Tokens(client("secretsmanager"), settings, clock))


@lru_cache(maxsize=1)
def wired() -> Wired:
    """What `wire` gives for this process's environment, made at first use and kept while the function stays warm."""
    return wire(Settings.from_env(os.environ))
