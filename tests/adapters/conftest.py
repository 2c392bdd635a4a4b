"""The outside world twice: in memory, and as moto plays AWS to the real adapters. One suite per port holds for both."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

import tests.support.moto_copies  # noqa: F401
from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
from chalicelib.adapters.dynamodb.chunks import DynamoChunks
from chalicelib.adapters.dynamodb.load_queue import DynamoLoadQueue
from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.searches import DynamoSearch
from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.dynamodb.tries import DynamoTries
from chalicelib.adapters.memory import (
    MemoryBookmarks,
    MemoryChunks,
    MemoryClock,
    MemoryLoadQueue,
    MemoryObjects,
    MemoryRuns,
    MemorySearch,
    MemoryTable,
    MemoryTries,
)
from chalicelib.adapters.s3 import S3Objects
from chalicelib.domain.contract.contract import Contract, Load
from chalicelib.ports import Bookmarks, Chunks, LoadQueue, ObjectStore, Runs, RunSearch, Tries
from local.redshift.endpoints import loopback
from tests.adapters.warehouses import Site, memory_site, redshift_site

REGION = "eu-west-1"
_numbers = itertools.count(os.getpid() * 1_000)
_names = (f"t{number}" for number in itertools.count(1))


@dataclass(frozen=True, kw_only=True)
class Objects:
    """An object store, a bucket of its own, and what a person may do behind its back."""

    store: ObjectStore
    bucket: str
    versioned: bool
    remove: Callable[[str], object]
    freeze: Callable[[str, str], object]
    """Move an object to a storage class."""
    unfinished: Callable[[], int] = lambda: 0
    """How many uploads were begun and neither finished nor taken back."""


ENDPOINT = "LANDFALL_CONTRACT_ENDPOINT"
"""If set, the suite runs against the AWS that listens there, such as the local stack's, instead of moto."""


@pytest.fixture
def aws() -> Iterator[Callable[[str], Any]]:
    """Makes clients of moto's AWS, which lives in this process, for as long as one test lasts."""
    with nullcontext() if os.environ.get(ENDPOINT) else mock_aws():
        yield _client


@cache
def _client(service: str) -> Any:
    endpoint = os.environ.get(ENDPOINT)
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=loopback(endpoint) if endpoint else None,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock()


@pytest.fixture(params=["memory", "memory-versioned", "s3", "s3-versioned"])
def objects(request: pytest.FixtureRequest, clock: MemoryClock) -> Objects:
    kind, _, versioned = request.param.partition("-")
    bucket = f"landing-{next(_numbers)}"
    if kind == "memory":
        memory = MemoryObjects(clock, versioned=bool(versioned))
        return Objects(
            store=memory,
            bucket=bucket,
            versioned=bool(versioned),
            remove=lambda key: memory.remove(bucket, key),
            freeze=lambda key, storage_class: memory.freeze(bucket, key, storage_class),
        )
    s3 = request.getfixturevalue("aws")("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return Objects(
        store=S3Objects(s3),
        bucket=bucket,
        versioned=bool(versioned),
        remove=lambda key: s3.delete_object(Bucket=bucket, Key=key),
        freeze=lambda key, storage_class: s3.copy_object(
            Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, StorageClass=storage_class
        ),
        unfinished=lambda: len(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])),
    )


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The stores that share the table of runs."""

    runs: Runs
    chunks: Chunks
    search: RunSearch
    bookmarks: Bookmarks
    tries: Tries


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest, clock: MemoryClock) -> Stores:
    if request.param == "memory":
        return memory_stores(clock)
    return dynamo_stores(request.getfixturevalue("aws")("dynamodb"), clock)


@pytest.fixture
def runs(stores: Stores) -> Runs:
    return stores.runs


@pytest.fixture
def chunks(stores: Stores) -> Chunks:
    return stores.chunks


@pytest.fixture
def search(stores: Stores) -> RunSearch:
    return stores.search


@pytest.fixture
def bookmarks(stores: Stores) -> Bookmarks:
    return stores.bookmarks


@pytest.fixture(params=["memory", "dynamodb"])
def load_queue(request: pytest.FixtureRequest, clock: MemoryClock) -> LoadQueue:
    if request.param == "memory":
        return MemoryLoadQueue(clock)
    client = request.getfixturevalue("aws")("dynamodb")
    return DynamoLoadQueue(TableClient(client, new_table(client)), clock)


def memory_stores(clock: MemoryClock) -> Stores:
    """Stores on a table of their own, in memory."""
    table = MemoryTable(clock)
    return Stores(
        runs=MemoryRuns(table),
        chunks=MemoryChunks(table),
        search=MemorySearch(table),
        bookmarks=MemoryBookmarks(table),
        tries=MemoryTries(table),
    )


def dynamo_stores(client: Any, clock: MemoryClock) -> Stores:
    """Stores on a table of their own, in DynamoDB."""
    table = TableClient(client, new_table(client), sleep=lambda _: None)
    return Stores(
        runs=DynamoRuns(table, clock),
        chunks=DynamoChunks(table, clock),
        search=DynamoSearch(table),
        bookmarks=DynamoBookmarks(table),
        tries=DynamoTries(table),
    )


def new_table(client: Any) -> str:
    name = f"runs-{next(_numbers)}"
    client.create_table(**table_definition(name))
    return name


# ---- warehouses -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with redshift_site(tmp_path_factory.mktemp("redshift")) as site:
        yield site


@pytest.fixture(params=["memory", "redshift", "memory-direct", "redshift-direct"])
def site(request: pytest.FixtureRequest) -> Site:
    kind, _, direct = request.param.partition("-")
    site: Site = memory_site() if kind == "memory" else request.getfixturevalue("redshift")
    return replace(site, way=Load.DIRECT) if direct else site


@pytest.fixture
def contract(site: Site) -> Contract:
    return site.contract(next(_names))
