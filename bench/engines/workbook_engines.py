"""X: the peers read a workbook into a table, and check nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.engines import contract_at


def landfall(path: str, contract: str) -> dict[str, Any]:
    from landfall.check.checking import Outputs, check_file
    from landfall.localfile import opened

    with opened(Path(path)) as source:
        checked = check_file(source, contract_at(contract), Outputs(reject=lambda _: None))
    return {"read": checked.read}


def pandas_openpyxl(path: str, _contract: str) -> dict[str, Any]:
    return _read(path, "openpyxl")


def pandas_calamine(path: str, _contract: str) -> dict[str, Any]:
    return _read(path, "calamine")


def _read(path: str, engine: Any) -> dict[str, Any]:
    import pandas as pd

    return {"read": len(pd.read_excel(path, engine=engine))}
