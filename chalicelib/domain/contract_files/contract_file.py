"""Contracts as people write them: one TOML file per business object. docs/reference/contracts.md describes the form.

All files are read at once: the result is every contract, or every fault of every file. A contract that was read is
sound by itself and together with the others: see contract_rules.py and contract_conflicts.py.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import (
    RESCUED,
    Contract,
    DataCheck,
    Delivery,
    DuplicateKeys,
    ExtraColumns,
    FileFormat,
    Limits,
    Load,
    Mode,
    StageAs,
)
from chalicelib.domain.contract.dialect import ControlTotals
from chalicelib.domain.contract.expected import Expected, ExpectedError
from chalicelib.domain.contract.sheet import MOST_HEADER_ROW, Sheet
from chalicelib.domain.contract_files.columns.columns import read_columns
from chalicelib.domain.contract_files.contract_conflicts import faults_between
from chalicelib.domain.contract_files.contract_rules import faults_within, size_faults
from chalicelib.domain.contract_files.dialect import (
    read_control_totals,
    read_dialect,
    read_fixed_dialect,
    read_json_dialect,
    read_parquet_dialect,
    read_sheet_dialect,
)
from chalicelib.domain.contract_files.export import read_export
from chalicelib.domain.contract_files.fingerprint import fingerprint
from chalicelib.domain.contract_files.sources.source import read_source
from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.contract_files.transform import read_transform
from chalicelib.domain.source.position import landing_folder
from chalicelib.errors import ContractError

NULLABLE = (FileFormat.PARQUET, FileFormat.XLSX)
"""Formats that tell an absent value from an empty text: only the former is a field without quotes."""
DIALECTS = {
    FileFormat.CSV: read_dialect,
    FileFormat.JSON: read_json_dialect,
    FileFormat.XLSX: read_sheet_dialect,
    FileFormat.PARQUET: read_parquet_dialect,
    FileFormat.FIXED_WIDTH: read_fixed_dialect,
}


@dataclass(frozen=True)
class Contracts(Mapping[str, Contract]):
    """All contracts by name, valid and unambiguous."""

    by_name: Mapping[str, Contract]
    hidden: Mapping[str, Contract] = field(default_factory=dict)
    """Further contracts, which take keys but are not seen by a caller."""

    def only(self, names: Collection[str]) -> Contracts:
        """Return the contracts with all hidden but these. Unknown names are ignored."""
        found = {name: contract for name, contract in self.by_name.items() if name in names}
        others = {name: contract for name, contract in self.by_name.items() if name not in found}
        return Contracts(found, {**self.hidden, **others})

    def __getitem__(self, name: str) -> Contract:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)


def load_contracts(directory: Path | str) -> Contracts:
    """Read every `*.toml` of a directory. Raises ContractError with every fault of every file."""
    return read_contracts(texts_of(directory), directory)


def texts_of(directory: Path | str) -> dict[str, bytes]:
    """Return the texts of a directory's `*.toml`, by the files' names. Raises ContractError if there is none."""
    files = sorted(Path(directory).glob("*.toml"))
    if not files:
        raise ContractError([f"{Path(directory).name}: has no contract; add one, such as orders.toml"])
    return {f.name: f.read_bytes() for f in files}


def read_contracts(texts: Mapping[str, bytes], directory: Path | str | None = None) -> Contracts:
    """Read contracts by their files' names; the directory has transforms. Raises ContractError with all faults."""
    faults: list[str] = []
    by_file = {file: c for file, text in texts.items() if (c := _read(file, text, directory, faults))}
    faults += faults_between(by_file)
    if faults:
        raise ContractError(faults)
    return Contracts({c.name: c for _, c in sorted(by_file.items())})


def read_contract(file: str, text: bytes, directory: Path | str | None = None) -> Contract:
    """Read one contract by itself. Raises ContractError with every fault."""
    return next(iter(read_contracts({file: text}, directory).values()))


def _read(file: str, text: bytes, directory: Path | str | None, faults: list[str]) -> Contract | None:
    try:
        table = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{file}: not valid TOML in UTF-8 ({error}); fix it there")
        return None
    found: list[str] = []
    top = Section(table, file=file, key_path="", faults=found)
    contract = _contract(top, directory)
    for key_path, message in faults_within(contract, Path(file).stem):
        top.fault(key_path, message)
    for key_path, message in [] if found else size_faults(contract):
        top.fault(key_path, message)
    faults += dict.fromkeys(found)
    return replace(contract, fingerprint=fingerprint(contract))


