"""The demo's files and their truth: made once, and reused as long as scale and generators do not change."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from local.demo.orders import write_orders, write_wrong_header
from local.demo.transactions import write_transactions
from local.demo.truth import DemoData
from local.demo.walmart import write_walmart

TRUTH = "truth.json"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The sizes of the demo's files."""

    transactions: int = 1_000_000
    """Rows of 77 bytes each."""
    purchases: int = 40_000
    """Rows of each month."""
    orders: float = 0.2
    """TPC-H's scale factor: 1 is 1.5 million rows, 170 MB."""


def demo_data(folder: Path, scale: Scale) -> DemoData:
    """Make the files below `folder`, each under its key; return their truth. The same scale makes the same bytes."""
    made_from = _made_from(scale)
    if (known := _known(folder / TRUTH, made_from)) is not None:
        return known
    shutil.rmtree(folder, ignore_errors=True)
    data = _write(folder, scale)
    (folder / TRUTH).write_text(json.dumps({"made_from": made_from, **asdict(data)}), encoding="utf-8")
    return data


def _write(folder: Path, scale: Scale) -> DemoData:
    key = "incoming/transactions.csv"
    (folder / "incoming").mkdir(parents=True)
    transactions, money = write_transactions(folder / key, rows=scale.transactions, key=key)
    months, sales = write_walmart(folder, rows=scale.purchases)
    orders, prices = write_orders(folder, scale=scale.orders)
    return DemoData(files=(transactions, *months, orders, write_wrong_header(folder)), tables=(money, sales, prices))


def _made_from(scale: Scale) -> str:
    """Return a hash that changes with the scale and with any line of the generators."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    text = b"".join(path.read_bytes() for path in sources) + repr(scale).encode()
    return hashlib.sha256(text).hexdigest()


def _known(path: Path, made_from: str) -> DemoData | None:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return DemoData.from_dict(fields) if fields.get("made_from") == made_from else None
