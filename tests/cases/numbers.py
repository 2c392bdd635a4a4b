"""Numbers as people write them: what is written, and what the table holds then."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tests.cases.case import Altered, Bad

NOT_DECIMAL, NOT_DIGITS, RANGE = Bad(code=1209), Bad(code=1207), Bad(code=1204)

VALUES: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("decimal(9,2)", 'decimal = ",", thousands = "."'): {
        "1.250,40": Decimal("1250.40"),
        "-0,5": Decimal("-0.5"),
        "+7,25": Decimal("7.25"),
        "1250,4": Decimal("1250.4"),
        "1.234.567,8": Decimal("1234567.8"),
        "12,750": Decimal("12.75"),
        "12,755": NOT_DECIMAL,
        "12,34.5": NOT_DECIMAL,
        "1.25,00": NOT_DECIMAL,
        "12.5": NOT_DECIMAL,
        "1..250": NOT_DECIMAL,
        "1,2,3": NOT_DECIMAL,
        "1.2500,00": NOT_DECIMAL,
        ".250": NOT_DECIMAL,
        "": None,
        "-1.250": Decimal("-1250"),
        "0001.250,5": NOT_DECIMAL,
    },
    ("decimal(9,2)", 'decimal = ","'): {
        "12,5": Decimal("12.5"),
        "12": Decimal("12"),
        ",5": Decimal("0.5"),
        "12.5": NOT_DECIMAL,
        "1.250,40": NOT_DECIMAL,
        "1 250,40": NOT_DECIMAL,
    },
    ("decimal(9,2)", 'decimal = ",", thousands = " "'): {
        "12 500,00": Decimal("12500"),
        "12\u00a0500,00": Decimal("12500"),
        "12\u202f500,5": Decimal("12500.5"),
        "12 50,00": NOT_DECIMAL,
        "1 2 3,0": NOT_DECIMAL,
        "-1 000": Decimal("-1000"),
        "500,25": Decimal("500.25"),
    },
    ("decimal(9,2)", "implied_decimals = 2"): {
        "0001250": Decimal("12.50"),
        "-1250": Decimal("-12.50"),
        "5": Decimal("0.05"),
        "0": Decimal("0"),
        "12.50": Bad(code=1209, reason="has a decimal sign"),
        "12345678901": Bad(code=1204),
    },
    ("decimal(9,2)", 'thousands = ","'): {
        "12,500.25": Decimal("12500.25"),
        "12,750": Decimal("12750"),
        "1,2345": NOT_DECIMAL,
        "1,234,5": NOT_DECIMAL,
        "12,34.5": NOT_DECIMAL,
    },
    ("integer", 'decimal = ",", thousands = "."'): {
        "1.250": 1250,
        "-1.234.567": -1234567,
        "1.25": NOT_DIGITS,
        "1250": 1250,
        "1.250,0": 1250,
        "1.250,5": NOT_DIGITS,
    },
    ("decimal(9,2)", 'currency = ["$", "EUR", "€"], negative = "parentheses"'): {
        "($15.00)": Decimal("-15"),
        "$15.00": Decimal("15"),
        "15.00 EUR": Decimal("15"),
        "15.00EUR": Decimal("15"),
        "€ 15.00": Decimal("15"),
        "(15.00)": Decimal("-15"),
        "15.00\u00a0€": Decimal("15"),
        "-$15.00": Decimal("-15"),
        "(-15.00)": NOT_DECIMAL,
        "$$5": NOT_DECIMAL,
        "£5.00": NOT_DECIMAL,
        "15.00 USD": NOT_DECIMAL,
        "(15.00": NOT_DECIMAL,
        "15.00)": NOT_DECIMAL,
        "$": NOT_DECIMAL,
        "()": NOT_DECIMAL,
    },
    ("decimal(9,2)", 'decimal = "."'): {
        "(15.00)": NOT_DECIMAL,
        "42.10-": NOT_DECIMAL,
        "$5": NOT_DECIMAL,
        "12%": NOT_DECIMAL,
        "1,5": NOT_DECIMAL,
    },
    ("decimal(9,2)", 'negative = "trailing"'): {
        "42.10-": Decimal("-42.10"),
        "42.10": Decimal("42.10"),
        "-42.10-": NOT_DECIMAL,
        "42.10--": NOT_DECIMAL,
        "-": NOT_DECIMAL,
    },
    ("decimal(9,4)", 'percent = "fraction"'): {
        "12.5%": Decimal("0.125"),
        "-3%": Decimal("-0.03"),
        "100 %": Decimal("1"),
        "0.125%": NOT_DECIMAL,
        "%": NOT_DECIMAL,
        "12%%": NOT_DECIMAL,
    },
    ("decimal(9,2)", 'percent = "number"'): {"12.5%": Decimal("12.5"), "-3 %": Decimal("-3")},
    ("decimal(9,2)", "required = false"): {
        "2.340": Decimal("2.34"),
        "2.345": NOT_DECIMAL,
        "2.3400000000000": Decimal("2.34"),
        "-2.000": Decimal("-2"),
    },
    ("integer", "required = false"): {
        "4.0": 4,
        "4.00": 4,
        "-4.000": -4,
        "4.5": NOT_DIGITS,
        "4.05": NOT_DIGITS,
        "4e0": NOT_DIGITS,
    },
    ("decimal(9,2)", 'excess = "reject"'): {"2.340": NOT_DECIMAL, "2.34": Decimal("2.34")},
    ("integer", 'excess = "reject"'): {"4.0": NOT_DIGITS, "4": 4},
    ("decimal(5,2)", 'excess = "round"'): {
        "2.345": Altered("rounded", Decimal("2.35")),
        "-2.345": Altered("rounded", Decimal("-2.35")),
        "2.344": Altered("rounded", Decimal("2.34")),
        "999.995": RANGE,
        "0.005": Altered("rounded", Decimal("0.01")),
    },
    ("integer", 'excess = "round"'): {
        "4.5": Altered("rounded", 5),
        "-4.5": Altered("rounded", -5),
        "4.4999": Altered("rounded", 4),
    },
    ("decimal(9,2)", 'excess = "cut"'): {
        "2.349": Altered("cut", Decimal("2.34")),
        "-2.349": Altered("cut", Decimal("-2.34")),
        "2.3": Decimal("2.3"),
    },
    ("integer", 'excess = "cut"'): {"4.9": Altered("cut", 4), "-4.9": Altered("cut", -4)},
}
"""By type and settings: what stands in the file, and the value in the table, or why its row is rejected."""
