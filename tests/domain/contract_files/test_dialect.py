"""The dialect of a contract: its faults, and what it leaves out."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.dialect import Encoding
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
        ("footer_lines = 1\ntrailer = { starts_with = 'T' }", "dialect.footer_lines: cannot be combined with trailer"),
        ("trailer = {}", "dialect.trailer.starts_with: is missing"),
        ("trailer = { starts_with = 'T', count_field = -1 }", "dialect.trailer.count_field: -1 is out of range"),
        ('trailer = { starts_with = "a\\nb" }', "dialect.trailer.starts_with: must be on one line"),
        ("header = false\nskip_after_header = 1", "dialect.skip_after_header: is only for files with a header"),
        ("delimiter = ' '\nblank_before_quote = true", "dialect.blank_before_quote: needs a quote, and a delimiter"),
        ("newline = 'crlf'", 'dialect.newline: "crlf" is not supported; lf or cr only'),
    ],
)
def test_faults_of_a_dialect_are_named(dialect, message):
    with pytest.raises(ContractError) as refused:
        read_contract("thing.toml", toml(more=f"[dialect]\n{dialect}\n"))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("iso-8859-1", Encoding.LATIN_1),
        ("ISO_8859-1", Encoding.LATIN_1),
        ("latin1", Encoding.LATIN_1),
        ("windows-1252", Encoding.CP1252),
        ("UTF8", Encoding.UTF_8),
        ("utf-8-sig", Encoding.UTF_8),
        ("UTF-16LE", Encoding.UTF_16_LE),
    ],
)
def test_an_encoding_goes_by_its_common_names(name, encoding):
    assert read_contract("thing.toml", toml(more=f"[dialect]\nencoding = '{name}'\n")).dialect.encoding is encoding


@pytest.mark.parametrize("name", ["iso-8859-15", "klingon", "a\\u0000b", "mbcs", "base64"])
def test_other_encodings_are_refused(name):
    with pytest.raises(ContractError, match=r"dialect.encoding: .* is not supported; utf-8 or utf-16 or"):
        read_contract("thing.toml", toml(more=f'[dialect]\nencoding = "{name}"\n'))


def test_what_a_contract_leaves_out():
    things = read_contract(
        "thing.toml", toml(more="[dialect]\nheader = false\nempty = 'text'\n", extra_columns='"rescue"')
    )
    assert things.dialect.columns == ("id",)
    assert things.dialect.null == ()
    assert [(c.name, c.type.kind) for c in things.columns][-1] == ("_rescued", TypeName.SUPER)
    assert read_contract("thing.toml", toml()).dialect.null == ("",)
