"""Makes names of columns from the texts of a header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from chalicelib.domain.contract.identifiers import fold

LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"})


def names(headers: Sequence[str]) -> list[str]:
    """Make column names in snake_case, each unique, also when case and underscores do not count."""
    taken = set[str]()
    made = []
    for place, header in enumerate(headers, 1):
        plain = plain_name(header) or f"column_{place}"
        name, number = plain, 2
        while fold(name) in taken:
            name, number = f"{plain[:58]}_{number}", number + 1
        taken.add(fold(name))
        made.append(name)
    return made


def plain_name(header: str) -> str:
    """Make a valid column name: a-z, 0-9 and underscores, no leading digit."""
    ascii_ = unicodedata.normalize("NFKD", header.translate(LETTERS)).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", ascii_)
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:60].rstrip("_")
    return f"c_{name}" if name[:1].isdigit() else name


def fold_same(one: str, other: str) -> bool:
    """Return whether a header with the one name matches a column with the other."""
    return fold(one) == fold(other)
