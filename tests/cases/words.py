"""Words, booleans and texts as people write them: what is written, and what the table holds then."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tests.cases.case import Altered, Bad

NOT_DIGITS, NOT_BOOLEAN, NO_DATE, EMPTY = Bad(code=1207), Bad(code=1210), Bad(code=1205), Bad(code=1213)

VALUES: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("varchar(20)", 'null = ["NA", "0000-00-00"]'): {
        "NA": None,
        "Namibia": "Namibia",
        "na": "na",
        "0000-00-00": None,
        "N": "N",
    },
    ("integer", 'null = ["-", "n/a"]'): {"-": None, "n/a": None, "5": 5, "-5": -5, "--": NOT_DIGITS},
    ("varchar(10)", 'spreadsheet_text = true, trim = "blanks"'): {" \0": Bad(code=1218), '="7"': "7"},
    ("date", 'null = ["0000-00-00"]'): {"0000-00-00": None, "2031-07-04": "2031-07-04", "0000-00-01": NO_DATE},
    ("integer", 'null = ["NA"], required = true'): {"NA": EMPTY, "1": 1},
    ("boolean", 'true = ["Ja", "active", "\\u0001"], false = ["Nein", "inactive", "\\u0002"]'): {
        "Ja": True,
        "Nein": False,
        "active": True,
        "inactive": False,
        "\x01": True,
        "\x02": False,
        "vielleicht": NOT_BOOLEAN,
        "": None,
    },
    ("integer", 'trim = "blanks"'): {
        " 12 ": 12,
        "  -3": -3,
        "\u00a012": Bad(code=1207, reason="U+00A0"),
        "   ": None,
        "1 2": NOT_DIGITS,
    },
    ("integer", 'trim = "unicode"'): {"\u00a012\u2003": 12, " 12\t": 12, "1\u00a02": NOT_DIGITS},
    ("integer", "required = true"): {
        " 12": NOT_DIGITS,
        "\u200b12": Bad(code=1207, reason="U+200B"),
        "1,250": Bad(code=1207, reason="comma"),
    },
    ("varchar(20)", 'trim = "blanks"'): {"  x  ": "x", "x y ": "x y", "\u00a0x": "\u00a0x"},
    ("varchar(4)", 'too_long = "cut"'): {
        "abcdef": Altered("cut", "abcd"),
        "aäöü": Altered("cut", "aä"),
        "äöü": Altered("cut", "äö"),
        "abcd": "abcd",
        "ab😀": Altered("cut", "ab"),
    },
    ("varchar(10)", "spreadsheet_text = true"): {
        '="00421"': "00421",
        '"=""00421"""': "00421",
        "00421": "00421",
        "=1+1": "=1+1",
    },
    ("decimal(9,2)", "spreadsheet_text = true"): {
        '="1.50"': Decimal("1.5"),
        '="x"': Bad(code=1209, reason="letters"),
        '="1\0"': Bad(code=1216),
        '"\0x"': Bad(code=1218),
    },
    ("date", "spreadsheet_text = true"): {'="31.1.2026"': Bad(code=1205)},
}
"""By type and settings: what stands in the file, and the value in the table, or why its row is rejected."""
