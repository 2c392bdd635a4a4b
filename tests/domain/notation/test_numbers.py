from __future__ import annotations

import pytest

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.notation import Excess, Negative, Notation, Percent
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.notation.rewriter import rewriter_of

EUROPEAN = Notation(decimal=",", thousands=".")
MONEY = Notation(currency=("$", "EUR", "€", "kr."), negative=Negative.PARENTHESES)
SAP = Notation(decimal=",", thousands=".", currency=("EUR",), negative=Negative.TRAILING)


def read(kind: str, notation: Notation, written: str) -> str | None:
    """The value as Redshift reads it; None if it is a fault."""
    rewriter = rewriter_of(Column(name="c", type=parse_type(kind), notation=notation), b"")
    assert rewriter
    found = rewriter.read(written.encode())
    return None if isinstance(found, Fault) or found.text is None else found.text.decode()


def reason(kind: str, notation: Notation, written: str) -> str:
    rewriter = rewriter_of(Column(name="c", type=parse_type(kind), notation=notation), b"")
    found = rewriter.read(written.encode()) if rewriter else None
    assert isinstance(found, Fault)
    return found.reason


@pytest.mark.parametrize(
    ("notation", "written", "wanted"),
    [
        (EUROPEAN, "1.250,40", "1250.40"),
        (EUROPEAN, "-0,5", "-0.5"),
        (EUROPEAN, "+1.234.567,8", "+1234567.8"),
        (EUROPEAN, "1250,4", "1250.4"),
        (EUROPEAN, ",5", ".5"),
        (EUROPEAN, "12,750", "12.75"),
        (EUROPEAN, "12.750", "12750"),
        (EUROPEAN, "12,34.5", None),
        (EUROPEAN, "12.5", None),
        (EUROPEAN, "0.125", None),
        (EUROPEAN, "1.23", None),
        (EUROPEAN, "1234.567", None),
        (EUROPEAN, "1..234", None),
        (EUROPEAN, "1.234.", None),
        (EUROPEAN, "1,2,3", None),
        (EUROPEAN, "5,", None),
        (EUROPEAN, ",", None),
        (EUROPEAN, "", ""),
        (EUROPEAN, "1 250,40", None),
        (EUROPEAN, "１,5", None),
        (Notation(thousands=","), "1,234,567.5", "1234567.5"),
        (Notation(thousands=","), "12,34", None),
        (Notation(thousands=" "), "12 500", "12500"),
        (Notation(thousands=" "), "12\u00a0500.5", "12500.5"),
        (Notation(thousands=" "), "1\u202f012\u202f500", "1012500"),
        (Notation(thousands=" "), "1 012\u00a0500", None),
        (Notation(thousands=" "), " 12", None),
        (Notation(thousands="'"), "1'000", "1000"),
        (MONEY, "$15.00", "15.00"),
        (MONEY, "$ 15.00", "15.00"),
        (MONEY, "15.00 EUR", "15.00"),
        (MONEY, "15.00\u00a0€", "15.00"),
        (MONEY, "kr. 15.00", "15.00"),
        (MONEY, "($15.00)", "-15.00"),
        (MONEY, "$(15.00)", "-15.00"),
        (MONEY, "-$15.00", "-15.00"),
        (MONEY, "$-15.00", "-15.00"),
        (MONEY, "(-15.00)", None),
        (MONEY, "-(15.00)", None),
        (MONEY, "--15.00", None),
        (MONEY, "+-15.00", None),
        (MONEY, "$15.00$", None),
        (MONEY, "$15.00 EUR", None),
        (MONEY, "£15.00", None),
        (MONEY, "(15.00", None),
        (MONEY, "15.00)", None),
        (MONEY, "()", None),
        (MONEY, "$", None),
        (MONEY, "15.00-", None),
        (MONEY, "15.00%", None),
        (SAP, "42,10-", "-42.10"),
        (SAP, "1.042,10- EUR", "-1042.10"),
        (SAP, "1.042,10 EUR-", "-1042.10"),
        (SAP, "-42,10-", None),
        (SAP, "-", None),
        (SAP, "(42,10)", None),
    ],
)
def test_signs_around_and_within_a_number(notation, written, wanted):
    assert read("decimal(12,2)", notation, written) == wanted


@pytest.mark.parametrize(
    ("kind", "percent", "written", "wanted"),
    [
        ("decimal(9,4)", Percent.FRACTION, "12.5%", "0.125"),
        ("decimal(9,4)", Percent.FRACTION, "1250 %", "12.50"),
        ("decimal(9,4)", Percent.FRACTION, "-.5%", "-0.005"),
        ("decimal(9,4)", Percent.FRACTION, "12.50%", "0.1250"),
        ("decimal(9,4)", Percent.FRACTION, "0.125", "0.125"),
        ("decimal(9,4)", Percent.FRACTION, "12.345%", None),
        ("decimal(9,4)", Percent.FRACTION, "12%%", None),
        ("decimal(9,4)", Percent.NUMBER, "12.5%", "12.5"),
        ("decimal(9,4)", Percent.NUMBER, "%12.5", None),
        ("integer", Percent.FRACTION, "1200%", "12"),
        ("integer", Percent.FRACTION, "50%", None),
        ("double precision", Percent.FRACTION, "12.5%", "0.125"),
        ("double precision", Percent.FRACTION, "1e3%", "0.01e3"),
    ],
)
def test_percent(kind, percent, written, wanted):
    assert read(kind, Notation(percent=percent), written) == wanted


