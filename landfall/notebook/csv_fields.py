"""Texts as fields of a file in the contract's dialect. Guarantees that the contract reads the same text, or NULL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.dialect import Dialect, Empty, Escape
from landfall.notebook.frame_error import UnwritableError


@dataclass(frozen=True)
class Fields:
    """Writes the fields of one column, or the names of the header."""

    dialect: Dialect
    column: Column | None = None
    """None for the header."""

    def field(self, text: str | None) -> str:
        """Return a field; None is NULL. Raises UnwritableError."""
        if not text:
            return self._null if text is None else self._empty
        if self._special.search(text) or (self._is_text and text in self.dialect.null):
            return self._enclosed(text)
        return text

    @cached_property
    def _is_text(self) -> bool:
        return self.column is not None and self.column.type.is_text

    @cached_property
    def distinct(self) -> bool:
        """Whether an empty text is not NULL."""
        return self._is_text and self.dialect.empty is Empty.TEXT

    @cached_property
    def _null(self) -> str:
        if not self.distinct or "" in self.dialect.null:
            return ""
        if not self.dialect.null:
            raise UnwritableError("its contract has no word for NULL (dialect.null), and an empty field is a text")
        return self.dialect.null[0]

    @cached_property
    def _empty(self) -> str:
        if not (self.distinct and "" in self.dialect.null):
            return ""
        if not self.dialect.quote:
            raise UnwritableError("an empty text would become NULL: its contract has no quotes")
        return self.dialect.quote * 2

    @cached_property
    def _special(self) -> re.Pattern[str]:
        """Matches what would not be read as plain text: signs of the dialect, line ends, blanks around."""
        # A delimiter of several characters is found early if the text before it ends with one of them.
        signs = [*self.dialect.delimiter, self.dialect.quote, "\\" if self._escapes else ""]
        inside = [re.escape(sign) for sign in signs if sign]
        start = rf"|\A{re.escape(self.dialect.comment)}" if self.dialect.comment else ""
        return re.compile(rf"[\r\n\x1a]|\A\s|\s\Z|{'|'.join(inside)}{start}")

    @property
    def _escapes(self) -> bool:
        return self.dialect.escape is Escape.BACKSLASH

    def _enclosed(self, text: str) -> str:
        quote = self.dialect.quote
        if not quote:
            return self._bare(text)
        escaped = text.replace("\\", "\\\\") if self._escapes else text
        return quote + escaped.replace(quote, quote * 2) + quote

    def _bare(self, text: str) -> str:
        """Return a text without quotes, if the dialect has another way to write it. Raises UnwritableError."""
        delimiter, comment = self.dialect.delimiter, self.dialect.comment
        if text in self.dialect.null or (comment and text.startswith(comment)):
            raise UnwritableError(f"{text!r} has another meaning in files without quotes")
        if self._escapes and "\r" not in text:  # before a line feed, it would be a part of the line end
            return re.sub(rf"[\\\n{re.escape(delimiter)}]", lambda found: "\\" + found[0], text)
        if self._escapes or any(sign in text for sign in delimiter) or re.search(r"[\r\n\x1a]", text):
            raise UnwritableError(f"{text!r} holds a delimiter or line end, and its contract has no quotes")
        return text
