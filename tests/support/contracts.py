"""Contracts made for a test."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.contract_file import read_contracts
from chalicelib.errors import ContractError

COLUMNS = 'id = { type = "bigint", required = true }\n'


def toml(called: str = "thing", /, *, columns: str = COLUMNS, more: str = "", **keys: str) -> bytes:
    """A sound contract, with some entries replaced (or left out, if empty) and some text added at the end."""
    entries = {
        "name": f'"{called}"',
        "target": f'"landing.{called}"',
        "lands_at": f'["incoming/{called}/*"]',
        "key": '["id"]',
    }
    lines = [f"{key} = {value}" for key, value in {**entries, **keys}.items() if value]
    return ("\n".join(lines) + f"\n[columns]\n{columns}\n{more}").encode()


def faults(*texts: bytes, file: str = "thing.toml") -> list[str]:
    with pytest.raises(ContractError) as caught:
        read_contracts({file if n == 0 else f"thing{n}.toml": text for n, text in enumerate(texts)})
    return caught.value.faults


def column(text: str) -> bytes:
    return toml(columns=COLUMNS + text)
