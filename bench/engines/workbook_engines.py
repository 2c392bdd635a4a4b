"""X: the peers read a workbook into a table, and check nothing."""

from __future__ import annotations

from typing import Any


def pandas_openpyxl(path: str, _contract: str) -> dict[str, Any]:
    return _read(path, "openpyxl")


def pandas_calamine(path: str, _contract: str) -> dict[str, Any]:
    return _read(path, "calamine")


def _read(path: str, engine: Any) -> dict[str, Any]:
    import pandas as pd

    return {"read": len(pd.read_excel(path, engine=engine))}
