"""Landfall's engine, as in `landfall check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.engines import contract_at
from landfall.check.checking import Outputs, check_file
from landfall.localfile import opened


def check(path: str, contract: str, place: str = "line") -> dict[str, Any]:
    """Check a file. `place` is the part of a reject that tells its row from others."""
    faults: dict[int, str] = {}

    def take(reject: Any) -> None:
        faults[getattr(reject, place)] = reject.column

    with opened(Path(path)) as source:
        checked = check_file(source, contract_at(contract), Outputs(reject=take))
    return {"read": checked.read, "faults": faults, "duplicate": checked.duplicate}
