"""B: the contenders read one object from S3 and write it to S3 in the form they would be loaded from."""

from __future__ import annotations

import os
from typing import Any


def landfall(bucket: str, key: str) -> dict[str, Any]:
    """Run the staging workers' own code: plan, check and stage each chunk, publish. It makes every contract check."""
    import time

    from chalicelib.adapters.clients import client
    from chalicelib.adapters.s3 import S3Objects
    from chalicelib.bootstrap import CONTRACTS
    from chalicelib.config import Settings
    from chalicelib.domain.contract_files.contract_file import load_contracts
    from chalicelib.domain.file.file_plan import chunk_task
    from chalicelib.domain.run.model import Chunk, Run, RunState
    from chalicelib.pipeline.staging import plan_file, publish, stage_part

    class Now:
        def now(self) -> float:
            return time.time()

    objects, contract = S3Objects(client("s3")), load_contracts(CONTRACTS)["transactions"]
    source = objects.head(bucket, key)
    run = Run(
        run_id="bench", object=contract.name, source=source, state=RunState.STAGING, arrived_at=0.0, updated_at=0.0
    )
    file_plan = plan_file(objects, run, source, contract, Settings.from_env(os.environ))
    chunks = []
    for number in range(1, len(file_plan.ranges) + 1):
        task = chunk_task(run, file_plan, number, None)
        chunk = Chunk(run_id=run.run_id, generation=1, number=number, start=task.start, stop=task.stop)
        chunks.append(stage_part(objects, run, chunk, file_plan, contract, Now()))  # type: ignore[arg-type]
    publish(objects, run, file_plan, chunks)
    return {"rows": sum(chunk.good for chunk in chunks), "chunks": len(chunks)}


def awswrangler(bucket: str, key: str) -> dict[str, Any]:
    """Types are guessed; nothing is checked."""
    import awswrangler as wr

    frame = wr.s3.read_csv(f"s3://{bucket}/{key}", use_threads=False)
    wr.s3.to_parquet(frame, f"s3://{bucket}/out/awswrangler.parquet", use_threads=False)
    return {"rows": len(frame)}


def dlt_csv(bucket: str, key: str) -> dict[str, Any]:
    """dlt's reader for CSV, which is pandas', row by row from there; nothing is checked."""
    from dlt.sources.filesystem import read_csv

    return _dlt(bucket, key, read_csv(), "pandas")


def dlt_duckdb(bucket: str, key: str) -> dict[str, Any]:
    """The same through duckdb and Arrow."""
    from dlt.sources.filesystem import read_csv_duckdb

    return _dlt(bucket, key, read_csv_duckdb(chunk_size=50_000, use_pyarrow=True), "duckdb")


def _dlt(bucket: str, key: str, reader: Any, name: str) -> dict[str, Any]:
    import shutil
    import tempfile

    import dlt
    from dlt.common.configuration.specs import AwsCredentials
    from dlt.destinations import filesystem as to_files
    from dlt.sources.filesystem import filesystem

    credentials = AwsCredentials(
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name=os.environ["AWS_REGION"],
    )
    folder = tempfile.mkdtemp()
    try:
        files = filesystem(bucket_url=f"s3://{bucket}", credentials=credentials, file_glob=key)
        pipeline = dlt.pipeline(
            name,
            pipelines_dir=folder,
            dataset_name="out",
            destination=to_files(bucket_url=f"s3://{bucket}/dlt-{name}", credentials=credentials),
        )
        pipeline.run((files | reader).with_name("transactions"), loader_file_format="parquet")
        return {"rows": pipeline.last_trace.last_normalize_info.row_counts["transactions"]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
