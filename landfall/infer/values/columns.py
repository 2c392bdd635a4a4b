"""Guesses a column from its values: the narrowest type that takes each one, with room for similar ones.

A guess never changes what a value means without a note: where two readings are possible the column is text, and the
settings of the readings stand in comments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.contract.notation import Align, Span
from landfall.infer.layout.looks import NULL_WORDS
from landfall.infer.names import fold_same
from landfall.infer.toml_text import Setting, Settings, table
from landfall.infer.values.dates import COMPACT
from landfall.infer.values.fitting import Counts, reads_all
from landfall.infer.values.notations import thousands_or_fraction
from landfall.infer.values.plain_types import Typed
from landfall.infer.values.types import typed
from landfall.text import plural

WORDS = {word.decode(): word for word in NULL_WORDS}
SURE_NULL_WORDS = (b"NULL", b"null", b"N/A", b"#N/A", b"NaN", b"None")
"""Words that a note names in a column of texts."""
MOMENT_NAME = re.compile(r"(?:^|_)(?:time|times?tamp|ts|date|at|on|epoch|created|updated|modified)(?:_|$)")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One column as it could stand in a contract."""

    header: str
    """The name by which a header's field is matched."""
    name: str
    settings: Mapping[str, Setting]
    """The settings, the type first."""
    path: str = ""
    """JSON: where the field is, if it is inside other objects."""
    span: Span | None = None
    """Fixed width: where it stands."""
    required: bool = False
    unique: bool = False
    """Whether every row has a different value."""
    notes: tuple[str, ...] = field(default=())
    """What is uncertain."""
    instead: tuple[tuple[Settings, str], ...] = field(default=())
    """Other definitions, each with its reason."""

    @property
    def type(self) -> str:
        return str(self.settings["type"])

    @property
    def is_text(self) -> bool:
        return self.type.startswith("varchar")

    def known(self, type_: str) -> Guess:
        """Return the column with the type that the file itself gives it."""
        return replace(self, settings={"type": type_}, notes=(), instead=())

    def definition(self, settings: Settings, *, required: bool) -> str:
        """Write the column with these settings as a line of TOML."""
        made = {**self._position(), **settings}
        made |= {"required": True} if required else {}
        if self.path:
            made |= {"path": self.path}
        elif not fold_same(self.header, self.name):
            made |= {"aliases": (self.header,)}
        return f"{self.name} = {table(made)}"

    def _position(self) -> dict[str, Setting]:
        if not self.span:
            return {}
        usual = Align.LEFT if self.is_text else Align.BOTH
        align = {"align": str(self.span.align.value)} if self.is_text and self.span.align is not usual else {}
        return {"start": self.span.start, "width": self.span.width, **align}

    def lines(self, *, key: bool) -> Iterator[str]:
        """Yield the column as lines of TOML, the notes first."""
        required = self.required or key
        yield from (f"# {self.name}: {note}" for note in self.notes)
        for other, why in self.instead:
            always = required and (key or not {"null", "trim"} & set(other))  # a row without a value would be rejected
            yield f"# {self.definition(other, required=always)}  # {why}"
        yield self.definition(self.settings, required=required)


def guess(header: str, name: str, values: Sequence[bytes], *, null: Sequence[bytes] = ()) -> Guess:
    """Guess a column from its values. Those of `null` mean NULL in the whole file."""
    counts = Counter(values)
    absent = sum(counts.pop(word, 0) for word in {b"", *null})
    words = {word: counts[word] for word in NULL_WORDS if word in counts}
    rest = Counter({value: rows for value, rows in counts.items() if value not in words})
    found = typed(rest) if rest else None
    if words and (not found or found.is_text):
        return _with_words(_made(header, name, found or typed(counts), counts, absent, ()), words)
    return _made(header, name, found, rest, absent + sum(words.values()), tuple(words))


def _made(header: str, name: str, found: Typed | None, counts: Counts, absent: int, null: tuple[bytes, ...]) -> Guess:
    if not found:
        settings: dict[str, Setting] = {"type": "varchar(256)"}
        return Guess(header=header, name=name, settings=settings, notes=("no value in the sample",))
    settings = dict(found.settings)
    instead, notes = list(found.instead), list(found.notes)
    if null:
        settings["null"] = tuple(word.decode() for word in null)
    if not found.is_text and not reads_all(settings, counts):
        instead.append((settings, "the values fit it"))
        settings = dict(found.as_text)
    return Guess(
        header=header,
        name=name,
        settings=settings,
        required=not absent,
        unique=not absent and all(rows == 1 for rows in counts.values()),
        notes=(*notes, *_moments(name, counts, str(settings["type"]))),
        instead=tuple(instead),
    )


def _with_words(made: Guess, words: Mapping[bytes, int]) -> Guess:
    """Name the words of a text column that often mean NULL."""
    named = [word for word in words if word in SURE_NULL_WORDS]
    if not named:
        return made
    shown = ", ".join(f'"{word.decode()}" in {plural(words[word], "row")}' for word in named)
    settings = {**made.settings, "null": tuple(word.decode() for word in named)}
    return replace(made, instead=(*made.instead, (settings, f"if {shown} means NULL; it stays text")))


def words_elsewhere(guesses: Sequence[Guess], columns: Sequence[Sequence[bytes]]) -> Iterator[Guess]:
    """Name the columns of texts that have a word which means NULL in another column."""
    texts = [(guess.name, set(values)) for guess, values in zip(guesses, columns, strict=True) if guess.is_text]
    for guess in guesses:
        null = guess.settings.get("null")
        words = null if isinstance(null, tuple) else ()
        found = {word: [name for name, values in texts if word.encode() in values] for word in words}
        notes = [f'"{word}" stays text in {", ".join(names)}' for word, names in found.items() if names]
        yield replace(guess, notes=(*guess.notes, *notes))


def comma_file(guesses: Sequence[Guess]) -> bool:
    """Return whether some column has decimal commas."""
    return any(
        (settings.get("decimal") == "," and "thousands" not in settings) or settings.get("thousands") == "."
        for guess in guesses
        for settings in (guess.settings, *(other for other, _ in guess.instead[:1]))
    )


def reconsidered(made: Guess, values: Sequence[bytes]) -> Guess:
    """Look again at a column of a file with decimal commas, or with semicolons, which go with them."""
    if not made.type.startswith("decimal") or "decimal" in made.settings:
        return made
    found = thousands_or_fraction(Counter(value for value in values if value))
    return replace(made, settings=found.settings, instead=found.instead) if found else made


def _moments(name: str, counts: Counts, kind: str) -> Iterator[str]:
    """Name whole numbers that may be dates or times."""
    if kind not in ("integer", "bigint"):
        return
    if all(COMPACT.fullmatch(value) for value in counts):
        yield 'the values may be dates: { type = "date", format = "YYYYMMDD" }'
    for digits, form in ((10, "epochsecs"), (13, "epochmillisecs")):
        if MOMENT_NAME.search(name) and all(len(value) == digits and value[:1] in b"12" for value in counts):
            yield f'the values may be times: {{ type = "timestamp", format = "{form}" }}'
