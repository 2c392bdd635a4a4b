r"""Foreign text as a terminal, a mail or a log may show it.

Guarantees that the result has only printable characters, so it moves no cursor, ends no line and turns no reading
order. Python's string escapes replace the rest: `\x1b`, `\n`, `\u202e`, `\U000e0041`. Backslashes do not change, so
printable text does not change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

_OTHER = re.compile(r"[^ -~]+")
"""Characters that need a closer check: all but printable ASCII."""
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks without a visible shape, though Python calls them printable. Source: Unicode, Default_Ignorable."""


def visible(text: str) -> str:
    """Return the text with escapes for what is not printable."""
    return _OTHER.sub(lambda found: _escaped(found[0], _python), text)


def visible_json(value: Any, **options: Any) -> str:
    """JSON in readable letters, with JSON's own escapes for what is not printable: it reads back as the same value."""
    text = json.dumps(value, ensure_ascii=False, **options)
    return _OTHER.sub(lambda found: _escaped(found[0], _json), text)


def printable(text: str) -> bool:
    """Return whether `visible` leaves the text as it is."""
    return text.isprintable() and not _UNSEEN.search(text)


def first_of(names: Sequence[object], most: int) -> str:
    """Return the first names as one text, and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    return text if printable(text) else "".join(c if printable(c) else escape(c) for c in text)


def _python(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json(character: str) -> str:
    return json.dumps(character)[1:-1]
