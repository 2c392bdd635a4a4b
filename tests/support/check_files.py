"""Contracts and packed files for `landfall check`."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable

from backports import zstd

PACKED: list[Callable[[str], bytes]] = [
    lambda text: gzip.compress(text.encode()),
    lambda text: bz2.compress(text.encode("utf-16")),
    lambda text: zstd.compress(text.encode()) + zstd.compress(b""),
    lambda text: text.encode("utf-16"),
]


CONTRACT = """
name = "mine"
target = "landing.mine"
lands_at = ["incoming/mine/*"]
mode = "scd1"
key = ["id"]
[columns]
id = { type = "integer", required = true }
name = { type = "varchar(5)" }
"""
