"""Settings of the deployments that tests make."""

from __future__ import annotations

from chalicelib.config import Settings

BUCKET = "landing"
SETTINGS = Settings(
    bucket=BUCKET,
    table="runs",
    run_queue="runs",
    chunk_queue="chunks",
    source_queue="sources",
    success_topic="success",
    failure_topic="failure",
    tokens_secret="tokens",
    workgroup="landfall",
    copy_role="default",
)
