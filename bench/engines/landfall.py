"""Landfall's engine, as in `landfall check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.engines import contract_at
from landfall.check.checking import Outputs, check_file
from landfall.localfile import opened


def check(path: str, contract: str) -> dict[str, Any]:
    faults: dict[int, str] = {}

    def take(reject: Any) -> None:
        faults[reject.line] = reject.column

    with opened(Path(path)) as source:
        checked = check_file(source, contract_at(contract), Outputs(reject=take))
    return {"read": checked.read, "faults": faults, "duplicate": checked.duplicate}
