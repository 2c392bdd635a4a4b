"""The rules of a sound contract by itself.

These rules need more than one entry of the file: names must exist, keys must be required, and patterns must not match
our own outputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.domain.checks.condition import check_fault
from chalicelib.domain.contract.column import EXACT, Column, TypeName
from chalicelib.domain.contract.contract import RESCUED, Contract, ExtraColumns, FileFormat, Load, StageAs
from chalicelib.domain.contract.dialect import Nul
from chalicelib.domain.contract.identifiers import IDENTIFIER, fold
from chalicelib.domain.contract.key_pattern import Pattern, PatternError, compile_pattern, overlap
from chalicelib.domain.contract.load_window import window_fault
from chalicelib.domain.contract.notation import Excess, TooLong
from chalicelib.domain.contract_files.columns.column_value import UNBOUNDED
from chalicelib.domain.contract_files.export import export_faults
from chalicelib.domain.contract_files.fixed_width import fixed_faults
from chalicelib.domain.contract_files.sources.source import source_faults
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.domain.run.keys import OUTPUTS
from chalicelib.domain.warehouse.load import MAX_BATCH_BYTES, share_room
from chalicelib.domain.warehouse.merge_size import MAX_MERGE_BYTES, merge_bytes
from chalicelib.errors import Rejected

NAMING = "use lower-case letters, digits and underscores, at most 63, not starting with a digit"
UNORDERED = (*UNBOUNDED, TypeName.REAL, TypeName.DOUBLE, TypeName.TIME)
MAX_CHECKS = 25
MAX_CHECK_NAME = 100
RESERVED_SCHEMAS = ("etl", "pg_catalog", "information_schema")
MAX_DOCUMENT_BYTES = 1 << 20
"""Redshift reads larger SUPER values only from JSON and Parquet."""
LONGEST_SHARE = 2_500
"""At least the bytes of one file's share in a load's SQL, with a key of 1,024 bytes."""

Fault = tuple[str, str]
"""The key in the file, and the fault with its fix."""


def faults_within(contract: Contract, stem: str) -> Iterator[Fault]:
    """Return the faults of one contract, whose file is `stem`.toml."""
    yield from _name_faults(contract, stem)
    yield from _column_faults(contract)
    yield from _reference_faults(contract)
    yield from _landing_faults(contract)
    yield from _check_faults(contract)
    yield from _limit_faults(contract)
    if contract.stage_as is StageAs.JSON and contract.load is Load.DIRECT:
        yield "stage_as", 'is for COPY, but load = "direct" sends the rows itself; remove one of the two'
    yield from _file_faults(contract)
    yield from source_faults(contract)
    if fault := window_fault(contract.load_every or 0):
        yield "load_every", fault
    yield from export_faults(contract)


def _file_faults(contract: Contract) -> Iterator[Fault]:
    """Return the faults of what the contract has about files, whose columns a transform may change."""
    read = contract.as_read
    own = contract.transform.columns if contract.transform else ()
    found = [*_header_faults(read), *_headerless_faults(read), *_totals_faults(read), *_word_faults(read)]
    found += [*_path_faults(read), *_lossy_faults(replace(contract, columns=read.columns)), *_column_names(own)]
    for key, message in [*found, *fixed_faults(contract)]:
        yield f"input_{key}" if any(f"{key}.".startswith(f"columns.{c.name}.") for c in own) else key, message


def size_faults(contract: Contract) -> Iterator[Fault]:
    """Return the faults of a contract that is sound otherwise, but too large for the warehouse's limits."""
    if (size := merge_bytes(contract)) > MAX_MERGE_BYTES:
        yield (
            "columns",
            f"too many for one merge ({size} bytes of SQL, at most {MAX_MERGE_BYTES}); split the object in two",
        )
    elif (room := share_room(contract) - LONGEST_SHARE) < 0:
        yield (
            "columns",
            f"too many for one load ({MAX_BATCH_BYTES - room} bytes of SQL with defaults and checks,"
            f" at most {MAX_BATCH_BYTES}); split the object in two",
        )


def _word_faults(contract: Contract) -> Iterator[Fault]:
    """Refuse words that no file has, because their characters are left out before values are read."""
    for column in contract.columns if contract.dialect.nul is Nul.STRIP else ():
        for key in ("null", "true", "false"):
            if any("\0" in word for word in getattr(column.notation, key)):
                fault = "has a word with a NUL, which the dialect's nul strips; remove the word, or nul"
                yield f"columns.{column.name}.{key}", fault


