"""Finds the type of a column's values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from landfall.infer.toml_text import Settings
from landfall.infer.values.fitting import Counts, reads_all
from landfall.infer.values.notations import cut_by_excel, in_notation, varchar
from landfall.infer.values.plain_types import Typed, plain
from landfall.text import plural

_MAY_BE_PADDED = re.compile(rb"[\s\x80-\xff].*|.*[\s\x80-\xff]", re.DOTALL)


def typed(counts: Counts) -> Typed:
    """Return the narrowest type that takes every value. There is at least one value, and none is empty."""
    text: Settings = {"type": varchar(counts)}
    padded = {value: bare for value in counts if _MAY_BE_PADDED.fullmatch(value) and (bare := _trimmed(value)) != value}
    bare_counts = Counter[bytes]()
    for value, rows in counts.items():
        bare_counts[padded.get(value, value)] += rows
    blank = bare_counts.pop(b"", 0)
    if padded and bare_counts:
        return _padded(counts, padded, typed(bare_counts), text, blank)
    if blank:
        return Typed(settings=text, as_text=text, notes=("only blanks in the sample",))
    if found := cut_by_excel(counts, text):
        return found
    found, near = plain(counts, text)
    return found or in_notation(counts, text) or Typed(settings=text, as_text=text, notes=(near,) if near else ())


def _trimmed(value: bytes) -> bytes:
    return value.decode("utf-8", "surrogateescape").strip().encode("utf-8", "surrogateescape")


def _padded(counts: Counts, padded: Mapping[bytes, bytes], inner: Typed, text: Settings, blank: int) -> Typed:
    """Return the type of values with blanks around them. `padded` has these values without the blanks.

    Blanks alone would be no value: for `blank` rows that is uncertain.
    """
    rows = sum(counts[value] for value in padded)
    trim = "blanks" if all(value.strip(b" \t") == bare for value, bare in padded.items()) else "unicode"
    settings = {**inner.settings, "trim": trim}
    note = f"{plural(rows, 'row')} {'has' if rows == 1 else 'have'} blanks around the value"
    if blank:
        note = f"{plural(blank, 'row')} {'has' if blank == 1 else 'have'} only blanks: NULL then"
    if inner.is_text:
        instead = tuple(({**other, "trim": trim}, why) for other, why in inner.instead)
        return Typed(settings=text, as_text=text, notes=inner.notes, instead=(({**text, "trim": trim}, note), *instead))
    if not blank and reads_all(settings, counts):
        return Typed(settings=settings, as_text=text, notes=(*inner.notes, note), instead=inner.instead)
    return Typed(settings=text, as_text=text, notes=inner.notes, instead=((settings, note),))
