"""The first record of a file: its columns, their order, and whether they fit the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import IGNORED, RESCUED, Contract, ExtraColumns, Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.contract.layout import Layout, columns_of
from chalicelib.domain.contract.tally import total
from chalicelib.domain.decode.file_kind import markup_kind
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.grammar import Malformation, Malformed
from chalicelib.domain.formats.csv.preamble import after_header, preamble
from chalicelib.domain.formats.csv.record_reader import Found, More, RecordReader
from chalicelib.domain.formats.format import Header
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected
from chalicelib.visible import first_of, printable

HEAD_BYTES = 16_384
"""Bytes of the first read; more follow only if the header is longer."""
BEYOND_BYTES = 64
"""Bytes read after a header of the greatest length: enough to find its line end or to notice that it is missing."""
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
NAMED = 20
"""The most columns that an error names."""
LONGEST_NAME = 64
"""The most characters of each such name."""
UNNAMED = "`landfall check` shows what is in them; if the first line is a row, set dialect.header = false"


def read_header(source: ByteSource, dialect: Dialect, limits: Limits) -> Header:
    """Find a file's first record, and its column names in the record before it. Raises Rejected."""
    before = preamble(source, dialect, limits)
    start, lines = before.offset, before.lines
    if not dialect.header:
        return Header(fields=dialect.columns, data_start=start, lines=lines, left_out=before.left_out)
    head, found = _first_record(source, start, RecordReader(replace(dialect, null=()), limits))
    if not lines and (kind := markup_kind(head)):
        raise kind.refusal()
    if not head or head[:1] in b"\r\n":
        raise Rejected("the file does not begin with a header of column names", code="HEADER_MISSING", line=lines + 1)
    if isinstance(found, Found) and len(found.values) > limits.max_columns:  # perhaps millions: do not check each
        message = f"the header has {len(found.values)} columns; limits.max_columns allows {limits.max_columns}"
        raise Rejected(message, code="TOO_MANY_COLUMNS", line=lines + 1)
    if not isinstance(found, Found) or any(_returned(value) for value in found.values):
        raise Rejected(_no_record(found, limits), code="HEADER_MALFORMED", line=lines + 1)
    fields = _names([value or b"" for value in found.values], lines)
    if dialect.trailing_delimiter and len(fields) > 1 and not fields[-1]:
        fields = fields[:-1]
    own = head[: found.stop].count(dialect.line_end) + 1
    after = after_header(source, min(start + found.stop + 1, source.size), dialect, limits)
    return Header(
        fields=fields,
        data_start=after.offset,
        lines=lines + own + after.lines,
        left_out=total([before.left_out, after.left_out]),
        head_lines=after.texts,
    )


def _first_record(source: ByteSource, start: int, reader: RecordReader) -> tuple[bytes, Found | Malformed | More]:
    """Return the bytes read and the record at `start`. Reads little more than the longest record, for any content."""
    most = min(reader.longest + BEYOND_BYTES, source.size - start)
    head = source.read(start, min(HEAD_BYTES, most))
    while True:
        found = BlockReader(reader, head, len(head), at_end=start + len(head) >= source.size).record(0)
        if not isinstance(found, More) or len(head) == most:
            return head, found
        head += source.read(start + len(head), min(3 * len(head), most - len(head)))


def _no_record(found: Found | Malformed | More, limits: Limits) -> str:
    """Return why a header is not a record of names."""
    if isinstance(found, Found):
        return "the header has a carriage return: if the file's lines end with it, set dialect.newline"
    if isinstance(found, More) or found.why is Malformation.TOO_LONG:
        return f"the header is longer than limits.max_record_bytes, {limits.max_record_bytes}: check its line end"
    if found.why is Malformation.UNCLOSED:
        return "the header has a quote that is not closed before limits.max_record_bytes or the end of the file"
    return f"the header is not a CSV record: {found.why.value}"


def _returned(value: bytes | None) -> bool:
    """Return whether a name has a lone carriage return: the file's lines end with it then."""
    return value is not None and b"\r" in value.replace(b"\r\n", b"")


def _names(values: list[bytes], lines: int) -> tuple[str, ...]:
    """Return the header's values as column names. Raises Rejected."""
    try:
        return tuple(value.decode().strip() for value in values)
    except UnicodeDecodeError:
        raise Rejected(
            "the header is not UTF-8; send the file as UTF-8, or set dialect.encoding",
            code="HEADER_ENCODING",
            line=lines + 1,
        ) from None