@pytest.mark.parametrize(
    ("kind", "excess", "written", "wanted", "altered"),
    [
        ("decimal(9,2)", Excess.ZEROS, "2.340", "2.34", ""),
        ("decimal(9,2)", Excess.ZEROS, "2.345", None, ""),
        ("integer", Excess.ZEROS, "4.0", "4", ""),
        ("integer", Excess.ZEROS, "-4.000", "-4", ""),
        ("integer", Excess.ZEROS, ".0", "0", ""),
        ("integer", Excess.ZEROS, "4.", None, ""),
        ("integer", Excess.ZEROS, ".", None, ""),
        ("integer", Excess.ZEROS, "4.5", None, ""),
        ("integer", Excess.ZEROS, "4e0", None, ""),
        ("decimal(9,2)", Excess.ROUND, "2.344", "2.34", "rounded"),
        ("decimal(9,2)", Excess.ROUND, "2.345", "2.35", "rounded"),
        ("decimal(9,2)", Excess.ROUND, "-2.345", "-2.35", "rounded"),
        ("decimal(9,2)", Excess.ROUND, "-2.3449999", "-2.34", "rounded"),
        ("decimal(9,2)", Excess.ROUND, "9.999", "10.00", "rounded"),
        ("decimal(9,2)", Excess.ROUND, "0.009", "0.01", "rounded"),
        ("decimal(9,2)", Excess.ROUND, ".999", "1.00", "rounded"),
        ("decimal(9,2)", Excess.ROUND, "2.340", "2.34", ""),
        ("integer", Excess.ROUND, "3.5", "4", "rounded"),
        ("integer", Excess.ROUND, "-0.5", "-1", "rounded"),
        ("integer", Excess.ROUND, "99.5", "100", "rounded"),
        ("decimal(9,2)", Excess.CUT, "2.349", "2.34", "cut"),
        ("integer", Excess.CUT, "-3.9", "-3", "cut"),
        ("integer", Excess.CUT, "3.0", "3", ""),
    ],
)
def test_digits_in_excess(kind, excess, written, wanted, altered):
    rewriter = rewriter_of(Column(name="c", type=parse_type(kind), notation=Notation(excess=excess)), b"")
    found = rewriter.read(written.encode())
    assert (None if isinstance(found, Fault) else found.text.decode()) == wanted
    assert isinstance(found, Fault) or (found.altered or "") == altered


def test_excess_can_be_refused_even_if_it_changes_nothing():
    assert (
        rewriter_of(Column(name="c", type=parse_type("integer"), notation=Notation(excess=Excess.REJECT)), b"") is None
    )
    strict = Notation(excess=Excess.REJECT, decimal=",")
    assert read("integer", strict, "4,0") is None
    assert read("decimal(9,2)", strict, "4,00") == "4.00"
    assert read("decimal(9,2)", strict, "4,000") is None


def test_a_number_of_many_digits_takes_no_time():
    number = "9" * 100_000
    assert read("decimal(9,2)", Notation(excess=Excess.ROUND), f"{number}.999") == f"{number}.99"


@pytest.mark.parametrize(
    ("notation", "written", "wanted"),
    [
        (EUROPEAN, "12,34.5", "a sign between groups of three digits in a wrong place"),
        (EUROPEAN, "1.250,40€", "a currency sign"),
        (EUROPEAN, "1.250,40 €", "it has a currency sign"),
        (EUROPEAN, "€\u00a01.250,40", "it has a currency sign"),
        (EUROPEAN, "12,5 %", "it has a percent sign"),
        (EUROPEAN, "12\u2009500,00", "it has an invisible sign (U+2009)"),
        (EUROPEAN, "1.250,40-", "its sign at the end"),
        (EUROPEAN, "1.250,4x", "letters"),
        (EUROPEAN, "\u00a01.250", "an invisible sign (U+00A0)"),
        (Notation(decimal=","), "12.5", "a point"),
        (Notation(decimal=","), "1,2,5", "a decimal sign in a wrong place"),
        (MONEY, "£5", "a currency sign"),
        (MONEY, "-(5)", "two signs"),
        (Notation(decimal=","), "5 ", "a blank"),
        (Notation(decimal=","), "5\u00a0", "an invisible sign (U+00A0)"),
        (Notation(decimal=","), "5,0E+3", "an exponent"),
        (Notation(decimal=","), "abc", "letters"),
    ],
)
def test_the_reason_names_the_kind_and_not_the_value(notation, written, wanted):
    found = reason("decimal(12,2)", notation, written)
    assert wanted in found
    assert written not in found


def test_types_without_digits_in_excess_have_no_rewriter():
    assert rewriter_of(Column(name="c", type=ColumnType(kind=TypeName.VARCHAR, length=9)), b"") is None
    assert rewriter_of(Column(name="c", type=ColumnType(kind=TypeName.DOUBLE)), b"") is None
