"""The files below sql/, and the statements in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("migrations", "procedures", "views")
"""In the order in which they are applied."""
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|;|.", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Script:
    """A file of SQL."""

    name: str
    """Its path below sql/."""
    text: str

    @property
    def checksum(self) -> str:
        """The SHA-256 of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_migration(self) -> bool:
        """Whether it is applied once and may not change. Procedures and views are replaced when they change."""
        return self.name.startswith("migrations/")


def scripts(sql_dir: Path) -> Iterator[Script]:
    """Yield the scripts in the order in which they are applied."""
    for folder in FOLDERS:
        for file in sorted((sql_dir / folder).glob("*.sql")):
            yield Script(name=f"{folder}/{file.name}", text=file.read_text(encoding="utf-8"))


def statements(script: str) -> list[str]:
    """Return the statements of a script. Semicolons in texts, comments and procedure bodies do not end one."""
    parts = [""]
    for token in _TOKEN.finditer(script):
        if token[0] == ";":
            parts.append("")
        elif not token[0].startswith(("--", "/*")):
            parts[-1] += token[0]
    return [part.strip() for part in parts if part.strip()]
