"""Finds the columns that identify each row of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from landfall.infer.values.columns import Guess

KEY_COLUMNS = 8
"""Number of columns whose pairs are tried as a key."""
MOST_KEY_COLUMNS = 8
"""Number of columns in a key if none identifies the rows."""
NOT_KEYS = ("super", "double", "real", "boolean")
ID_NAMES = ("id", "key", "uuid")
ID_ENDS = ("_id", "_key", "_no", "_number", "_uuid")


def keys(guesses: Sequence[Guess], columns: Sequence[Sequence[bytes]]) -> Iterator[tuple[str, ...]]:
    """Yield columns that identify each row, those named like an id first; else pairs of columns."""
    single = [guess.name for guess in guesses if guess.unique and _may_be_key(guess)]
    yield from ((name,) for name in sorted(single, key=lambda name: not _is_id(name)))
    if single:
        return
    full = [place for place, guess in enumerate(guesses) if guess.required and _may_be_key(guess)]
    for one, other in combinations(full[:KEY_COLUMNS], 2):
        if len(set(zip(columns[one], columns[other], strict=True))) == len(columns[one]):
            yield guesses[one].name, guesses[other].name


def fallback(guesses: Sequence[Guess]) -> tuple[str, ...]:
    """Return a key for a table without one: the first columns that are never empty."""
    filled = [guess.name for guess in guesses if guess.required and _may_be_key(guess)]
    possible = [guess.name for guess in guesses if _may_be_key(guess)]
    return tuple(filled[:MOST_KEY_COLUMNS]) or tuple(possible[:1]) or (guesses[0].name,)


def _may_be_key(guess: Guess) -> bool:
    return not guess.type.startswith(NOT_KEYS)


def _is_id(name: str) -> bool:
    return name in ID_NAMES or name.endswith(ID_ENDS)
