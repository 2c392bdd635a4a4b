"""The settings of a column for how files write its values, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from chalicelib.domain.contract.column import EXACT, NUMBERS, Column, TypeName
from chalicelib.domain.contract.notation import Excess, Negative, Notation, Percent, TooLong, Trim
from chalicelib.domain.contract.time_format import CLOCKS, FORMATTED
from chalicelib.domain.contract_files.columns.column_format import LAST_CENTURY, format_faults
from chalicelib.domain.contract_files.toml_section import Section

TEXTS = (TypeName.CHAR, TypeName.VARCHAR)
ONLY: Mapping[str, tuple[tuple[TypeName, ...], str]] = {
    **dict.fromkeys(
        ("decimal", "implied_decimals", "thousands", "currency", "negative", "percent"), (NUMBERS, "numbers")
    ),
    "excess": ((*EXACT, *CLOCKS), "whole numbers, decimals, times and timestamps"),
    **dict.fromkeys(("true", "false"), ((TypeName.BOOLEAN,), "booleans")),
    "too_long": (TEXTS, "char and varchar"),
    "century_from": (FORMATTED, "dates and times with a format"),
    "timezone": ((TypeName.TIMESTAMPTZ,), "timestamptz"),
}
"""The types that a setting is for, if it is not for all."""
DECIMAL_SIGNS = (".", ",")
THOUSANDS_SIGNS = (".", ",", " ", "'", "\u2019", "_")
MOST_WORDS = 100
MOST_DECIMALS = 37
MOST_CURRENCY = 8
"""Most characters of a currency's sign."""
NOT_IN_CURRENCY = set("0123456789+-()% \t\r\n\0\u00a0\u202f\"'")
_DEFAULTS: Mapping[str, Any] = asdict(Notation())


def read_notation(section: Section) -> Notation:
    """Read the settings as far as possible; record every fault in the section."""
    currency = section.string_list("currency")
    return Notation(
        decimal=section.text("decimal", default=Notation.decimal),
        implied_decimals=section.integer("implied_decimals", default=0, low=0, high=MOST_DECIMALS),
        thousands=section.text("thousands"),
        currency=currency,
        negative=section.choice("negative", Negative.SIGN),
        percent=section.choice("percent", Percent.NONE),
        excess=section.choice("excess", Excess.ZEROS),
        null=section.strings("null", default=()),
        true=section.string_list("true"),
        false=section.string_list("false"),
        trim=section.choice("trim", Trim.NONE),
        too_long=section.choice("too_long", TooLong.REJECT),
        spreadsheet_text=section.boolean("spreadsheet_text"),
        century_from=section.integer("century_from", default=0, low=0, high=LAST_CENTURY),
        timezone=section.text("timezone"),
    )


def changed_settings(notation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are not the default."""
    return {name: value for name, value in notation.items() if value != _DEFAULTS[name]}


def notation_faults(column: Column) -> Iterator[tuple[str, str]]:
    """Yield the faults of the settings, each as the key with the fault and its fix."""
    notation = column.notation
    for key in (field.name for field in fields(Notation)):
        kinds, what = ONLY.get(key, (tuple(TypeName), ""))
        if getattr(notation, key) != getattr(Notation, key) and column.type.kind not in kinds:
            yield key, f"a {column.type.kind.value} cannot have it; remove it (it is for {what})"
    yield from format_faults(column)
    yield from _number_faults(notation)
    yield from _word_faults(notation)


def _number_faults(notation: Notation) -> Iterator[tuple[str, str]]:
    if notation.decimal not in DECIMAL_SIGNS:
        yield "decimal", f"{notation.decimal!r} cannot be the sign before a fraction; write {_listed(DECIMAL_SIGNS)}"
    if notation.thousands not in ("", *THOUSANDS_SIGNS):
        yield "thousands", f"{notation.thousands!r} cannot separate groups; write one of {_listed(THOUSANDS_SIGNS)}"
    elif notation.thousands == notation.decimal:
        yield "thousands", f'"{notation.thousands}" is the sign before the fraction, too; change one of them'
    for sign in notation.currency:
        if len(sign) > MOST_CURRENCY or NOT_IN_CURRENCY & set(sign):
            yield "currency", f"{sign!r} cannot stand at a number; write a sign or code such as $, EUR or kr"


def _word_faults(notation: Notation) -> Iterator[tuple[str, str]]:
    for key in ("null", "true", "false"):
        words: tuple[str, ...] = getattr(notation, key)
        if len(words) > MOST_WORDS:
            yield key, f"has more than {MOST_WORDS} words; keep only those that files use"
    meanings = {"null": set(notation.null), "true": folded(notation.true), "false": folded(notation.false)}
    for one, other in (("true", "false"), ("null", "true"), ("null", "false")):
        same = folded(tuple(meanings[one])) & folded(tuple(meanings[other]))
        if same:
            yield one, f"{min(same)!r} is in {other}, too; remove it from one of them"


def folded(words: tuple[str, ...]) -> set[str]:
    """Return the words as they are compared: the case of letters does not matter."""
    return {word.lower() for word in words}


def _listed(signs: tuple[str, ...]) -> str:
    return ", ".join(f'"{sign}"' for sign in signs)
