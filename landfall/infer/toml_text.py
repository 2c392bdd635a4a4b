"""Writes settings as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

from chalicelib.visible import printable

Setting = str | bool | int | tuple[str, ...]
Settings = Mapping[str, Setting]


def text(value: str) -> str:
    """Quote a text, with escapes for characters that are not printable."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if printable(c) else f"\\U{ord(c):08x}" for c in quoted)


def value(setting: Setting) -> str:
    """Write a setting's value."""
    if isinstance(setting, bool):
        return str(setting).lower()
    if isinstance(setting, int):
        return str(setting)
    return text(setting) if isinstance(setting, str) else f"[{', '.join(map(text, setting))}]"


def table(settings: Settings) -> str:
    """Write settings as an inline table."""
    return "{ " + ", ".join(f"{key} = {value(setting)}" for key, setting in settings.items()) + " }"


def plain(setting: object) -> Setting:
    """Return a dialect's setting as TOML has it."""
    if isinstance(setting, Enum):
        return str(setting.value)
    if not isinstance(setting, str | bool | int | tuple):
        raise TypeError(f"{type(setting).__name__} is not a setting of a dialect")
    return setting
