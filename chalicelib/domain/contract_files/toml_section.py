"""A strict reader of a TOML table: known keys of known types, and a record of every fault.

No function here raises. A faulty entry returns its default, so that one reading finds every fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

_Choice = TypeVar("_Choice", bound=Enum)
_TYPE_NAMES = {
    str: "a string in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


class Section:
    """One table. Read each possible key, then `close`: keys that were not read are unknown."""

    def __init__(self, table: Mapping[str, Any], *, file: str, key_path: str, faults: list[str]) -> None:
        self.table = table
        self.file = file
        self.key_path = key_path
        self.faults = faults
        self._keys: list[str] = []

    def fault(self, key: str, message: str) -> None:
        """Record a fault at a key of this table."""
        key_path = self._path(key)
        self.faults.append(f"{self.file}: {key_path}: {message}" if key_path else f"{self.file}: {message}")

    def text(self, key: str, *, default: str = "", required: bool = False) -> str:
        if required and key not in self.table:
            self.fault(key, "is missing; every contract needs it" if not self.key_path else "is missing; add it")
        value = self._take(key, str, default)
        if required and key in self.table and value == "":
            self.fault(key, "is empty; fill it in")
        return str(value)

    def choice(
        self, key: str, default: _Choice, when: str = "", alias: Callable[[str], str] = lambda text: text
    ) -> _Choice:
        """Read a member of an enum by its value, or by another name of it."""
        text = alias(self.text(key, default=str(default.value)))
        members = {str(member.value): member for member in type(default)}
        if text not in members:
            only = f"{' or '.join(members)} only {when}".rstrip()
            self.fault(key, f'"{text}" is not supported; {only}; write {key} = "{default.value}"')
        return members.get(text, default)

    def boolean(self, key: str, *, default: bool = False) -> bool:
        return bool(self._take(key, bool, default))

    def strings(self, key: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        """Read a list of strings, which may be empty strings."""
        items = self._take(key, list, list(default))
        wrong = [i for i in items if not isinstance(i, str)]
        if wrong:
            self.fault(key, f"{wrong[0]!r} is not a string; write each entry in quotes")
        return tuple(dict.fromkeys(i for i in items if isinstance(i, str)))

    def integer(self, key: str, *, default: int, low: int, high: int) -> int:
        value = int(self._take(key, int, default))
        if not low <= value <= high:
            self.fault(key, f"{value} is out of range; write {low} to {high}")
        return value

    def integers(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
        items = self._take(key, list, [])
        if wrong := [i for i in items if type(i) is not int or not low <= i <= high]:
            self.fault(key, f"{_shown(wrong[0])} is not a whole number from {low} to {high}")
        return tuple(i for i in items if i not in wrong)

    def number(self, key: str, *, default: float | None, low: float, high: float) -> float | None:
        value = self._take(key, float, default)
        if value is not None and not low <= value <= high:
            self.fault(key, f"{value} is out of range; write {low:g} to {high:g}")
        return None if value is None else float(value)

    def string_list(self, key: str) -> tuple[str, ...]:
        """Read a list of strings; a single string counts as a list of one."""
        value = self.table.get(key, [])
        items = [value] if isinstance(value, str) else self._take(key, list, [])
        self._keys.append(key)
        wrong = [i for i in items if not isinstance(i, str) or i == ""]
        if wrong:
            self.fault(key, f"{wrong[0]!r} is not a string; write each entry in quotes")
        return tuple(i for i in items if i not in wrong)

    def scalar(self, key: str) -> str | None:
        """Read a value as text in the form of the column's type: TOML has a string, number, date or boolean."""
        self._keys.append(key)
        value = self.table.get(key)
        return None if value is None else self._as_text(key, value)

    def scalars(self, key: str) -> tuple[str, ...]:
        return tuple(t for v in self._take(key, list, []) if (t := self._as_text(key, v)) is not None)

    def section(self, key: str) -> Section:
        return self.inner(key, self._take(key, dict, {}))

    def sections(self, key: str) -> list[Section]:
        tables = self._take(key, list, [])
        if any(not isinstance(t, dict) for t in tables):
            self.fault(key, f"is not a list of tables; write each as [[{key}]]")
        return [self.inner(f"{key}[{n}]", t) for n, t in enumerate(tables, 1) if isinstance(t, dict)]

    def inner(self, key: str, table: Mapping[str, Any]) -> Section:
        """Return a table below this one."""
        return Section(table, file=self.file, key_path=self._path(key), faults=self.faults)

    def _path(self, key: str) -> str:
        return ".".join(part for part in (self.key_path, key) if part)

    def close(self, *others: str) -> None:
        """Record a fault for every key that was not read, and is not one of `others`."""
        for key in self.table:
            if key not in self._keys and key not in others:
                from difflib import get_close_matches  # only faults need it

                close = get_close_matches(key, self._keys, n=1)
                hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(sorted(set(self._keys)))}"
                self.fault(key, f"is not known; {hint}")

    def _take(self, key: str, wanted: type, default: Any) -> Any:
        self._keys.append(key)
        value = self.table.get(key, default)
        if key not in self.table or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))):
            return value
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        self.fault(key, f"{_shown(value)} is not {_TYPE_NAMES[wanted]}")
        return default

    def _as_text(self, key: str, value: Any) -> str | None:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime):
            return value.isoformat(sep=" ")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str | int | float):
            return str(value)
        self.fault(key, f"{_shown(value)} is not a single value")
        return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
