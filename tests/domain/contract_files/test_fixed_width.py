"""The positions of columns, and the settings of lines of fixed width: every fault is named with its fix."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.dialect import ShortRows, Unit
from chalicelib.domain.contract.notation import Align, Span
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.contracts import faults, toml

ID = 'id = { type = "bigint", required = true, start = 1, width = 4 }\n'
NAME = 'name = { type = "varchar(20)", start = 5, width = 6 }\n'


def fixed(columns: str = "", dialect: str = "", **more: str) -> bytes:
    return toml(format='"fixed_width"', columns=ID + columns, more=f"[dialect]\n{dialect}", **more)


def test_positions_and_settings_are_read() -> None:
    text = fixed(
        NAME + 'n = { type = "real", start = 12, width = 3, padding = "*", align = "right" }\n', 'unit = "bytes"'
    )
    contract = read_contract("thing.toml", text)
    assert [column.span for column in contract.columns] == [
        Span(start=1, width=4),
        Span(start=5, width=6, align=Align.LEFT),
        Span(start=12, width=3, padding="*", align=Align.RIGHT),
    ]
    dialect = contract.dialect
    assert (dialect.unit, dialect.header, dialect.columns, dialect.short_rows) == (
        Unit.BYTES, False, ("id", "name", "n"), ShortRows.REJECT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (fixed('a = { type = "date" }'), "columns.a.start: is missing; add start and width"),
        (fixed('a = { type = "date", start = 5 }'), "columns.a.width: is missing; a column of fixed width has both"),
        (fixed('a = { type = "date", width = 5 }'), "columns.a.start: is missing; a column of fixed width has both"),
        (fixed('a = { type = "date", start = 0, width = 5 }'), "columns.a.start: 0 is out of range; write 1 to"),
        (fixed('a = { type = "date", start = 5, width = 0 }'), "columns.a.width: 0 is out of range"),
        (
            fixed('a = { type = "date", start = 4, width = 5 }'),
            "columns.a.start: 4 is in id, which has the positions 1 to 4; change start or width of one of them",
        ),
        (
            fixed('a = { type = "date", start = 20, width = 5 }\n' + NAME),
            "columns.name.start: is before a in the file; list the columns in the order of the file",
        ),
        (fixed('a = { type = "date", start = 5, width = 5, padding = "ab" }'), "columns.a.padding: 'ab' cannot fill"),
        (fixed('a = { type = "date", start = 5, width = 5, padding = "é" }'), "columns.a.padding: 'é' cannot fill"),
        (fixed('a = { type = "real", start = 5, width = 5, padding = "0" }'), 'columns.a.padding: "0" is part of'),
        (fixed('a = { type = "date", start = 5, width = 5, align = "middle" }'), 'columns.a.align: "middle" is not'),
        (fixed(NAME, 'delimiter = ";"'), 'dialect.delimiter: is for CSV; with format = "fixed_width" the dialect has'),
        (fixed(NAME, "header = true"), "dialect.header: is for CSV"),
        (fixed(NAME, 'repeated_header = "skip"'), "dialect.repeated_header: is for CSV"),
        (fixed(NAME, 'unit = "bits"'), 'dialect.unit: "bits" is not supported; characters or bytes only'),
        (fixed(NAME, 'unit = "bytes"\nencoding = "latin-1"'), 'dialect.unit: "bytes" are those of UTF-8'),
        (fixed(NAME, "record_length = 20"), "dialect.record_length: counts bytes, so that positions do, too; add unit"),
        (fixed(NAME, 'unit = "bytes"\nrecord_length = 9'), "dialect.record_length: must be at least the last position"),
        (fixed(NAME, "unti = 1"), "dialect.unti: is not known; did you mean unit?"),
        (
            fixed(NAME, 'trailer = { starts_with = "T", widths = [0] }'),
            "dialect.trailer.widths: 0 is not a whole number",
        ),
        (fixed(NAME, extra_columns='"rescue"'), 'extra_columns: cannot be "rescue"'),
        (fixed('a = { type = "text", start = 1048570, width = 20 }'), "limits.max_record_bytes: is less than the last"),
        (toml(columns=ID), "columns.id.start: is for lines of fixed width; remove it, or set format"),
        (toml(more='[dialect]\nunit = "bytes"'), "dialect.unit: is for lines of fixed width; remove it, or set format"),
        (
            toml(format='"json"', more="[dialect]\nrecord_length = 8"),
            "dialect.record_length: is for lines of fixed width",
        ),
        (
            toml(more='[dialect]\ntrailer = { starts_with = "T", widths = [1] }'),
            "dialect.trailer.widths: is for lines of fixed width",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(text: bytes, fault: str) -> None:
    found = faults(text)
    assert [line for line in found if f"thing.toml: {fault}" in line] == found
    assert len(found) == 1


def test_a_transform_may_add_columns_that_files_do_not_have() -> None:
    contract = read_contract("thing.toml", fixed(NAME + 'sum = { type = "real" }\n', transform='"sums:add"'))
    assert contract.dialect.columns == ("id", "name")
    (fault,) = faults(fixed('sum = { type = "real", required = true }', transform='"sums:add"'))
    assert "columns.sum.start: is missing" in fault


def test_input_columns_of_a_transform_have_positions() -> None:
    own = '[input_columns]\nraw = { type = "text", start = 5, width = 4 }\n'
    text = fixed('sum = { type = "real" }', transform='"sums:add"') + own.encode()
    assert read_contract("thing.toml", text).dialect.columns == ("id", "raw")
    (fault,) = faults(text.replace(b"start = 5", b"start = 3"))
    assert "input_columns.raw.start: 3 is in id" in fault


def test_positions_count_for_the_fingerprint() -> None:
    one, other = (read_contract("thing.toml", fixed(NAME.replace("6", width))) for width in "67")
    assert one.fingerprint != other.fingerprint