def match_header(
    contract: Contract, fields: tuple[str, ...], *, from_file: bool = True, private: bool = True
) -> Layout:
    """Find each header name's column, by name or alias, in any order. Raises Rejected with the differences.

    A column may be absent unless it is required, in the key or `order_by`. A name outside the contract fails the
    file, unless `extra_columns` has another use for it. The first line of a file without a header is a row. So the
    error quotes the line only if it is clearly a header, or if `private` is off because only the file's owner reads the
    error.
    """
    found = columns_of(contract.columns, fields)
    present = Counter(column.name for column in found if column)
    strange = contract.extra_columns is ExtraColumns.FAIL and from_file and any(fields) and not present
    named = not (from_file and private) or _clearly_a_header(contract, fields, present)
    parts = list(_differences(contract, fields, found, present, named=named, listed=named or not strange))
    if strange or parts:
        parts += [_strange(contract, fields)] if strange else []
        text = f"the header does not fit the contract {contract.name}; {'; '.join(parts)}"
        raise Rejected(text, code="HEADER_MISMATCH", line=1)
    return _layout(contract, fields, found)


def _named_columns(contract: Contract) -> list[Column]:
    """Return the columns that a header may name."""
    return [column for column in contract.columns if column.name != RESCUED]


def _differences(
    contract: Contract,
    fields: Sequence[str],
    found: Sequence[Column | None],
    present: Mapping[str, int],
    *,
    named: bool,
    listed: bool,
) -> Iterator[str]:
    """Yield each kind of difference with its columns. `named`: by the file's names; `listed`: unexpected ones, too."""
    columns = _named_columns(contract)
    needed = {*contract.key, contract.order_by} | {c.name for c in contract.columns if c.required}
    strict = contract.extra_columns is ExtraColumns.FAIL
    extra = [index for index, column in enumerate(found) if column is None] if strict else []
    unexpected = [index for index in extra if fields[index]] if listed else []
    problems = {
        "missing": [c.name for c in columns if c.name in needed and not present[c.name]],
        "unexpected": [
            (fields[index][:LONGEST_NAME] if named else f"field {index + 1}")
            + (_hint(fields[index], columns, present) if place < NAMED else "")
            for place, index in enumerate(unexpected)
        ],
        "without a name": [f"column {index + 1}" for index in extra if not fields[index]],
        "given twice": [name for name, count in present.items() if count > 1],
    }
    yield from (f"{what}: {first_of(names, NAMED)}" for what, names in problems.items() if names)
    if unexpected and not named:
        yield UNNAMED


def _layout(contract: Contract, fields: tuple[str, ...], found: Sequence[Column | None]) -> Layout:
    """Return the layout of a file whose header has these names, for these columns."""
    header = fields if contract.dialect.header else ()
    behind = [f"{IGNORED}{len(fields) + 1}"] if contract.dialect.trailing_delimiter else []
    extra = [(index, fields[index]) for index, column in enumerate(found) if column is None]
    if contract.extra_columns is ExtraColumns.RESCUE and extra:
        names = [*(column.name for column in found if column), *behind, RESCUED]
        return Layout.of(contract, names, _distinct(extra), header)
    names = [c.name if c else f"{IGNORED}{index + 1}" for index, c in enumerate(found)]
    return Layout.of(contract, [*names, *behind], header=header)


def _hint(field: str, columns: Sequence[Column], present: Mapping[str, int]) -> str:
    """Return the nearest of the names that the header lacks, as a question; empty if none is near."""
    from difflib import get_close_matches  # only faults need it

    folded = {fold(name): name for c in columns if not present[c.name] for name in (*c.aliases, c.name)}
    near = get_close_matches(fold(field[:LONGEST_NAME]), folded, n=1, cutoff=0.7)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def _clearly_a_header(contract: Contract, fields: Sequence[str], present: Mapping[str, int]) -> bool:
    """Return whether a line cannot be a row; a row's values must not reach readers who may not see rows.

    Most of the contract's columns are in the line, each once, and most of its fields are columns. Each field looks like
    a name: with an open quote, or another line end, a field could contain rows. A line of a contract with a pii column
    never passes.
    """
    columns = _named_columns(contract)
    most = 2 * len(present) > max(len(columns), len(fields)) and max(present.values()) == 1
    return most and not any(c.pii for c in columns) and all(len(f) <= LONGEST_NAME and printable(f) for f in fields)


def _strange(contract: Contract, fields: tuple[str, ...]) -> str:
    """Return a probable cause for a first line without any known name."""
    own = contract.dialect.delimiter
    other = next((name for d, name in DELIMITERS.items() if len(fields) == 1 and d != own and d in fields[0]), "")
    if other:
        return f"it has {other} between its names, but the contract expects {DELIMITERS.get(own, repr(own))}"
    return f"none of its {len(fields)} names is in the contract: check whether the first line is a header"


def _distinct(named: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield names for an object's members. A column without a name, or with a name used before, gets its number."""
    taken = {name for _, name in named}
    seen: set[str] = set()
    for index, field in named:
        name = field or f"column {index + 1}"
        while name in seen or (not field and name in taken):
            name += f" ({index + 1})"
        seen.add(name)
        yield index, name
