"""The contracts that ship. A checkout may hold others, which the operator added: no test depends on them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]

SHIPPED = ("transactions", "task", "user", "matter", "case", "queue", "agent", "contact", "walmart_sales", "orders")


def copied(to: Path) -> Path:
    """The contracts that ship, in a folder of their own."""
    for name in SHIPPED:
        shutil.copy(ROOT / "chalicelib/contracts" / f"{name}.toml", to)
    return to


def others(folder: str, names: Sequence[str]) -> list[str]:
    """Contracts of the checkout that do not ship, for `shutil.copytree` to leave out."""
    contracts = [Path(name) for name in names if Path(folder).name == "contracts" and name.endswith(".toml")]
    return [path.name for path in contracts if path.stem not in SHIPPED]
