"""Makes the proposal of a contract from the tables of the files, and writes it as TOML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.dialect import FIXED_DIALECT, Dialect
from chalicelib.domain.contract.layout import placed
from chalicelib.domain.contract.sheet import Sheet
from landfall.infer.differences import aligned
from landfall.infer.layout.sample_table import SampleTable
from landfall.infer.names import names
from landfall.infer.toml_text import plain, text, value
from landfall.infer.values.columns import Guess, comma_file, guess, reconsidered, words_elsewhere
from landfall.infer.values.keys import fallback, keys

KEYS_SHOWN = 5
HIVE_NULL = b"\\N"
"""A word that means NULL wherever it stands without quotes."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The content of a proposed contract."""

    name: str
    dialect: Dialect
    columns: tuple[Guess, ...]
    keys: tuple[tuple[str, ...], ...]
    """Columns, or pairs of columns, that identify each row of the sample."""
    key: tuple[str, ...]
    notes: tuple[str, ...]
    """What is uncertain about the layout."""
    format: FileFormat = FileFormat.CSV
    sheet: Sheet = field(default_factory=Sheet)


def propose(name: str, tables: Mapping[str, SampleTable]) -> Proposal:
    """Make one proposal from the tables of all files, by the files' names. Raises CommandError if they differ."""
    first, *_ = found = aligned(tables)
    dialect = _common([table.dialect for table in found])
    rows = [row for table in found for row in table.rows]
    columns = [[row[place] for row in rows] for place in range(len(first.names))]
    null = (
        (HIVE_NULL,) if first.format is not FileFormat.JSON and any(HIVE_NULL in values for values in columns) else ()
    )
    if null:
        dialect = replace(dialect, null=("", HIVE_NULL.decode()))
    made = names(first.names)
    headers = placed(first.names) if dialect.header else made
    named = zip(headers, made, columns, strict=True)
    guesses = tuple(guess(header, column, values, null=null) for header, column, values in named)
    if dialect.delimiter == ";" or comma_file(guesses):
        guesses = tuple(reconsidered(made_, values) for made_, values in zip(guesses, columns, strict=True))
    guesses = tuple(words_elsewhere(guesses, columns))
    if first.format is FileFormat.JSON:
        guesses = tuple(_in_json(one, first, place) for place, one in enumerate(guesses))
    if first.spans:
        guesses = tuple(replace(one, span=span) for one, span in zip(guesses, first.spans, strict=True))
    types = first.types or ("",) * len(guesses)
    guesses = tuple(made_.known(type_) if type_ else made_ for made_, type_ in zip(guesses, types, strict=True))
    if not dialect.header and not first.spans:
        dialect = replace(dialect, columns=tuple(made))
    identifying = tuple(keys(guesses, columns))
    return Proposal(
        name=name,
        dialect=dialect,
        columns=guesses,
        keys=identifying,
        key=identifying[0] if identifying else fallback(guesses),
        notes=tuple(dict.fromkeys(note for table in found for note in table.notes)),
        format=first.format,
        sheet=first.sheet,
    )


def _in_json(made: Guess, table: SampleTable, place: int) -> Guess:
    """Return a column with its path, or as a document."""
    if place not in table.documents:
        return replace(made, path=table.paths[place])
    return Guess(
        header=made.header, name=made.name, settings={"type": "super"}, required=made.required, path=table.paths[place]
    )


def _common(dialects: Sequence[Dialect]) -> Dialect:
    """Return the dialect that reads all files: comments and encodings may be in some of them only."""
    usual = Dialect()
    comment = next((dialect.comment for dialect in dialects if dialect.comment), "")
    encoding = next((dialect.encoding for dialect in dialects if dialect.encoding != usual.encoding), usual.encoding)
    return replace(dialects[0], comment=comment, encoding=encoding)


# ---- as TOML ---------------------------------------------------------------------------------------------------------


def toml(proposal: Proposal, checked: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the contract. `checked` are the comments above it."""
    yield from (f"# {line}" for line in checked)
    yield f"name = {text(proposal.name)}"
    yield f"target = {text('landing.' + proposal.name)}"
    yield f"lands_at = [{text(f'incoming/{proposal.name}/*')}]"
    if proposal.format is not FileFormat.CSV:
        yield f"format = {text(str(proposal.format.value))}"
    if proposal.keys:
        shown = "; ".join(" and ".join(key) for key in proposal.keys[:KEYS_SHOWN])
        yield f"# Each of these identifies every row of the sample: {shown}"
    else:
        yield "# No column or pair of columns identifies every row of the sample: name those that do."
    yield f"key = {value(proposal.key)}"
    moments = [column.name for column in proposal.columns if column.type.startswith("timestamp")]
    if moments:
        yield f"# order_by = {text(moments[-1])}  # if a greater value means a newer row; one of: {', '.join(moments)}"
    fixed = proposal.format is FileFormat.FIXED_WIDTH
    settings, notes = list(_settings(proposal.dialect, fixed=fixed)), [f"# {note}" for note in proposal.notes]
    if proposal.format is FileFormat.XLSX:
        yield from ("", "[sheet]", *notes, *_settings(proposal.sheet))
        notes = []
    if settings or notes:
        yield from ("", "[dialect]", *notes, *settings)
    yield ""
    yield "[columns]"
    for column in proposal.columns:
        yield from column.lines(key=column.name in proposal.key)


def _settings(part: Dialect | Sheet, *, fixed: bool = False) -> Iterator[str]:
    """Yield the settings that differ from the default."""
    usual = FIXED_DIALECT if fixed else type(part)()
    for own in fields(part):
        setting = getattr(part, own.name)
        if setting != getattr(usual, own.name):
            yield f"{own.name} = {value(plain(setting))}"
