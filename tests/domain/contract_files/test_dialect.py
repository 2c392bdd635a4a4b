"""The dialect of a contract: its faults, and what it leaves out."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.errors import ContractError
from tests.support.contracts import toml


@pytest.mark.parametrize(
    ("dialect", "message"),
    [
        ("delimiter = ''", "dialect.delimiter: '' cannot separate fields; use 1 to 8 characters on one line"),
        ('delimiter = "\\n"', "cannot separate fields"),
        ("delimiter = '123456789'", "cannot separate fields"),
        ("delimiter = '\"'", "dialect.delimiter: '\"' contains the quote; change one of them"),
        ("quote = 'ab'", "dialect.quote: 'ab' cannot enclose fields"),
        ("quote = 'é'", "cannot enclose fields"),
        ("quote = '\\'", "cannot enclose fields"),
        ("escape = 'backslash'\ndelimiter = '\\'", "dialect.escape: cannot be backslash"),
        ("escape = 'slash'", 'dialect.escape: "slash" is not supported; doubled or backslash only; write'),
        ("quotes = 'loose'", 'dialect.quotes: "loose" is not supported; strict or lenient only'),
        ("null = 'NULL'", "dialect.null: 'NULL' is not a list"),
        ("null = [1]", "dialect.null: 1 is not a string"),
        ("null = ['a,b']", "dialect.null: 'a,b' can never be a field without quotes; remove it"),
        ("empty = 'none'", 'dialect.empty: "none" is not supported; null or text only'),
        ("comment = 'much too long'", "dialect.comment: 'much too long' cannot begin comments"),
        ("comment = ','", "dialect.comment: begins with the delimiter"),
        ("preamble_lines = -1", "dialect.preamble_lines: -1 is out of range"),
        ("footer_lines = 'x'", "dialect.footer_lines: 'x' is not a whole number"),
        ("header = 'no'", "dialect.header: 'no' is not true or false"),
        ("columns = ['id']", "dialect.columns: is only for files without a header; add header = false"),
        ("header = false\ncolumns = ['x']", "dialect.columns: do not fit the contract (missing: id; unexpected: x)"),
        ("newline = 'crlf'", 'dialect.newline: "crlf" is not supported; lf or cr only'),
    ],
)
def test_faults_of_a_dialect_are_named(dialect, message):
    with pytest.raises(ContractError) as refused:
        read_contract("thing.toml", toml(more=f"[dialect]\n{dialect}\n"))
    assert message in str(refused.value)


def test_what_a_contract_leaves_out():
    things = read_contract(
        "thing.toml", toml(more="[dialect]\nheader = false\nempty = 'text'\n", extra_columns='"rescue"')
    )
    assert things.dialect.columns == ("id",)
    assert things.dialect.null == ()
    assert [(c.name, c.type.kind) for c in things.columns][-1] == ("_rescued", TypeName.SUPER)
    assert read_contract("thing.toml", toml()).dialect.null == ("",)
