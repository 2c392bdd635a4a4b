"""The `[export]` of a contract."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.export.settings import Compression, ExportSettings
from tests.support.contracts import COLUMNS, faults, toml

PII = COLUMNS + 'mail = { type = "varchar(64)", pii = true }\n'


def export(text: str, *, columns: str = COLUMNS) -> bytes:
    return toml(columns=columns, more=f"[export]\n{text}\n")


def test_a_key_is_enough() -> None:
    found = read_contract("thing.toml", export('key = "dashboard_data/thing_latest.csv"')).export
    assert found == ExportSettings(key="dashboard_data/thing_latest.csv")
    assert read_contract("thing.toml", toml()).export is None


@pytest.mark.parametrize(("ending", "compression"), [("csv", "NONE"), ("csv.gz", "GZIP"), ("csv.zst", "ZSTD")])
def test_the_key_ends_with_the_compression(ending: str, compression: str) -> None:
    found = read_contract("thing.toml", export(f'key = "dashboard_data/sub/thing.{ending}"')).export
    assert found
    assert found.compression is Compression[compression]


def test_a_view_with_its_columns() -> None:
    text = 'key = "dashboard_data/thing.csv"\nview = "by_city"\ncolumns = ["city", "total"]'
    found = read_contract("thing.toml", export(text)).export
    assert found
    assert (found.view, found.columns) == ("by_city", ("city", "total"))


def test_an_export_does_not_restart_runs() -> None:
    with_export = read_contract("thing.toml", export('key = "dashboard_data/thing.csv"'))
    assert with_export.fingerprint == read_contract("thing.toml", toml()).fingerprint


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('view = "v"\ncolumns = ["a"]', "export.key: is missing; add it"),
        ('key = "incoming/thing.csv"', 'export.key: "incoming/thing.csv" is not a file in dashboard_data/'),
        ('key = "dashboard_data/../x.csv"', "is not a file in dashboard_data/"),
        ('key = "dashboard_data/a b.csv"', "is not a file in dashboard_data/"),
        ('key = "dashboard_data/"', "is not a file in dashboard_data/"),
        ('key = "dashboard_data/ä.csv"', "is not a file in dashboard_data/"),
        (f'key = "dashboard_data/{"x" * 900}.csv"', "is not a file in dashboard_data/"),
        ('key = "dashboard_data/a.parquet"', "does not end with .csv or .csv.gz or .csv.zst; write one such as"),
        ('key = "dashboard_data/a.csv"\nview = "o.v"\ncolumns = ["a"]', '"o.v" is not the name of a view'),
        ('key = "dashboard_data/a.csv"\nview = "v"', "export.columns: is missing; name the columns of the view"),
        ('key = "dashboard_data/a.csv"\ncolumns = ["no"]', '"no" is not a column; columns are id'),
        ('key = "dashboard_data/a.csv"\ncolumns = ["id", "id"]', '"id" is listed twice; remove one'),
        ('key = "dashboard_data/a.csv"\nview = "v"\ncolumns = ["A b"]', '"A b" cannot be a column\'s name'),
        (
            'key = "dashboard_data/a.csv"\nquery = "select 1"',
            "export.query: is not known; use one of columns, key, view",
        ),
    ],
)
def test_every_fault_is_named(text: str, fault: str) -> None:
    [found] = faults(export(text))
    assert fault in found


def test_personal_data_is_exported_by_its_name_only() -> None:
    key = 'key = "dashboard_data/a.csv"'
    assert faults(export(key, columns=PII)) == [
        "thing.toml: export.columns: is missing, and mail is personal data; name the columns that the file has"
    ]
    named = read_contract("thing.toml", export(f'{key}\ncolumns = ["id", "mail"]', columns=PII)).export
    assert named
    assert named.columns == ("id", "mail")


def test_two_objects_do_not_share_a_file() -> None:
    key = '[export]\nkey = "dashboard_data/a.csv"\n'
    other = toml("thing1", more=key)
    assert faults(toml(more=key), other) == [
        'thing1.toml: export.key: "dashboard_data/a.csv" is also the key in thing.toml; give each its own'
    ]
