"""How names, numbers and errors are written for the operator; pure, for the command line and the local stack."""

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


def said(error: Exception) -> str:
    """What a warehouse said, of what its driver raised: Redshift's driver has it in parts."""
    parts = error.args[0] if error.args else ""
    return str(parts["M"]) if isinstance(parts, dict) and "M" in parts else str(error).partition("\n")[0]
