"""Targets that are exported after each load, and what a reader of the file must find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib.adapters.memory.unload import unloaded
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.export.settings import FOLDER, ExportSettings
from chalicelib.domain.warehouse.unload import UnloadOrder, only_header
from chalicelib.pipeline.exporting import Export, read_export
from tests.support.settings import BUCKET
from tests.support.simulated.outside import CONTRACTS
from tests.support.simulated.parts import DeployedParts


def exporting(contracts: Mapping[str, Contract]) -> dict[str, Contract]:
    """The same contracts, each with an export."""
    return {
        name: replace(contract, export=ExportSettings(key=f"{FOLDER}{name}_latest.csv"))
        for name, contract in contracts.items()
    }


EXPORTED = exporting(CONTRACTS)


def exported(deployment: DeployedParts, contract: Contract) -> bytes | None:
    """What a reader of the bucket finds now."""
    key = f"{FOLDER}{contract.name}_latest.csv"
    versions = deployment.objects.objects.get((BUCKET, key), [])
    return versions[-1].body if versions else None


def current(deployment: DeployedParts, contract: Contract) -> bytes:
    """What a reader of the target finds now, as a file."""
    settings = ExportSettings(key=f"{FOLDER}{contract.name}_latest.csv")
    order = UnloadOrder(contract=contract, settings=settings, folder="s3://b/f/", iam_role="default")
    rows = deployment.warehouse.rows(contract.target)
    return unloaded(order, rows)[2] if rows else only_header(order)


def exports_are_whole_and_never_older(deployment: DeployedParts) -> Iterator[str]:
    """Each file is the target as it was after some load; each is replaced only by one that is as new, or newer.

    Called after every call that may have changed a target or a file.
    """
    for contract in filter(_has_export, deployment.pipeline.ctx.contracts.values()):
        states = deployment.memory.setdefault(("exports", contract.name), [])
        if (now := current(deployment, contract)) not in states[-1:]:
            states.append(now)
        if (found := exported(deployment, contract)) is None:
            continue
        oldest = deployment.memory.get(("exported", contract.name), 0)
        if found not in states[oldest:]:
            yield f"I12 the export of {contract.name} is {'older than it was' if found in states else 'not whole'}"
        else:
            deployment.memory["exported", contract.name] = oldest + states[oldest:].index(found)


def _has_export(contract: Contract) -> bool:
    return contract.export is not None


def exports_of(deployment: DeployedParts) -> Iterator[Export]:
    """The exports as they stand, seen without faults."""
    ctx = replace(deployment.pipeline.ctx, bookmarks=deployment.bookmarks, clock=deployment.clock)
    yield from filter(None, (read_export(ctx, name) for name in ctx.contracts))


def exports_lag(deployment: DeployedParts) -> Iterator[str]:
    """In the end, exports that do not have what their targets have."""
    for export in exports_of(deployment):
        if export.requests.count and exported(deployment, export.contract) != current(deployment, export.contract):
            yield f"I12 the export of {export.contract.name} lacks rows of its last load"


def exports_due(deployment: DeployedParts) -> bool:
    """Whether an export is still to be written."""
    return any(export.progress.pending(export.requests) for export in exports_of(deployment))
