"""What the local Redshift takes of UNLOAD, and what it refuses."""

from __future__ import annotations

import pytest

from local.redshift.copy.unload import Unload, parse
from local.redshift.sql.errors import SqlRefusedError

ROLE = "arn:aws:iam::000000000000:role/copy"
HEAD = "UNLOAD ('SELECT \"a\" FROM \"s\".\"t\" WHERE x = ''y''') TO 's3://b/unload/x/'"


def test_an_unload_of_ours() -> None:
    options = f"IAM_ROLE '{ROLE}'\nFORMAT AS CSV HEADER ZSTD PARALLEL OFF ALLOWOVERWRITE ENCRYPTED AUTO"
    found = parse(f"{HEAD}\n{options};")
    assert found == Unload(
        query='SELECT "a" FROM "s"."t" WHERE x = \'y\'',
        bucket="b",
        prefix="unload/x/",
        iam_role=ROLE,
        csv=True,
        header=True,
        compression="zstd",
        allowoverwrite=True,
        serial=True,
    )
    assert found.key == "unload/x/000.zst"


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        (f"{HEAD} IAM_ROLE default CSV", "PARALLEL OFF is not emulated"),
        (f"{HEAD} IAM_ROLE default PARALLEL OFF", "without CSV and PARALLEL OFF"),
        (f"{HEAD} CSV PARALLEL OFF", "UNLOAD needs IAM_ROLE"),
        (f"{HEAD} IAM_ROLE default CSV PARALLEL ON", "UNLOAD ... PARALLEL is not emulated"),
        (f"{HEAD} IAM_ROLE default PARQUET", "UNLOAD ... PARQUET is not emulated"),
        (f"{HEAD} IAM_ROLE default CSV GZIP ZSTD PARALLEL OFF", "UNLOAD ... ZSTD is not emulated"),
        (f"{HEAD} IAM_ROLE 'me' CSV PARALLEL OFF", "IAM_ROLE must be default or the ARN of a role"),
        ("UNLOAD ('DELETE FROM t') TO 's3://b/p' IAM_ROLE default CSV PARALLEL OFF", "UNLOAD needs a SELECT"),
        ("UNLOAD ('SELECT 1') TO 'b/p' IAM_ROLE default CSV PARALLEL OFF", "UNLOAD needs a path in S3"),
        ("UNLOAD 'SELECT 1' TO 's3://b/p'", "syntax error"),
        ("UNLOAD ('SELECT 1') FROM 's3://b/p'", "syntax error"),
    ],
)
def test_what_is_not_understood_is_refused(sql: str, fault: str) -> None:
    with pytest.raises(SqlRefusedError, match=fault.replace(".", r"\.")):
        parse(sql)
