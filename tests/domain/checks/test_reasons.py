"""Reasons of rejects name the kind of fault, and nothing of the value."""

from __future__ import annotations

import pytest

from chalicelib.domain.checks.check import Check
from chalicelib.domain.checks.documents import document, varbyte
from chalicelib.domain.checks.texts import boolean, char, varchar
from chalicelib.domain.contract_files.columns.column_type import parse_type

TEXT, CHAR, BYTES = parse_type("varchar(4)"), parse_type("char(4)"), parse_type("varbyte(4)")
CASES = [
    (varchar(TEXT), "secret", "is longer than the 4 bytes of varchar(4)"),
    (varchar(TEXT), "qzj   ", "by blanks at its end"),
    (varchar(TEXT), "qéß", "some of its characters have several bytes"),
    (char(CHAR), "qz\u00a0", "has an invisible sign (U+00A0), which char(4) cannot store"),
    (char(CHAR), "q é", "has characters of several bytes, which char(4) cannot store"),
    (boolean(), " yes", "it has a blank"),
    (boolean(), "yes\u00a0", "it has an invisible sign (U+00A0)"),
    (boolean(), "17", "it is another number"),
    (boolean(), "Quux", "it is another word"),
    (boolean(), "q?", "it has other signs"),
    (document(), '{"qz": 1', "it ends too early"),
    (document(), '{"qz": "unended', "it ends too early"),
    (document(), "{'qz': 1}", "names and texts stand in double quotes"),
    (document(), '{"qz": 1,}', "a comma stands before a closing bracket"),
    (document(), '["qz", ]', "a comma stands before a closing bracket"),
    (document(), '{"qz": 1} {"qz": 2}', "more follows behind its end"),
    (document(), '{"qz": "two\nlines"}', "has a line end or another control character"),
    (document(), '{"qz": NaN}', "has NaN or Infinity"),
    (document(), "{qz}", "is not well-formed JSON"),
    (varbyte(BYTES), "0xabcd", "it begins with 0x"),
    (varbyte(BYTES), "\\xabcd", "it begins with 0x"),
    (varbyte(BYTES), "ab cd", "it has a blank"),
    (varbyte(BYTES), "abc", "it has an odd number of digits"),
    (varbyte(BYTES), "qzqz", "it has other letters or signs"),
]


@pytest.mark.parametrize(("check", "value", "words"), CASES, ids=range(len(CASES)))
def test_a_reason_names_the_kind_of_fault(check: Check, value: str, words: str) -> None:
    fault = check.judge(value.encode())
    assert fault is not None
    assert words in fault.reason
    assert not any(part in fault.reason for part in ("qz", "secret", "Quux"))
