"""What the warehouse is sent for a group: its load order with a manifest, and the query for its ledger rows."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chalicelib.domain.file.file_plan import FilePlan, share
from chalicelib.domain.run import keys
from chalicelib.domain.run.group import Gathering, Group
from chalicelib.domain.run.model import LedgerRow, Run, RunState
from chalicelib.domain.warehouse.load import LoadOrder, share_room
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.outcomes import contract_of


def gathering_for(ctx: Context, first: Run) -> Gathering:
    """An empty group for that run and others like it. Its load has to fit one batch of the Data API."""
    most_bytes = int(ctx.settings.group_mb * 1_000_000)
    return Gathering(most_bytes=most_bytes, most_share_bytes=share_room(ctx.contracts[first.object]))


def order_of(ctx: Context, group: Group, runs: Sequence[Run]) -> LoadOrder:
    """Return the load order of these runs, which have the same columns. Raises ContractChanged, WorkGone."""
    first = runs[0]
    contract = contract_of(ctx, first)
    file_plan = FilePlan.from_json(ctx.objects.get(first.source.bucket, keys.plan(first)))
    return LoadOrder(
        contract=contract,
        columns=file_plan.staged_columns(contract),
        group_id=group.group_id,
        shares=tuple(map(share, runs)),
        manifest=_manifest(ctx, group, [run for run in runs if run.counts.good]),
        iam_role=ctx.settings.copy_role,
    )


def _manifest(ctx: Context, group: Group, runs: Sequence[Run]) -> str:
    """Return the URL of a manifest of these runs' parts: a run's own, or one that joins several."""
    if not runs:
        return ""
    bucket, key = runs[0].source.bucket, keys.manifest(runs[0], runs[0].copy_rounds)
    if len(runs) > 1:
        each = [json.loads(ctx.objects.get(bucket, keys.manifest(run, run.copy_rounds)))["entries"] for run in runs]
        key = keys.group_manifest(runs[0].object, group)
        ctx.objects.put(bucket, key, json.dumps({"entries": [e for entries in each for e in entries]}).encode())
    return f"s3://{bucket}/{key}"


def ledger_rows(ctx: Context, runs: Sequence[Run]) -> dict[str, LedgerRow]:
    """The ledger rows of a group's runs, by load id."""
    if not runs:
        return {}
    since = min(run.moments.get(RunState.ARRIVED.value, run.arrived_at) for run in runs)  # a load id is no older
    return ctx.warehouse.ledger(runs[0].object, [run.load_id for run in runs], since)
