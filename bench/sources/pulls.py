"""P: the memory of one worker that reads a source: an API, a sheet and a database, with few rows and with many.

The servers run beside it on this machine, so that rows a second say what the worker can take, not what a real server
sends: Google limits requests, and a network is slower than loopback.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.frame import WORK, Contender, measured, table
from bench.sources.served import MOMENT, api, google, served
from bench.staging import storage

CONTRACT = """
name = "customer"
format = "json"
target = "landing.customer"
key = ["id"]
order_by = "updated_at"

[columns]
id = {{ type = "bigint", required = true }}
name = {{ type = "varchar(100)" }}
amount = {{ type = "decimal(12,2)" }}
updated_at = {{ type = "timestamptz" }}

[source]
every = "1h"
{source}
"""
ROWS = """create table shop.customer as select n as id, 'Customer number ' || n as name,
(n % 9973 + (n % 100) / 100.0)::numeric(12,2) as amount, timestamptz '{moment}' + n * interval '1 second' as updated_at
from generate_series(0, {rows} - 1) n"""


@dataclass(frozen=True, kw_only=True)
class World:
    """What the worker reads."""

    source: str
    secret: Mapping[str, str] = field(default_factory=dict)
    service: Mapping[str, str] = field(default_factory=dict)
    """The addresses in place of Google's."""


@contextmanager
def _http(rows: int) -> Iterator[World]:
    with served(api(rows)) as origin:
        paging = 'kind = "cursor"\nparameter = "after"\nnext = "after"'
        endpoint = f'url = "{origin}/customers"\nrecords = "items"'
        yield World(source=f'kind = "http"\n\n[source.http]\n{endpoint}\n\n[source.http.paging]\n{paging}')


@contextmanager
def _sheets(rows: int) -> Iterator[World]:
    with served(google(rows)) as origin:
        service = {
            "sheets": f"{origin}/v4/spreadsheets",
            "drive": f"{origin}/drive/v3/files",
            "token": f"{origin}/token",
        }
        key = {"type": "service_account", "client_email": "robot@example.iam.gserviceaccount.com"}
        secret = {**key, "private_key": _private_key(), "token_uri": service["token"]}
        source = 'kind = "sheets"\nsecret = "google"\n\n[source.sheets]\nspreadsheet = "1AbCdEfGhIjKlMnOpQrStUvWxYz"'
        yield World(source=source, secret=secret, service=service)


def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    forms = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*forms).decode()


@contextmanager
def _postgresql(rows: int) -> Iterator[World]:
    import psycopg

    from local.redshift.postgres import Postgres
    from local.redshift.roles import DATABASE, USER

    postgres = Postgres(WORK / "postgres-p")
    postgres.start()
    try:
        with psycopg.connect(postgres.manager_dsn, autocommit=True) as session:
            session.execute("drop schema if exists shop cascade; create schema shop")
            session.execute(ROWS.format(moment=MOMENT, rows=rows))  # type: ignore[arg-type]
            session.execute("create index on shop.customer (updated_at, id)")
            session.execute(f"grant usage on schema shop to {USER}; grant select on shop.customer to {USER}")  # type: ignore[arg-type]
        place = f'host = "127.0.0.1"\nport = {postgres.port}\ndatabase = "{DATABASE}"'
        read = 'table = "shop.customer"\nwatermark = "updated_at"\nkey = ["id"]'
        source = f'kind = "postgresql"\nsecret = "shop"\n\n[source.postgresql]\n{place}\n{read}'
        yield World(source=source, secret={"username": USER, "password": postgres.password})
    finally:
        postgres.stop()


WORLDS = {"HTTP, 1,000 rows a page": _http, "Google Sheets": _sheets, "PostgreSQL": _postgresql}


def pulls(sizes: Sequence[int], note: Callable[[str], None]) -> str:
    """Run P."""
    found = []
    with storage("stack-p") as record:
        for name, make in WORLDS.items():
            for rows in sizes:
                note(f"{name}, {rows:,} rows")
                with make(rows) as world:
                    found.append(_line(name, rows, measured(_contender(record, name, world))))
    heads = ["source", "rows", "files", "peak MB", "CPU s", "seconds", "rows/s", "landed"]
    return f"### P. One worker reads a source to its end\n\n{table(heads, found)}"


def _line(name: str, rows: int, run: Any) -> list[str]:
    landed = "all" if run.output["rows"] == rows and run.output["done"] else f"{run.output['rows']:,}"
    speed = f"{rows / run.seconds:,.0f}"
    files = str(run.output["files"])
    return [name, f"{rows:,}", files, f"{run.mb:.0f}", f"{run.cpu:.1f}", f"{run.seconds:.1f}", speed, landed]


def _contender(record: Any, name: str, world: World) -> Contender:
    contract = WORK / "customer.toml"
    contract.write_text(CONTRACT.format(source=world.source))
    env = {**record.env, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    env |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    texts = json.dumps(dict(world.secret)), json.dumps(dict(world.service))
    arguments = (record.names.bucket, str(contract), *texts)
    own = Path(sys.executable)  # the peers' environment lacks the libraries of sources
    return Contender(name=name, call="bench.sources.pull:landfall", arguments=arguments, env=env, python=own)