def _contract(top: Section, directory: Path | str | None) -> Contract:
    schema, _, table = top.text("target", required=True).partition(".")
    form = top.choice("format", FileFormat.CSV)
    contract = Contract(
        name=top.text("name", required=True),
        description=top.text("description"),
        format=form,
        schema=schema,
        table=table,
        mode=top.choice("mode", Mode.SCD1, _in_place_of_mode(top)),
        load=top.choice("load", Load.COPY),
        stage_as=top.choice("stage_as", StageAs.CSV),
        delivery=top.choice("kind", Delivery.DELTA),
        key=top.string_list("key"),
        duplicate_keys=top.choice("duplicate_keys", DuplicateKeys.COLLAPSE),
        expected=_expected(top),
        load_every=top.number("load_every", default=None, low=-math.inf, high=math.inf),
        order_by=top.text("order_by") or None,
        lands_at=top.string_list("lands_at"),
        dist_key=top.text("dist_key") or None,
        sort_key=top.string_list("sort_key"),
        dialect=DIALECTS[form](top.section("dialect")),
        control_totals=_control_totals(top) if "control_totals" in top.table else None,
        sheet=_sheet(top, form),
        extra_columns=top.choice("extra_columns", ExtraColumns.FAIL),
        limits=_limits(top.section("limits")),
        columns=read_columns(top.section("columns")),
        transform=read_transform(top, read_columns(top.section("input_columns")), directory),
        checks=tuple(_check(s) for s in top.sections("checks")),
        source=read_source(top.section("source")),
        export=read_export(top.section("export")),
    )
    top.close()
    return _completed(contract)


def _sheet(top: Section, form: FileFormat) -> Sheet:
    section = top.section("sheet")
    if section.table and form is not FileFormat.XLSX:
        top.fault("sheet", 'is only for workbooks; write format = "xlsx", or remove it')
    sheet = Sheet(
        name=section.text("name"), header_row=section.integer("header_row", default=1, low=1, high=MOST_HEADER_ROW)
    )
    section.close()
    return sheet


def _in_place_of_mode(top: Section) -> str:
    """Return the end of the sentence about a wrong mode. A mode is what a load makes of the rows, not how they come."""
    direct = top.table.get("mode") == Load.DIRECT.value
    return 'in this version; for INSERTs in place of COPY write load = "direct"' if direct else "in this version"


def _completed(contract: Contract) -> Contract:
    """Return the contract with the columns that it implies."""
    dialect, columns = contract.dialect, contract.columns
    if contract.source and not contract.lands_at:
        contract = replace(contract, lands_at=(f"{landing_folder(contract.name)}*",))
    if not dialect.header and not dialect.columns:
        dialect = replace(dialect, columns=tuple(column.name for column in _in_files(contract)))
    if contract.format in NULLABLE and "" not in dialect.null:
        dialect = replace(dialect, null=("", *dialect.null))
    if contract.extra_columns is ExtraColumns.RESCUE and columns:
        columns = (*columns, Column(name=RESCUED, type=ColumnType(kind=TypeName.SUPER)))
    return replace(contract, dialect=dialect, columns=columns)


def _in_files(contract: Contract) -> Sequence[Column]:
    """Return the columns of files without a header, in their order."""
    columns = contract.as_read.columns
    if contract.format is not FileFormat.FIXED_WIDTH:
        return columns
    placed = [(column.span.start, column) for column in columns if column.span]
    return [column for _, column in sorted(placed, key=lambda pair: pair[0])]


def _expected(top: Section) -> Expected | None:
    by, days = top.text("expected_by"), top.string_list("expected_on")
    try:
        return Expected.parse(by, days) if by or days else None
    except ExpectedError as error:
        top.fault("expected_by", str(error))
        return None


def _control_totals(top: Section) -> ControlTotals:
    section = top.section("control_totals")
    totals = read_control_totals(section)
    section.close()
    return totals


def _check(section: Section) -> DataCheck:
    check = DataCheck(name=section.text("name", required=True), bad_rows=section.text("bad_rows", required=True))
    section.close()
    return check


def _limits(section: Section) -> Limits:
    """Read `[limits]`, and close it."""
    ratio = section.number("max_reject_ratio", default=Limits.max_reject_ratio, low=0, high=1)
    limits = Limits(
        min_rows=section.integer("min_rows", default=Limits.min_rows, low=0, high=10**12),
        max_reject_ratio=Limits.max_reject_ratio if ratio is None else ratio,
        max_rejects=section.integer("max_rejects", default=Limits.max_rejects, low=0, high=10**9),
        max_record_bytes=section.integer("max_record_bytes", default=Limits.max_record_bytes, low=64, high=4 << 20),
        max_super_string=section.integer("max_super_string", default=Limits.max_super_string, low=1, high=16_000_000),
        max_columns=section.integer("max_columns", default=Limits.max_columns, low=1, high=1_600),
        max_bytes=section.integer("max_bytes", default=Limits.max_bytes, low=1, high=5 << 40),
        max_ratio=section.integer("max_ratio", default=Limits.max_ratio, low=1, high=100_000),
        max_unpacked_bytes=section.integer(
            "max_unpacked_bytes", default=Limits.max_unpacked_bytes, low=1, high=5 << 40
        ),
        direct_rows=section.integer("direct_rows", default=Limits.direct_rows, low=0, high=10_000),
        chunk_mb=section.number("chunk_mb", default=None, low=0.001, high=10_000),
    )
    section.close()
    return limits


__all__ = ["Contracts", "fingerprint", "load_contracts", "read_contract", "read_contracts"]
