"""Bookmarks in memory."""

from __future__ import annotations

from chalicelib.adapters.memory.table import MemoryTable


class MemoryBookmarks:
    """Short texts under names."""

    def __init__(self, table: MemoryTable) -> None:
        self._texts = table.bookmarks

    def get(self, name: str) -> str:
        return self._texts.get(name, "")

    def set(self, name: str, text: str) -> None:
        self._texts[name] = text

    def move(self, name: str, seen: str, text: str) -> bool:
        if self.get(name) == seen:
            self.set(name, text)
        return self.get(name) == text
