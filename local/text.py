"""How names and numbers are fitted to a screen; pure, for the CLI and the demo."""

from __future__ import annotations

ELLIPSIS = "…"


def cut_front(text: str, width: int) -> str:
    """At most `width` characters of a name. The end is what tells names apart, so it is the front that goes."""
    return text if len(text) <= width else ELLIPSIS + text[len(text) - max(width - 1, 0) :]


def cut(text: str, width: int) -> str:
    """At most `width` characters of a sentence."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS


def plural(count: int, noun: str) -> str:
    """`1 column`, `2 columns`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
