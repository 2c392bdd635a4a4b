"""The columns of a contract, read and checked."""

from __future__ import annotations

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract_files.columns.column_notation import notation_faults, read_notation
from chalicelib.domain.contract_files.columns.column_type import ColumnTypeError, parse_type
from chalicelib.domain.contract_files.columns.column_value import value_faults
from chalicelib.domain.contract_files.fixed_width import read_span
from chalicelib.domain.contract_files.toml_section import Section

_UNKNOWN = ColumnType(kind=TypeName.VARCHAR, length=65_535)


def read_columns(section: Section) -> tuple[Column, ...]:
    """Read the columns as far as possible; record every fault in the section."""
    columns = []
    for name, table in section.table.items():
        if isinstance(table, dict):
            columns.append(_column(name, section.inner(name, table)))
        else:
            type_ = table if isinstance(table, str) else "varchar(64)"
            section.fault(name, f'is not a table; write {name} = {{ type = "{type_}" }}')
    return tuple(columns)


def _column(name: str, section: Section) -> Column:
    type_ = _type(section)
    column = Column(
        name=name,
        type=type_ or _UNKNOWN,
        required=section.boolean("required"),
        aliases=section.string_list("aliases"),
        path=section.text("path"),
        span=read_span(section, type_),
        default=section.scalar("default"),
        values=section.scalars("values"),
        pattern=section.text("pattern") or None,
        min=section.scalar("min"),
        max=section.scalar("max"),
        format=section.text("format"),
        pii=section.boolean("pii"),
        notation=read_notation(section),
    )
    section.close()
    for fault in value_faults(column) if type_ else ():
        key_path, _, message = fault.partition(": ")
        section.fault(key_path, message)
    for key_path, message in notation_faults(column) if type_ else ():
        section.fault(key_path, message)
    return column


def _type(section: Section) -> ColumnType | None:
    text = section.text("type", required=True)
    try:
        return parse_type(text) if text else None
    except ColumnTypeError as error:
        section.fault("type", str(error))
        return None
