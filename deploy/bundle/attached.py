"""Checks that functions have the layers that the contracts in use need (`layer.py` makes them)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chalicelib.domain.contract.contract import FileFormat
from deploy.bundle.vendor import PackageError
from deploy.stage import functions
from landfall.contracts import deployed
from landfall.faults import CommandError

READS_PARQUET = ("advance_run",)
RUN_TRANSFORMS = ("stage_chunk", "advance_run")
"""The functions that stage rows, and that read a row again which COPY refused."""


def must_be_attached(stage: str) -> None:
    """Raise PackageError if a function has fewer layers than its contracts need, or a contract is faulty."""
    try:
        needed = Counter(_needed())
    except CommandError as error:
        raise PackageError(str(error)) from None
    own = functions(stage)
    lacking = [name for name, count in needed.items() if len(own[name].get("layers", ())) < count]
    if lacking:
        raise PackageError(
            f"the contracts need layers that stage {stage} has not attached to {' and '.join(lacking)}: "
            "see docs/operate/deploy.md, Layers"
        )


def _needed() -> Iterator[str]:
    """Yield each function once for each layer that it needs."""
    contracts = deployed().values()
    if any(contract.transform for contract in contracts):
        yield from RUN_TRANSFORMS
    if any(contract.format is FileFormat.PARQUET for contract in contracts):
        yield from READS_PARQUET
