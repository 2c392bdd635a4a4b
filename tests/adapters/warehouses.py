"""A warehouse in memory, and the Data API adapter on the local Redshift, behind one face for the suite."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import psycopg
from backports import zstd

from chalicelib.adapters.direct import DirectLoads
from chalicelib.adapters.memory import MemoryClock, MemoryObjects, MemoryWarehouse
from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.adapters.warehouse_login import WarehouseLogin
from chalicelib.domain.contract.contract import Contract, Load
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.ddl import gate_ddl, target, target_ddl
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import Statement, StatementState
from chalicelib.errors import WorkGone
from chalicelib.ports import Warehouse
from landfall.migration.grants import Grants
from local.redshift.server import LocalRedshift
from local.redshift.sql.rewrite import rewrite
from tests.support.load_orders import changed, joined, load_of_one
from tests.support.redshift.house import Redshift
from tests.support.redshift.migration import apply
from tests.support.redshift.outside import Outside, OutsideServer
from tests.support.settings import BUCKET, SETTINGS

UNKNOWN = "00000000-0000-0000-0000-000000000000"
THING = """
name = "{name}"
target = "shop.{name}"
key = ["id"]
lands_at = ["incoming/{name}/*"]

[columns]
id = {{ type = "varchar(16)", required = true }}
amount = {{ type = "decimal(10,2)" }}
seen_on = {{ type = "date" }}
note = {{ type = "varchar(64)", default = "none" }}
"""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A warehouse with its object store, and a look at what a reader of a target would see."""

    warehouse: Warehouse
    put: Callable[[str, bytes], None]
    settle: Callable[[str], Statement]
    """Waits until a statement is over."""
    build: Callable[[Contract], None]
    rows: Callable[[Contract], list[tuple[Any, ...]]]
    hold: Callable[[str], Callable[[], None]]
    """Makes the load of a part wait until the answer is called."""
    get: Callable[[str], bytes | None]
    """What lies at a key of the bucket; None if nothing does."""
    manifests: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What was put, by URL."""
    way: Load = Load.COPY
    """How its contracts are loaded."""
    local: LocalRedshift | None = None
    parts: Callable[[str, str, int, int], bytes] | None = None
    """What was put, as ObjectStore.get reads it."""

    def contract(self, name: str, **changes: Any) -> Contract:
        made = _contract(name)
        self.build(made)
        return replace(made, load=self.way, **changes)

    def order(self, contract: Contract, parts: Sequence[bytes], *, load: str, age: int = 1, **more: Any) -> LoadOrder:
        """An order for a load whose parts and manifest are put where it says."""
        load_id = digest(contract.name, load)
        prefix = f"processed/{contract.name}/{load_id}"
        keys = [f"{prefix}/part-{number:05d}.csv.zst" for number in range(1, len(parts) + 1)]
        for key, part in zip(keys, parts, strict=True):
            self.put(key, zstd.compress(_marked(part, load_id) if contract.lineage else part))
        entries = [{"url": f"s3://{BUCKET}/{key}", "mandatory": True} for key in keys]
        self.put(f"{prefix}/manifest.json", json.dumps({"entries": entries}).encode())
        self.manifests[f"s3://{BUCKET}/{prefix}/manifest.json"] = entries
        rows = sum(part.count(b"\n") for part in parts)
        made = load_of_one(
            contract=contract,
            columns=tuple(c.name for c in contract.columns),
            load_id=load_id,
            run_id=digest("run", load_id),
            source_order=f"{age:017.3f}#00",
            bucket=BUCKET,
            key=f"incoming/{contract.name}/it's :x.csv",
            rows_read=rows,
            rows_good=rows,
            rows_rejected=0,
            manifest=f"s3://{BUCKET}/{prefix}/manifest.json" if rows else "",
            iam_role="default",
        )
        return changed(made, **more)

    def group(self, *orders: LoadOrder) -> LoadOrder:
        """These loads as one: one manifest of all their parts."""
        group_id = digest("group", *(order.group_id for order in orders))
        entries = [entry for order in orders for entry in self.manifests.get(order.manifest, [])]
        manifest = f"s3://{BUCKET}/processed/{group_id}/manifest.json"
        self.put(manifest.removeprefix(f"s3://{BUCKET}/"), json.dumps({"entries": entries}).encode())
        return joined(*orders, group_id=group_id, manifest=manifest if entries else "")

    def load(self, order: LoadOrder, attempt: int = 1) -> Statement:
        """Submit, and wait for the end."""
        statement = self.warehouse.submit(order, token=f"{order.group_id}-{attempt}", name=order.shares[0].run_id)
        return self.settle(statement.statement_id) if statement.running else statement


def _contract(name: str) -> Contract:
    return read_contract(f"{name}.toml", THING.format(name=name).encode())


def _marked(part: bytes, load_id: str) -> bytes:
    return b"".join(load_id[:8].encode() + b"," + line for line in part.splitlines(keepends=True))


def memory_site() -> Site:
    clock = MemoryClock()
    objects = MemoryObjects(clock)
    warehouse = MemoryWarehouse(clock, objects)

    def settle(statement_id: str) -> Statement:
        clock.advance(warehouse.latency)
        warehouse.run_due()
        return warehouse.describe(statement_id)

    def build(contract: Contract) -> None:
        warehouse.columns[contract.target] = {c.name: c.type for c in contract.columns}

    def rows(contract: Contract) -> list[tuple[Any, ...]]:
        found = warehouse.rows(f"{contract.schema}.{contract.table}")
        return [tuple(None if r[c.name] is None else str(r[c.name]) for c in contract.columns) for r in found]

    return Site(
        warehouse=warehouse,
        put=lambda key, body: objects.put(BUCKET, key, body),
        settle=settle,
        build=build,
        rows=rows,
        hold=lambda key: lambda: None,
        get=lambda key: objects.get(BUCKET, key) if (BUCKET, key) in objects.objects else None,
    )


@contextmanager
def redshift_site(data: Path) -> Iterator[Site]:
    outside = Outside()
    server = OutsideServer(outside)
    try:
        with LocalRedshift(data, s3_endpoint=outside.url, events_endpoint=outside.url) as local:
            first, loader = _contract("first"), local.loader_login["username"]
            with Redshift(local.dsn) as session:
                apply(session, {first.name: first}, grants=Grants(user=loader, database=local.database))
            yield _redshift(outside, local)
    finally:
        server.stop()


def _data_api(local: LocalRedshift) -> Any:
    return boto3.client(
        "redshift-data",
        endpoint_url=local.api_url,
        region_name="eu-west-1",
        aws_access_key_id=local.credentials.access_key,
        aws_secret_access_key=local.credentials.secret,
    )


class Secret:
    """Secrets Manager with one secret: a login, or whatever text it is given."""

    def __init__(self, *texts: str) -> None:
        self._texts = [*texts]
        self.reads = 0

    def get_secret_value(self, **_: str) -> dict[str, str]:
        self.reads += 1
        return {"SecretString": self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]}


def login_of(local: LocalRedshift, password: str = "") -> str:
    """The secret's text with the local Redshift's user for direct loads, who has the rights of a load and no others."""
    return json.dumps(local.loader_login | ({"password": password} if password else {}))


def wire_login(local: LocalRedshift, secret: Any = None, **changes: Any) -> WarehouseLogin:
    """Logs in to the local Redshift over the wire."""
    held = secret or Secret(login_of(local))
    there = {"warehouse_host": f"{local.wire_host}:{local.wire_port}", "db_secret": "arn", **changes}
    return WarehouseLogin(lambda: held, replace(SETTINGS, **there))


def parts_of(outside: Outside) -> Callable[[str, str, int, int], bytes]:
    """Reads what was put, as ObjectStore.get does."""

    def get(bucket: str, key: str, start: int, length: int) -> bytes:
        body = outside.objects.get(f"{bucket}/{key}")
        if body is None:
            raise WorkGone(f"{key} is gone")
        return body[start : start + length]

    return get


def _redshift(outside: Outside, local: LocalRedshift) -> Site:
    warehouse = RedshiftData(_data_api(local), SETTINGS, DirectLoads(wire_login(local).connect, parts_of(outside)))

    def settle(statement_id: str) -> Statement:
        for _ in range(1_000):
            found = warehouse.describe(statement_id)
            if found.state is not StatementState.RUNNING:
                return found
            time.sleep(0.01)
        raise AssertionError("the statement does not end")

    def build(contract: Contract) -> None:
        with psycopg.connect(local.dsn, autocommit=True) as session:
            session.execute(f"create schema if not exists {contract.schema}".encode())
            for statement in target_ddl(contract) + gate_ddl(contract):
                session.execute(rewrite(statement).encode())

    def rows(contract: Contract) -> list[tuple[Any, ...]]:
        texts = ", ".join(f"{c.name}::text" for c in contract.columns)
        with psycopg.connect(local.dsn) as session:
            return session.execute(
                f'select {texts} from {target(contract)} order by id collate "C"'.encode()
            ).fetchall()

    def hold(key: str) -> Callable[[], None]:
        gate = outside.gates.setdefault(f"{BUCKET}/{key}", threading.Event())
        return gate.set

    return Site(
        warehouse=warehouse,
        local=local,
        parts=parts_of(outside),
        put=lambda key, body: outside.put(f"{BUCKET}/{key}", body),
        settle=settle,
        build=build,
        rows=rows,
        hold=hold,
        get=lambda key: outside.objects.get(f"{BUCKET}/{key}"),
    )
