"""`landfall infer`: proposes a contract for files that have none, as TOML for the operator to read and correct."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from chalicelib.domain.contract.dialect import Dialect, Newline
from chalicelib.domain.contract.identifiers import IDENTIFIER, fold
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.errors import LandfallError, Rejected, SourceGone
from chalicelib.visible import printable, visible
from landfall.check.checking import Outputs, check_file
from landfall.check.columns import Guess, guess, names, null_words, plain_name
from landfall.faults import CommandError, ExitCode, absent, usage
from landfall.infer.sniff import Row, Sniffed, sample, sniff
from landfall.localfile import opened
from landfall.screen import print_lines

KEY_COLUMNS = 8
"""Number of columns whose pairs are tried as a key."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The content of a proposed contract."""

    name: str
    dialect: Dialect
    columns: tuple[Guess, ...]
    keys: tuple[tuple[str, ...], ...]
    """Columns, or pairs of columns, that identify each row of the sample."""

    @property
    def key(self) -> tuple[str, ...]:
        filled = tuple(column.name for column in self.columns if column.required)
        return self.keys[0] if self.keys else filled or (self.columns[0].name,)


def infer(files: Sequence[Path], name: str, out: Path | None) -> None:
    """Print the contract, or write it to a new file once it is complete. Raises CommandError."""
    if out and out.exists():
        raise usage(f"{out} already exists: name another file")
    if name and not IDENTIFIER.fullmatch(name):
        raise usage(f'--name "{name}" is not a name: use a lower-case letter, then letters, digits and underscores')
    name = name or plain_name(files[0].name.partition(".")[0]) or "object"
    sniffed = [_looked_at(path) for path in files]
    proposal = _proposal(name, sniffed)
    counts = _checked(files, proposal)
    if counts[1] and proposal.dialect.null != ("",):
        plainer = _proposal(name, sniffed, words=False)  # quoted words are not NULL: try those columns as text
        if (other := _checked(files, plainer))[1] < counts[1]:
            proposal, counts = plainer, other
    lines = list(_toml(proposal, files, counts))
    if out:
        _write(out, lines)
        print_lines(f"the proposal is in {out}: read it, and correct it", stderr=True)
    else:
        print_lines(*lines)


def _write(path: Path, lines: Sequence[str]) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None


def _looked_at(path: Path) -> Sniffed:
    try:
        return _sniffed(path)
    except SourceGone as gone:
        raise absent(f"{path}: {gone.message}") from gone
    except LandfallError as refusal:
        raise CommandError(f"{path}: {refusal.message}", ExitCode.BAD) from refusal


def _sniffed(path: Path) -> Sniffed:
    with opened(path) as source:
        if source.size == 0:
            raise Rejected("the file is empty", code="EMPTY_FILE")
        found = sniff(sample(source))
    if not found.rows:
        raise Rejected("this does not look like a table: no row could be read", code="NO_TABLE")
    return found


def _checked(files: Sequence[Path], proposal: Proposal) -> tuple[int, int]:
    """Count the rows, and the rows that the engine would reject."""
    contract = read_contract(f"{proposal.name}.toml", "\n".join(_toml(proposal, files, (0, 0))).encode())
    rows = bad = 0
    for path in files:
        with opened(path) as source:
            checked = check_file(source, contract, Outputs(reject=lambda _reject: None))
        rows, bad = rows + checked.read, bad + checked.rejected
    return rows, bad


# ---- from rows to columns --------------------------------------------------------------------------------------------


def _proposal(name: str, sniffed: Sequence[Sniffed], *, words: bool = True) -> Proposal:
    headers, dialect = _headers(sniffed[0])
    rows: list[Row] = []
    for found in sniffed:
        own, alike = _headers(found)
        if list(map(fold, own)) != list(map(fold, headers)) or replace(alike, encoding=dialect.encoding) != dialect:
            raise usage("the files differ in dialect or columns: infer a contract for each")
        named = dialect.header or dialect.preamble_lines > found.dialect.preamble_lines
        rows += found.rows[1:] if named else found.rows
    columns = [[row[place] or b"" for row in rows] for place in range(len(headers))]
    null = null_words([set(values) for values in columns]) if words else ()
    if null:
        dialect = replace(dialect, null=("", *null))
    absent = {b"", *(word.encode() for word in null)}
    called = names(headers)
    guesses = [
        guess(header, called[place], [value for value in columns[place] if value not in absent], len(rows))
        for place, header in enumerate(headers)
    ]
    if not dialect.header:
        dialect = replace(dialect, columns=tuple(called))
        guesses = [replace(column, header=column.name) for column in guesses]
    return Proposal(name=name, dialect=dialect, columns=tuple(guesses), keys=tuple(_keys(guesses, columns)))