def _path_faults(contract: Contract) -> Iterator[Fault]:
    """Refuse paths that no file has, and fields that would be two columns, or in two columns."""
    owners = dict[tuple[str, ...], str]()
    for column in contract.columns:
        path, key = tuple(column.path.split(".")), f"columns.{column.name}.path"
        if column.path and contract.format is not FileFormat.JSON:
            yield key, 'is for JSON; remove it, or set format = "json"'
        elif column.path and not all(path):
            yield key, f'"{column.path}" has an empty name; write names with one dot between them, such as customer.id'
        elif column.path:
            other = next((name for own, name in owners.items() if own[: len(path)] == path[: len(own)]), None)
            if other:
                yield key, f"leads to the same field as {other}, or into it; let each field be for one column"
            owners[path] = column.name
    for column in contract.columns if owners else ():
        own = {fold(name) for name in (column.name, *column.aliases)} if not column.path else set[str]()
        for path, name in owners.items():
            if fold(path[0]) in own:
                yield f"columns.{name}.path", f'leads to the field "{path[0]}", which is {column.name}; rename one'


def _limit_faults(contract: Contract) -> Iterator[Fault]:
    documents = [c.name for c in contract.columns if c.type.kind is TypeName.SUPER]
    as_csv = contract.stage_as is StageAs.CSV
    if as_csv and documents and contract.limits.max_record_bytes > MAX_DOCUMENT_BYTES:
        yield (
            "limits.max_record_bytes",
            f"COPY reads a super column ({documents[0]}) from records of at most {MAX_DOCUMENT_BYTES:,} bytes;"
            ' lower the limit, or write stage_as = "json"',
        )


def _totals_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of the totals that a side file or a trailer has."""
    columns, trailer, side = {c.name: c for c in contract.columns}, contract.dialect.trailer, contract.control_totals
    if side and trailer and (trailer.count_field or trailer.sum_fields):
        yield "control_totals", "cannot be combined with totals in dialect.trailer; keep those of one of the two"
    if side and not (side.count_field or side.sum_fields):
        yield "control_totals", "names no field; add count_field, sum_fields or both"
    where = "control_totals" if side else "dialect.trailer"
    for name, _ in contract.sum_fields:
        column, key_path = columns.get(name), f"{where}.sum_fields.{name}"
        if column is None or column.type.kind not in EXACT:
            yield key_path, "is not a column of whole numbers or decimals; only those have an exact sum"
        elif column.notation.excess in (Excess.ROUND, Excess.CUT):
            yield key_path, "loses digits by excess, so that its sum is not the file's; remove one of them"


def _name_faults(contract: Contract, stem: str) -> Iterator[Fault]:
    if contract.name and not IDENTIFIER.fullmatch(contract.name):
        yield "name", f'"{contract.name}" cannot be a name; {NAMING}'
    elif contract.name and contract.name != stem:
        yield "name", f'the file is {stem}.toml, but the object is "{contract.name}"; give both the same name'
    if contract.schema and not (IDENTIFIER.fullmatch(contract.schema) and IDENTIFIER.fullmatch(contract.table)):
        given = ".".join(filter(None, (contract.schema, contract.table)))
        yield "target", f'"{given}" is not schema.table, such as landing.invoices; {NAMING}'
    elif contract.schema in RESERVED_SCHEMAS or contract.schema.startswith("pg_"):
        yield "target", f'the schema "{contract.schema}" is reserved; use another, such as landing'


def _column_faults(contract: Contract) -> Iterator[Fault]:
    if not contract.columns:
        yield "columns", "there are none; declare at least the columns of the key"
    implied = int(contract.extra_columns is ExtraColumns.RESCUE)  # the last column, RESCUED
    yield from _column_names(contract.columns[: len(contract.columns) - implied])


def _column_names(columns: Sequence[Column]) -> Iterator[Fault]:
    for column in columns:
        key_path = f"columns.{column.name}"
        if column.name.startswith("_"):
            yield key_path, "names that start with an underscore are reserved for Landfall; choose another"
        elif not IDENTIFIER.fullmatch(column.name):
            yield key_path, f"cannot be a column's name; {NAMING}, and keep the header's spelling as an alias"


def _header_faults(contract: Contract) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for column in contract.columns:
        if column.name == RESCUED:
            continue
        for header in dict.fromkeys(fold(h) for h in (column.name, *column.aliases)):
            owner = owners.setdefault(header, column.name)
            if owner != column.name:
                message = f'the header "{header}" would match {owner} too; headers are compared without case, spaces'
                yield f"columns.{column.name}", f"{message} and underscores: rename one or remove an alias"


def _headerless_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults for which every file of the contract would be refused."""
    if not contract.dialect.header and contract.columns and contract.format is not FileFormat.FIXED_WIDTH:
        try:
            match_header(contract, contract.dialect.columns, from_file=False)
        except Rejected as refusal:
            _, _, problem = refusal.message.partition("; ")
            yield "dialect.columns", f"do not fit the contract ({problem}); name the file's columns in order"


