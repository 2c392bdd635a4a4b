"""Formats names, numbers and errors for the operator. Pure, for the command line and the local stack."""

from __future__ import annotations

ELLIPSIS = "…"


def cut_front(text: str, width: int) -> str:
    """Return at most `width` characters of a name. Names differ at their end, so the front is cut."""
    return text if len(text) <= width else ELLIPSIS + text[len(text) - max(width - 1, 0) :]


def cut(text: str, width: int) -> str:
    """Return at most `width` characters of a sentence."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `1 column`, `2 columns`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def warehouse_message(error: Exception) -> str:
    """Return the warehouse's message from its driver's error. Redshift's driver has it in parts."""
    parts = error.args[0] if error.args else ""
    return str(parts["M"]) if isinstance(parts, dict) and "M" in parts else str(error).partition("\n")[0]
