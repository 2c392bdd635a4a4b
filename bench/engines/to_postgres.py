"""D: other ways into the same PostgreSQL."""

from __future__ import annotations

import os
from typing import Any

COLUMNS = (
    "transaction_id varchar(64) NOT NULL, account_id bigint NOT NULL, transaction_date date NOT NULL, "
    "amount decimal(18,2) NOT NULL, currency char(3) NOT NULL, merchant varchar(256), category varchar(64)"
)
BLOCK = 1 << 20


def by_hand(path: str, dsn: str) -> dict[str, Any]:
    """Load the raw file by `\\copy` into a staging table, and merge it like Landfall: the last line of a key wins."""
    import psycopg

    with psycopg.connect(dsn) as connection:
        connection.execute("DROP SCHEMA IF EXISTS by_hand CASCADE")
        connection.execute("CREATE SCHEMA by_hand")
        connection.execute(
            f"CREATE TABLE by_hand.target ({COLUMNS}, loaded_at timestamp, PRIMARY KEY (transaction_id))"
        )
        connection.execute(f"CREATE TEMP TABLE staging ({COLUMNS}, line bigint GENERATED ALWAYS AS IDENTITY)")
        names = ", ".join(column.split()[0] for column in COLUMNS.split(", "))
        with (
            open(path, "rb") as source,  # noqa: PTH123
            connection.cursor().copy(f"COPY staging ({names}) FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            while data := source.read(BLOCK):
                copy.write(data)
        connection.execute(
            f"CREATE TEMP TABLE winners AS SELECT {names} FROM (SELECT *, row_number() OVER "
            "(PARTITION BY transaction_id ORDER BY line DESC) AS place FROM staging) ranked WHERE place = 1"
        )
        others = [name for name in names.split(", ") if name != "transaction_id"]
        changes = ", ".join(f"{name} = w.{name}" for name in others)
        connection.execute(
            f"UPDATE by_hand.target t SET {changes}, loaded_at = now() FROM winners w "
            "WHERE w.transaction_id = t.transaction_id"
        )
        found = connection.execute(
            f"INSERT INTO by_hand.target SELECT {names}, now() FROM winners w WHERE NOT EXISTS "
            "(SELECT FROM by_hand.target t WHERE t.transaction_id = w.transaction_id)"
        )
        return {"rows": found.rowcount}


def dlt_merge(path: str, dsn: str) -> dict[str, Any]:
    """Load by dlt's read_csv into its postgres destination, with write disposition merge."""
    import shutil
    import tempfile
    from pathlib import Path

    import dlt
    import psycopg
    from dlt.destinations import postgres
    from dlt.sources.filesystem import filesystem, read_csv

    place, folder = Path(path), tempfile.mkdtemp()
    parts = psycopg.conninfo.conninfo_to_dict(dsn)
    address = (
        f"postgresql://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts['port']}/{parts['dbname']}"
    )
    try:
        files = filesystem(bucket_url=place.parent.as_uri(), file_glob=place.name)
        reader = (files | read_csv()).with_name("transactions")
        reader.apply_hints(write_disposition="merge", primary_key="transaction_id")
        pipeline = dlt.pipeline(
            "bench", pipelines_dir=folder, dataset_name=f"dlt_{os.getpid()}", destination=postgres(address)
        )
        pipeline.run(reader)
        with psycopg.connect(dsn) as connection:
            table = psycopg.sql.Identifier(pipeline.dataset_name, "transactions")
            count = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
        return {"rows": count[0] if count else 0}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
