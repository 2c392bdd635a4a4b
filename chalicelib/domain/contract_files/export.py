"""The `[export]` of a contract, read and checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import IDENTIFIER
from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.export.settings import FOLDER, Compression, ExportSettings

KEY = re.compile(rf"{FOLDER}(?:[\w=-][\w.=-]*/)*[\w=-][\w.=-]*", re.ASCII)
LONGEST_KEY = 900
ENDINGS = " or ".join(one.value for one in Compression)
EXAMPLE = f'write one such as "{FOLDER}orders_latest.csv"'


def read_export(section: Section) -> ExportSettings | None:
    """Read which file is written after a load; record every fault in the section."""
    if not section.table:
        return None
    settings = ExportSettings(
        key=section.text("key", required=True), view=section.text("view"), columns=section.string_list("columns")
    )
    section.close()
    return settings


def export_faults(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the faults of an export, each with its key in the file."""
    export = contract.export
    if export is None:
        return
    if export.key and not (KEY.fullmatch(export.key) and len(export.key) <= LONGEST_KEY):
        yield "export.key", f'"{export.key[:80]}" is not a file in {FOLDER} of letters, digits and _ - = .; {EXAMPLE}'
    elif export.key and not export.key.endswith(tuple(one.value for one in Compression)):
        yield "export.key", f'"{export.key[:80]}" does not end with {ENDINGS}; {EXAMPLE}'
    if export.view and not IDENTIFIER.fullmatch(export.view):
        yield "export.view", f'"{export.view}" is not the name of a view in the schema {contract.schema}; name one'
    yield from _column_faults(contract, export)


def _column_faults(contract: Contract, export: ExportSettings) -> Iterator[tuple[str, str]]:
    """Yield the faults of the columns. Personal data is exported only by its name."""
    known = [column.name for column in contract.columns]
    personal = [column.name for column in contract.columns if column.pii]
    if export.view and not export.columns:
        yield "export.columns", "is missing; name the columns of the view that the file has"
    elif personal and not export.columns:
        yield "export.columns", f"is missing, and {personal[0]} is personal data; name the columns that the file has"
    for name in export.columns:
        if not IDENTIFIER.fullmatch(name):
            yield "export.columns", f'"{name}" cannot be a column\'s name; correct it'
        elif not export.view and name not in known:
            yield "export.columns", f'"{name}" is not a column; columns are {", ".join(known)}'
    if twice := [name for name, times in Counter(export.columns).items() if times > 1]:
        yield "export.columns", f'"{twice[0]}" is listed twice; remove one'
