"""Guesses a column's type from a sample: the narrowest type that takes every value, with room for similar ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract_files.column_type import parse_type
from chalicelib.domain.staging.validate import compile_rules

NULL_WORDS = (b"\\N", b"NULL", b"null", b"Null", b"N/A", b"n/a", b"NA", b"#N/A", b"None", b"NaN", b"nan", b"-", b"?")
SURE_NULL_WORDS = (b"\\N", b"NULL")
WIDTHS = (16, 32, 64, 128, 256, 512, 1_024, 4_096, 16_384, 65_535)
DAYS = ("DD.MM.YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "YYYY/MM/DD")
FORMS = (
    ("date", ""),
    *(("date", day) for day in DAYS),
    ("timestamp", ""),
    *(("timestamp", f"{day} {clock}") for day in DAYS for clock in ("HH24:MI:SS", "HH24:MI")),
    ("timestamptz", ""),
    ("time", ""),
)
MOST_WRONG = 0.1
"""Largest share of a column's values that may miss a type which a hint still names."""
LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"})
_NUMBER = re.compile(rb"[+-]?([0-9]{1,30})(?:\.([0-9]{1,20}))?")
_WORDS = {b"t", b"true", b"y", b"yes", b"f", b"false", b"n", b"no"}


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One column as it could stand in a contract."""

    header: str
    name: str
    type: str
    format: str = ""
    required: bool = False
    unique: bool = False
    """Whether every row has a different value."""
    hint: str = ""

    @property
    def alias(self) -> str:
        """The header's text, if it does not match the column's name."""
        return self.header if fold(self.header) != fold(self.name) else ""


def guess(header: str, name: str, values: Sequence[bytes], rows: int) -> Guess:
    """Guess a column from its values that are not NULL. `rows` is the number of rows in the sample."""
    distinct = set(values)
    text, form, hint = _typed(distinct) if distinct else ("varchar(256)", "", "no value in the sample")
    full = bool(rows) and len(values) == rows
    return Guess(
        header=header,
        name=name,
        type=text,
        format=form,
        required=full,
        unique=full and len(distinct) == rows,
        hint=hint,
    )


def null_words(columns: Sequence[set[bytes]]) -> tuple[str, ...]:
    """Return the words that stand for NULL: the sure ones, and those that alone make a column text."""
    found = {word for word in SURE_NULL_WORDS if any(word in values for values in columns)}
    for values in columns:
        words = {word for word in NULL_WORDS if word in values}
        rest = values - words - {b""}
        if words - found and rest and not _typed(rest)[0].startswith("varchar"):
            found |= words
    return tuple(word.decode() for word in NULL_WORDS if word in found)


def _typed(values: set[bytes]) -> tuple[str, str, str]:
    """Return type, format and a hint."""
    wrong: list[tuple[int, str]] = []
    for text, form in _candidates(values):
        faults = _faults(text, form, values, len(values) * MOST_WRONG)
        if faults == 0:
            return text, form, _ambiguous(form, values)
        if faults is not None:
            wrong.append((faults, f"{text}{' ' + form if form else ''}"))
    longest = max(map(len, values))
    width = next((width for width in WIDTHS if width >= longest + longest // 2), WIDTHS[-1])
    few, what = min(wrong, key=lambda found: found[0], default=(0, ""))
    hint = f"{what} except for {few} of {len(values)} values" if wrong else ""
    return f"varchar({width})", "", hint


def _candidates(values: set[bytes]) -> Iterator[tuple[str, str]]:
    if values <= {value for value in values if value.lower() in _WORDS}:
        yield "boolean", ""
    numbers = [match for value in values if (match := _NUMBER.fullmatch(value))]
    if len(numbers) >= len(values) * (1 - MOST_WRONG) and not any(_coded(match[1]) for match in numbers):
        yield from _numeric(numbers)
    yield from FORMS
    if all(value[:1] in b"{[" for value in values):
        yield "super", ""
    if not numbers or not any(_coded(match[1]) for match in numbers):
        yield "double precision", ""


def _coded(digits: bytes) -> bool:
    """Whether digits are an identifier, such as a postcode. A number would lose its leading zero."""
    return len(digits) > 1 and digits.startswith(b"0")


def _numeric(numbers: list[re.Match[bytes]]) -> Iterator[tuple[str, str]]:
    if not any(match[2] for match in numbers):
        if max(abs(int(match[0])) for match in numbers) < 20_000_000:
            yield "integer", ""
        yield "bigint", ""
    scale = max(len(match[2] or b"") for match in numbers)
    whole = max(len(match[1]) for match in numbers)
    scale = max(scale, 2) if scale else 0
    yield f"decimal({18 if whole + scale <= 16 else min(38, whole + scale + 2)},{scale})", ""


def _faults(text: str, form: str, values: set[bytes], most: float) -> int | None:
    """Count the values that do not fit that type. Return None if there are more than `most`."""
    column = Column(name="c", type=parse_type(text), format=form)
    contract = Contract(name="c", schema="s", table="t", lands_at=(), columns=(column,), key=())
    (rule,) = compile_rules(contract, Layout(columns=(column,))).columns
    faults = 0
    for value in values:
        faults += rule.judge(value) is not None
        if faults > most:
            return None
    return faults


def _ambiguous(form: str, values: set[bytes]) -> str:
    """Return a hint if the values also fit with day and month exchanged."""
    other = {"MM/DD": "DD/MM", "DD/MM": "MM/DD"}.get(form[:5])
    kind = "timestamp" if ":" in form else "date"
    if other and _faults(kind, other + form[5:], values, 0) == 0:
        return f"the values would also fit {other + form[5:]}: ask the supplier"
    return ""


def names(headers: Sequence[str]) -> list[str]:
    """Make column names in snake_case, each unique."""
    taken: list[str] = []
    for place, header in enumerate(headers, 1):
        name = plain_name(header) or f"column_{place}"
        number = 2
        while (made := name if number == 2 and name not in taken else f"{name[:58]}_{number}") in taken:
            number += 1
        taken.append(made)
    return taken


def plain_name(header: str) -> str:
    """Make a valid column name: a-z, 0-9 and underscores, no leading digit."""
    ascii_ = unicodedata.normalize("NFKD", header.translate(LETTERS)).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", ascii_)
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:60].rstrip("_")
    return f"c_{name}" if name[:1].isdigit() else name
