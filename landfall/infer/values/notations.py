"""Finds the settings for values that are written otherwise than COPY reads them.

Settings that can mean one thing only are proposed; of others, each reading is a comment, and the column is text.
"""

from __future__ import annotations

import re
from collections import Counter

from landfall.infer.toml_text import Setting, Settings
from landfall.infer.values.dates import date_formats, dated, short_year
from landfall.infer.values.fitting import Counts, reads_all
from landfall.infer.values.numbers import numbers
from landfall.infer.values.plain_types import Typed, has_leading_zero, plain
from landfall.text import plural

CENTURY_FROM = 1950
WIDTHS = (16, 32, 64, 128, 256, 512, 1_024, 4_096, 16_384, 65_535)
OTHER_BOOLEANS = (
    *(("ja", no) for no in ("nein", "nei", "nej", "nee")), ("j", "n"), ("oui", "non"), ("si", "no"), ("sí", "no"),
    ("sim", "não"), ("tak", "nie"), ("ano", "ne"), ("kyllä", "ei"), ("da", "nu"), ("da", "ne"), ("on", "off"),
    ("active", "inactive"), ("enabled", "disabled"), ("wahr", "falsch"), ("vrai", "faux"), ("verdadero", "falso"),
)  # fmt: skip
EXCEL_POWER = re.compile(rb"[0-9](?:\.[0-9]{1,14})?E\+(?:1[1-9]|[2-9][0-9])")
"""A number of twelve digits or more as a spreadsheet shows it."""
BIG = re.compile(rb"[0-9]{12,}")
_THREE = re.compile(rb"[+-]?[0-9]{1,3}\.[0-9]{3}")
_SPREADSHEET = re.compile(rb'="(.*)"', re.DOTALL)


def varchar(counts: Counts) -> str:
    """Return the type of texts of these lengths, with room for longer ones."""
    longest = max(map(len, counts))
    return f"varchar({next((width for width in WIDTHS if width >= longest + longest // 2), WIDTHS[-1])})"


def cut_by_excel(counts: Counts, text: Settings) -> Typed | None:
    """Return text for long numbers that a spreadsheet has shortened to powers of ten: their digits are lost."""
    cut = sum(rows for value, rows in counts.items() if EXCEL_POWER.fullmatch(value))
    others = [value for value in counts if not EXCEL_POWER.fullmatch(value)]
    if not cut or not all(BIG.fullmatch(value) or value.isdigit() for value in others):
        return None
    lost = f"{plural(cut, 'row')} such as 8.96E+18: a spreadsheet has cut the digits; ask the supplier for all digits"
    return Typed(settings=text, as_text=text, notes=(lost,))


def in_notation(counts: Counts, text: Settings) -> Typed | None:
    """Return the type of values that a setting reads."""
    if all(_SPREADSHEET.fullmatch(value) for value in counts):
        settings = {**text, "spreadsheet_text": True}
        why = 'the values are written ="...", as for spreadsheets'
        if reads_all(settings, counts):
            return Typed(settings=settings, as_text=text, notes=(why,))
        return Typed(settings=text, as_text=text, instead=((settings, why),))
    return _booleans(counts, text) or _dates(counts, text) or _numbers(counts, text)


def _booleans(counts: Counts, text: Settings) -> Typed | None:
    words = {value.decode("utf-8", "replace").lower(): value.decode("utf-8", "replace") for value in counts}
    for yes, no in OTHER_BOOLEANS:
        if set(words) == {yes, no}:
            settings: dict[str, Setting] = {"type": "boolean", "true": (words[yes],), "false": (words[no],)}
            return Typed(settings=text, as_text=text, instead=((settings, "if these words mean true and false"),))
    return None


def _dates(counts: Counts, text: Settings) -> Typed | None:
    """Return text for dates that several formats read, or one that needs a century."""
    forms, rows = date_formats(counts), sum(counts.values())
    if not forms:
        return None
    if others := rows - dated(counts):
        notes = tuple(f"{kind} {form} except for {others} of {rows} rows" for kind, form in forms)
        return Typed(settings=text, as_text=text, notes=notes)
    why = "the values fit it, too: ask the supplier" if len(forms) > 1 else "the values fit it"
    instead = tuple((_dated(kind, form), why) for kind, form in forms)
    if len(forms) > 1:
        shown = " and ".join(form for _, form in forms)
        return Typed(settings=text, as_text=text, instead=instead, notes=(f"the values fit {shown}: ask the supplier",))
    return Typed(settings=text, as_text=text, instead=instead)


def _dated(kind: str, form: str) -> Settings:
    """Return the settings of a date. A year of two digits needs a century, which is a guess."""
    return {"type": kind, "format": form} | ({"century_from": CENTURY_FROM} if short_year(form) else {})


def _numbers(counts: Counts, text: Settings) -> Typed | None:
    """Return the type of numbers in another notation."""
    found = numbers(list(counts))
    if not found or any(has_leading_zero(value.lstrip(b"-").partition(b".")[0]) for value in found.plain):
        return None
    inner, _ = plain(Counter(found.plain), text)
    if not inner or inner.is_text:
        return None
    settings = {**inner.settings, **found.settings}
    if not found.doubt and not grouped_codes(counts) and reads_all(settings, counts):
        return Typed(settings=settings, as_text=text, notes=("the currency is left out",) * ("currency" in settings))
    why = found.doubt or "the values fit it"
    instead = [(settings, why)]
    for values, other in found.others:
        if read := plain(Counter(values), text)[0]:
            instead.append(({**read.settings, **other}, why))
    return Typed(settings=text, as_text=text, instead=tuple(instead))


def grouped_codes(counts: Counts) -> bool:
    """Return whether digits in groups may be codes, such as telephone numbers: all have the same number of digits."""
    digits = {len(re.sub(rb"[^0-9]", b"", value)) for value in counts}
    return len(digits) == 1 and min(digits) > 7 and not any(b"," in value or b"." in value for value in counts)


def thousands_or_fraction(counts: Counts) -> Typed | None:
    """Return text for decimals of three digits, in a file as from a country of decimal commas."""
    if not all(_THREE.fullmatch(value) for value in counts):
        return None
    text: Settings = {"type": varchar(counts)}
    grouped = Counter(value.replace(b".", b"") for value in counts)
    readings: tuple[tuple[Counts, Settings], ...] = ((grouped, {"thousands": ".", "decimal": ","}), (counts, {}))
    why = "the point may be the decimal one, or separate thousands"
    instead = tuple(({**read.settings, **more}, why) for one, more in readings if (read := plain(one, text)[0]))
    return Typed(settings=text, as_text=text, instead=instead)
