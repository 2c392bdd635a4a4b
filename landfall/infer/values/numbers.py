"""Reads numbers as people write them: decimal commas, groups of three, currencies, brackets, percent signs.

It finds the settings that read all values of a column, and a doubt if two settings would read different numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from landfall.infer.toml_text import Setting

GROUPS = (("", r""), (",", ","), (".", r"\."), (" ", "[ \u00a0\u202f]"), ("'", "'"), ("\u2019", "\u2019"))
SIGNS = {".": r"\.", ",": ","}
_MONEY = r"[^\d\s()+.,'\u2019%-]{0,7}"
_PARTS = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+]?)\s?(?P<before>{_MONEY})\s?(?P<inner>[-+]?)"
    r"(?P<core>\d[\d.,'\u2019 \u00a0\u202f]*?|[.,]\d+)"
    rf"\s?(?P<percent>%)?\s?(?P<after>{_MONEY})(?P<trail>-)?(?P<close>\))?"
)
CURRENCY = re.compile(r"[$€£¥₹₽₩₺₫₪฿]|[A-Z]{3}|[A-Z]{1,2}\$|kr\.?|zł|Kč|Ft|lei|R\$?|CHF")


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The numbers of a column, and the settings that read them."""

    plain: tuple[bytes, ...]
    """The numbers as SQL writes them."""
    settings: Mapping[str, Setting]
    doubt: str = ""
    """Why the settings are a guess; empty if the values allow no other reading."""
    others: tuple[tuple[tuple[bytes, ...], Mapping[str, Setting]], ...] = field(default=())
    """The other numbers that the values can be, each with the settings that read them."""


@dataclass(frozen=True, kw_only=True)
class _Written:
    core: str
    negative: bool
    settings: tuple[tuple[str, str], ...]


def numbers(values: list[bytes]) -> Numbers | None:
    """Return the numbers if all values are numbers in one notation other than SQL's."""
    written = []
    for value in values:
        found = _written(value)
        if not found:
            return None
        written.append(found)
    signs = dict[str, Setting]()
    for key in ("negative", "percent"):
        kinds = {kind for one in written for name, kind in one.settings if name == key}
        if len(kinds) > 1:
            return None
        signs |= {key: next(iter(kinds))} if kinds else {}
    currencies = tuple(sorted({kind for one in written for name, kind in one.settings if name == "currency"}))
    signs |= {"currency": currencies} if currencies else {}
    readings = list(_readings([one.core for one in written]))
    if not readings:
        return None
    signs_of = [b"-" if one.negative else b"" for one in written]
    (plain, settings), *others = [(_signed(signs_of, plain), {**marks, **signs}) for plain, marks in readings]
    return Numbers(
        plain=plain,
        settings=settings,
        doubt=_doubt(signs, currencies, others),
        others=tuple(others),
    )


def _signed(signs: Sequence[bytes], plain: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(sign + number for sign, number in zip(signs, plain, strict=True))


def _doubt(signs: Mapping[str, Setting], currencies: Sequence[str], others: Sequence[object]) -> str:
    if others:
        return "a sign before three digits may be the decimal one, or separate thousands"
    if "percent" in signs:
        return 'percent = "number" reads 12% as 12, "fraction" as 0.12'
    if len(currencies) > 1:
        return "the sign of the currency is left out, and values have several"
    return ""


def _written(value: bytes) -> _Written | None:
    """Take a value apart; None if it is no number."""
    try:
        parts = _PARTS.fullmatch(value.decode())
    except UnicodeDecodeError:
        return None
    if not parts or bool(parts["open"]) != bool(parts["close"]):
        return None
    minus = [parts["open"], parts["sign"] == "-" or parts["inner"] == "-", parts["trail"]]
    if sum(map(bool, minus)) > 1 or (parts["sign"] and parts["inner"]) or (parts["before"] and parts["after"]):
        return None
    money = parts["before"] or parts["after"]
    if money and not CURRENCY.fullmatch(money):
        return None
    settings = [("currency", money)] if money else []
    settings += [("negative", "parentheses")] if parts["open"] else []
    settings += [("negative", "trailing")] if parts["trail"] else []
    settings += [("percent", "number")] if parts["percent"] else []
    return _Written(core=parts["core"], negative=any(minus), settings=tuple(settings))


def _readings(cores: list[str]) -> Iterator[tuple[tuple[bytes, ...], dict[str, Setting]]]:
    """Yield each way to read all numbers, unless a way before it reads the same numbers."""
    seen = set[tuple[bytes, ...]]()
    for decimal, point in SIGNS.items():
        for group, between in GROUPS:
            if group == decimal:
                continue
            whole = rf"\d{{1,3}}(?:{between}\d{{3}})+|\d+" if group else r"\d+"
            shape = re.compile(rf"({whole})?(?:{point}(\d*))?")
            found = [shape.fullmatch(core) for core in cores]
            if not all(found):
                continue
            plain = tuple(_plain(match) for match in found if match)
            if plain not in seen:
                seen.add(plain)
                marks: dict[str, Setting] = {"decimal": ","} if decimal == "," else {}
                yield plain, marks | ({"thousands": group} if group else {})


def _plain(match: re.Match[str]) -> bytes:
    whole = re.sub(r"\D", "", match[1] or "") or "0"
    return f"{whole}.{match[2]}".encode() if match[2] else whole.encode()