def _headers(found: Sniffed) -> tuple[list[str], Dialect]:
    """Return column names and dialect. A header with blank or repeated names cannot be matched, so it is a preamble."""
    first = [(value or b"").decode().strip() for value in found.rows[0]]
    if not _names_columns(found.rows):
        return [f"column_{place}" for place in range(1, len(first) + 1)], replace(found.dialect, header=False)
    if len({fold(header) for header in first}) < len(first) or not all(first):
        return first, replace(found.dialect, header=False, preamble_lines=found.dialect.preamble_lines + 1)
    return first, found.dialect


def _names_columns(rows: Sequence[Row]) -> bool:
    """Whether the first row is a header: no value in it is a number or date, or comes again below it."""
    for place, value in enumerate(rows[0]):
        below = {row[place] or b"" for row in rows[1:]} - {b""}
        kind = guess("", "", [value or b""], 1).type
        if value and (not kind.startswith(("varchar", "boolean")) or (value in below and len(rows) > 2)):
            return False
    return True


def _keys(guesses: Sequence[Guess], columns: Sequence[Sequence[bytes]]) -> Iterator[tuple[str, ...]]:
    """Yield columns that identify each row, those named like an id first; else pairs of columns."""
    single = [g.name for g in guesses if g.unique and not g.type.startswith(("super", "double"))]
    yield from ((name,) for name in sorted(single, key=lambda name: not _is_id(name)))
    if single:
        return
    full = [place for place, g in enumerate(guesses) if g.required and not g.type.startswith(("super", "double"))]
    for one, other in combinations(full[:KEY_COLUMNS], 2):
        if len(set(zip(columns[one], columns[other], strict=True))) == len(columns[one]):
            yield guesses[one].name, guesses[other].name


def _is_id(name: str) -> bool:
    return name in ("id", "key", "uuid") or name.endswith(("_id", "_key", "_no", "_number", "_uuid"))


# ---- as TOML ---------------------------------------------------------------------------------------------------------


def _toml(proposal: Proposal, files: Sequence[Path], counts: tuple[int, int]) -> Iterator[str]:
    shown = repr(visible(", ".join(path.name for path in files)))
    yield f"# Proposed by `landfall infer` from {shown}."
    yield f"# It checked {counts[0]} rows and rejected {counts[1]}. Widths and types come from a sample."
    yield f"name = {_text(proposal.name)}"
    yield f"target = {_text('landing.' + proposal.name)}"
    yield f"lands_at = [{_text(f'incoming/{proposal.name}/*')}]"
    if proposal.keys:
        keys = "; ".join(" and ".join(key) for key in proposal.keys[:5])
        yield f"# Each of these identifies every row of the sample: {keys}"
    else:
        yield "# No column or pair of columns identifies every row of the sample: name those that do."
    yield f"key = {_list(proposal.key)}"
    moments = [column.name for column in proposal.columns if column.type.startswith("timestamp")]
    if moments:
        yield f"# order_by = {_text(moments[-1])}  # if a greater value means a newer row; one of: {', '.join(moments)}"
    yield from _dialect(proposal.dialect)
    yield ""
    yield "[columns]"
    for column in proposal.columns:
        yield _column(column, required=column.required or column.name in proposal.key)


def _dialect(dialect: Dialect) -> Iterator[str]:
    """Yield the settings that differ from the default."""
    plain = Dialect()
    settings = {
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape.value,
        "quotes": dialect.quotes.value,
        "comment": dialect.comment,
        "newline": dialect.newline.value,
        "encoding": dialect.encoding.value,
    }
    default = {**settings, "delimiter": ",", "quote": '"', "escape": "doubled", "quotes": "strict", "comment": ""}
    default |= {"newline": Newline.LF.value, "encoding": plain.encoding.value}
    lines = [f"{key} = {_text(value)}" for key, value in settings.items() if value != default[key]]
    lines += [f"{key} = {n}" for key in ("preamble_lines", "footer_lines") if (n := getattr(dialect, key))]
    lines += [f"null = {_list(dialect.null)}"] if dialect.null != plain.null else []
    lines += [] if dialect.header else ["header = false", f"columns = {_list(dialect.columns)}"]
    if lines:
        yield from ("", "[dialect]", *lines)


def _column(column: Guess, *, required: bool) -> str:
    parts = [f"type = {_text(column.type)}"]
    parts += [f"format = {_text(column.format)}"] if column.format else []
    parts += ["required = true"] if required else []
    parts += [f"aliases = [{_text(column.alias)}]"] if column.alias else []
    return f"{column.name} = {{ {', '.join(parts)} }}" + (f"  # {column.hint}" if column.hint else "")


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    """Quote a text as TOML, with escapes for characters that are not printable."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if printable(c) else f"\\U{ord(c):08x}" for c in quoted)