def _reference_faults(contract: Contract) -> Iterator[Fault]:
    columns = {c.name: c for c in contract.columns}
    named = [("key", n) for n in contract.key] + [("sort_key", n) for n in contract.sort_key]
    named += [(p, n) for p, n in (("order_by", contract.order_by), ("dist_key", contract.dist_key)) if n]
    for key_path, name in named:
        if name not in columns:
            yield key_path, f'"{name}" is not a column; columns are {", ".join(columns) or "missing"}'
    if not contract.key:
        yield "key", "is missing or empty; name the columns that identify a row"
    for key_path, names in (("key", contract.key), ("sort_key", contract.sort_key)):
        if twice := [n for n, times in Counter(names).items() if times > 1]:
            yield key_path, f'"{twice[0]}" is listed twice; remove one'
    for name in contract.key:
        if name in columns and not columns[name].required:
            yield f"columns.{name}", "is part of the key, so it must be required; add required = true"
    yield from _document_faults(contract)
    if contract.order_by in columns and columns[contract.order_by].type.kind in UNORDERED:
        yield "order_by", "must be a whole number, decimal, date or timestamp; other types have no reliable order"


def _lossy_faults(contract: Contract) -> Iterator[Fault]:
    """Refuse to cut or round keys and orders: two rows would become one, or the newer row would lose."""
    named = dict.fromkeys(contract.key, "identifies rows")
    named |= {contract.order_by: "orders rows"} if contract.order_by else {}
    for column in contract.columns:
        lossy = {"too_long": column.notation.too_long is TooLong.CUT}
        lossy["excess"] = column.notation.excess in (Excess.ROUND, Excess.CUT)
        for key in [key for key, chosen in lossy.items() if chosen and column.name in named]:
            value = getattr(column.notation, key).value
            fault = f'"{value}" would make values equal in a column that {named[column.name]}; remove it'
            yield f"columns.{column.name}.{key}", fault


def _document_faults(contract: Contract) -> Iterator[Fault]:
    """Refuse SUPER columns as keys: Redshift does not compare or sort by them."""
    documents = {c.name for c in contract.columns if c.type.kind is TypeName.SUPER}
    named = {"key": contract.key, "sort_key": contract.sort_key, "dist_key": (contract.dist_key,)}
    for key_path, names in named.items():
        for name in names:
            if name in documents:
                yield key_path, f'"{name}" is a super column, which cannot identify or sort rows; use another'


def _landing_faults(contract: Contract) -> Iterator[Fault]:
    if not contract.lands_at:
        yield "lands_at", 'is missing or empty; write patterns such as ["incoming/orders/*"]'
    for source in contract.lands_at:
        try:
            pattern = compile_pattern(source)
        except PatternError as error:
            yield "lands_at", f'"{source}" {error}'
        else:
            yield from _prefix_faults(pattern)
    if len(set(contract.lands_at)) < len(contract.lands_at):
        yield "lands_at", "a pattern is listed twice; remove one"


def _prefix_faults(pattern: Pattern) -> Iterator[Fault]:
    if "/" not in pattern.prefix or pattern.prefix.startswith("/"):
        yield "lands_at", f'"{pattern.source}" must start with a folder without wildcards, such as incoming/'
    if len(pattern.source.encode("utf-8", "surrogatepass")) > 1_024:
        yield "lands_at", f'"{pattern.source[:40]}..." is longer than a key may be (1,024 bytes); shorten it'
    for output in OUTPUTS:
        if overlap(pattern, compile_pattern(output + "**")):
            yield (
                "lands_at",
                f'"{pattern.source}" would match files in {output}, where Landfall writes; use another folder',
            )


def _check_faults(contract: Contract) -> Iterator[Fault]:
    if len(contract.checks) > MAX_CHECKS:
        yield "checks", f"there are {len(contract.checks)}; at most {MAX_CHECKS} fit one transaction; join some with or"
    names = Counter(c.name for c in contract.checks)
    for number, check in enumerate(contract.checks, 1):
        key_path = f"checks[{number}]"
        if not check.name.isprintable() or len(check.name) > MAX_CHECK_NAME:
            yield f"{key_path}.name", f"is not one line of at most {MAX_CHECK_NAME} characters; shorten it"
        if check.name and names[check.name] > 1:
            yield f"{key_path}.name", f'"{check.name}" is used twice; rename one'
        if check.bad_rows and (fault := check_fault(contract, check)):
            yield f"{key_path}.bad_rows", fault
