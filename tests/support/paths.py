"""Where the tests find the files of this project."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "chalicelib/contracts"
