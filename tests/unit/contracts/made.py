"""Contracts made for a test."""

from __future__ import annotations

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
