"""Workbooks, with the rows, rejects and counts that come of each."""

from __future__ import annotations

from decimal import Decimal

from tests.cases.case import KEY, Bad, Layout
from tests.support.workbooks import (
    ERROR,
    FORMULA,
    Xml,
    merged,
    numbered,
    parts,
    sheet,
    styled,
    workbook,
    zipped,
)

TOP = 'format = "xlsx"'
HEAD = ("id", "txt")
TYPED = (
    f'{KEY}\nd = {{ type = "date" }}\nm = {{ type = "timestamp" }}\nt = {{ type = "time" }}\n'
    'n = { type = "decimal(18,4)" }\nb = { type = "boolean" }'
)
TYPES = ("id", "d", "m", "t", "n", "b")


def _two(*states: str) -> bytes:
    first, second = sheet(numbered(HEAD, (1, "a"))), sheet(numbered(HEAD, (2, "b")))
    return zipped(parts(first, second, names=("First", "Two"), states=states))


def _typed(called: str, *row: object, more: object = None, **things: object) -> Layout:
    """A row of each type."""
    return Layout(name=called, top=TOP, columns=TYPED, text=workbook(TYPES, row, **things), **(more or {}))  # type: ignore[arg-type]


LAYOUTS = (
    # ---- values
    Layout(
        name="texts of a workbook",
        top=TOP,
        text=workbook(HEAD, (1, "00123"), (2, ' a "b", c\nd '), (3, "NULL"), (4, None), (5, "é\U0001f600")),
        rows=[(1, "00123"), (2, ' a "b", c\nd '), (3, "NULL"), (4, None), (5, "é\U0001f600")],
    ),
    Layout(
        name="an empty text of a workbook",
        top=TOP,
        dialect='empty = "text"',
        text=workbook(HEAD, (1, ""), (2, None)),
        rows=[(1, ""), (2, None)],
    ),
    Layout(
        name="texts that cells share",
        top=TOP,
        text=workbook(
            HEAD,
            (1, Xml('<c r="@" t="s"><v>0</v></c>')),
            (2, Xml('<c r="@" t="s"><v>1</v></c>')),
            strings=("<r><t>ri</t></r><r><t>ch</t></r><rPh sb='0' eb='1'><t>no</t></rPh>", "<t>a_x000D_b_x005F_x</t>"),
        ),
        rows=[(1, "rich"), (2, "a\rb_x")],
    ),
    _typed(
        "values of a workbook by their number formats",
        1,
        styled(45413, 1),
        styled("45413.572916666664", 2),
        styled("0.25", 3),
        styled("0.10000000000000001", 5),
        True,
        more={"rows": [(1, "2024-05-01", "2024-05-01 13:45:00", "06:00:00", Decimal("0.1"), True)]},
    ),
    _typed(
        "dates of a workbook from 1904",
        1,
        styled(43951, 1),
        styled(43951, 2),
        None,
        Xml('<c r="@"><v>1.5E3</v></c>'),
        False,
        settings='<workbookPr date1904="1"/>',
        more={"rows": [(1, "2024-05-01", "2024-05-01 00:00:00", None, Decimal(1500), False)]},
    ),
    _typed(
        "a day of a workbook that does not exist", 1, styled(60, 1), more={"bad": [Bad(code=0, reason="29 February")]}
    ),
    _typed(
        "a negative day of a workbook", 1, styled(-1, 1), more={"bad": [Bad(code=0, reason="outside of the dates")]}
    ),
    _typed("a number for a date in a workbook", 1, 45413, more={"bad": [Bad(code=1205, reason="(Orders!B2)")]}),
    _typed("a time for a date in a workbook", 1, styled("45413.5", 1), more={"bad": [Bad(code=1205)]}),
    Layout(
        name="a duration in a workbook",
        top=TOP,
        text=workbook(HEAD, (1, styled("1.5", 4)), (2, styled("0.000011574", 3))),
        rows=[(1, "36:00:00"), (2, "00:00:01")],
    ),
    Layout(
        name="numbers in a text column of a workbook",
        top=TOP,
        text=workbook(
            HEAD,
            (1, 1.0),
            (2, 12345678901234567890),
            (3, Xml('<c r="@"><v>1E+20</v></c>')),
            (4, Xml('<c r="@"><v>-0.0</v></c>')),
            (5, Xml('<c r="@"><v>9.9999999999999995E-8</v></c>')),
            (6, 0.1 + 0.2),
        ),
        rows=[
            (1, "1"),
            (2, "12345678901234567890"),
            (3, "100000000000000000000"),
            (4, "0"),
            (5, "0.0000001"),
            (6, "0.30000000000000004"),
        ],
    ),
    # ---- cells without a value
    Layout(
        name="an error in a workbook",
        top=TOP,
        text=workbook(HEAD, (1, ERROR), (2, "ok"), (ERROR, FORMULA), (4, "#N/A")),
        rows=[(2, "ok"), (4, "#N/A")],
        bad=[Bad(code=0, reason="txt is the error #DIV/0!"), Bad(code=0, reason="(Orders!A4)")],
    ),
    Layout(
        name="formulas of a workbook",
        top=TOP,
        text=workbook(
            HEAD,
            (1, FORMULA),
            (2, Xml('<c r="@"><f>1+1</f><v>2</v></c>')),
            (3, Xml('<c r="@" t="str"><f>A1</f><v></v></c>')),
            (4, Xml('<c r="@"><f>A1</f></c>')),
            (5, Xml('<c r="@" t="str"><f>A1</f></c>')),
            (6, Xml('<c r="@"><f>0</f><v>0</v></c>')),
        ),
        rows=[(2, "2"), (3, None), (6, "0")],
        bad=[Bad(code=0, reason="is a formula without a value")] * 3,
    ),
    Layout(
        name="a workbook whose formulas were never calculated",
        top=TOP,
        text=workbook(
            HEAD,
            (1, Xml('<c r="@"><f>1+1</f><v>0</v></c>')),
            (2, Xml('<c r="@"><f>1+1</f><v>2</v></c>')),
            (3, 0),
            settings='<calcPr fullCalcOnLoad="1"/>',
        ),
        rows=[(2, "2"), (3, "0")],
        bad=[Bad(code=0, reason="is a formula without a value")],
    ),
    Layout(
        name="merged cells in a workbook",
        top=TOP,
        text=workbook(HEAD, (1, "a"), (2, None), (3, "c"), after=merged("B2:B3", "D1:E9", "A9:B9")),
        rows=[(1, "a"), (3, "c")],
        bad=[Bad(code=0, reason="merged cells, which have one value in their first cell; unmerge them (Orders!B3)")],
    ),
    # ---- rows and columns
    Layout(
        name="blank rows of a workbook",
        top=TOP,
        text=workbook(HEAD, (), (1, "a"), (), (), ("x", "b"), (None, None), (2, "c")),
        rows=[(1, "a"), (2, "c")],
        bad=[Bad(code=1207, reason="(Orders!A6)")],
        left_out={"blank_lines": 4},
    ),
    Layout(
        name="rows of a workbook with lines in cells",
        top=TOP,
        limits="chunk_mb = 0.001",
        text=workbook(("id", "t\nxt"), *((n, "a\nb\n" * 9) for n in range(99)), ("x\ny", "b")),
        columns=KEY + '\ntxt = { type = "varchar(100)", aliases = ["t xt"] }',
        rows=[(n, "a\nb\n" * 9) for n in range(99)],
        bad=[Bad(code=1207, reason="(Orders!A101)")],
    ),
    Layout(
        name="a workbook whose table begins elsewhere",
        top=TOP,
        dialect='[sheet]\nname = "orders"\nheader_row = 3',
        text=workbook(("A title",), (), (None, "id", None, "txt"), (None, 1, None, "a"), (None, "x", None, "b")),
        rows=[(1, "a")],
        bad=[Bad(code=1207, reason="(Orders!B5)")],
        left_out={"lines_before_header": 2},
    ),
    Layout(
        name="values of a workbook outside of its columns",
        top=TOP,
        text=workbook(("id", None, "txt"), (1, None, "a"), (2, "?", "b"), (3, None, "c", None, "?"), (4, "", "d")),
        rows=[(1, "a"), (4, "d")],
        bad=[
            Bad(code=1202, reason="has a value in column B, which has no name in row 1; "),
            Bad(code=1202, reason="column E"),
        ],
    ),
    Layout(
        name="columns of a workbook that are ignored",
        top=f'{TOP}\nextra_columns = "ignore"',
        text=workbook(("id", "what", "txt"), (1, ERROR, "a"), (2, "x", ERROR), (3, FORMULA, FORMULA)),
        rows=[(1, "a")],
        bad=[Bad(code=0, reason="(Orders!C3)"), Bad(code=0, reason="(Orders!C4)")],
    ),
    Layout(
        name="columns of a workbook that are rescued",
        top=f'{TOP}\nextra_columns = "rescue"',
        text=workbook(("id", "what", "txt"), (1, 'a "b"', "a"), (2, ERROR, "b"), (3, None, "c")),
        rows=[(1, "a", '{"what": "a \\"b\\""}'), (3, "c", '{"what": null}')],
        bad=[Bad(code=0, reason="_rescued is the error #DIV/0!")],
    ),
    Layout(
        name="a row of a workbook that is too long",
        top=TOP,
        limits="max_record_bytes = 1000",
        text=workbook(HEAD, (1, "a\n" * 600), (2, "ok")),
        rows=[(2, "ok")],
        bad=[Bad(code=1216, reason="longer than limits.max_record_bytes (1000)")],
    ),
    Layout(
        name="a workbook with half a character",
        top=TOP,
        text=workbook(HEAD, (1, "a_xD800_"), (2, "_x0000_"), (3, "ok")),
        rows=[(3, "ok")],
        bad=[Bad(code=1220), Bad(code=1218)],
    ),
    # ---- sheets and files
    Layout(
        name="a sheet of a workbook by name",
        top=TOP,
        dialect='[sheet]\nname = "Two"',
        text=_two(),
        rows=[(2, "b")],
    ),
    Layout(name="the visible sheet of a workbook", top=TOP, text=_two("hidden"), rows=[(2, "b")]),
    Layout(name="two sheets of a workbook", top=TOP, text=_two(), refused="SHEET_MISSING"),
    Layout(
        name="no such sheet in a workbook",
        top=TOP,
        dialect='[sheet]\nname = "x"',
        text=_two(),
        refused="SHEET_MISSING",
    ),
    Layout(name="a workbook without names", top=TOP, text=workbook((), HEAD, (1, "a")), refused="HEADER_MISSING"),
    Layout(name="a workbook without cells", top=TOP, text=workbook(), refused="HEADER_MISSING"),
    Layout(
        name="an error among the names of a workbook", top=TOP, text=workbook(("id", ERROR)), refused="HEADER_MALFORMED"
    ),
    Layout(
        name="other names in a workbook", top=TOP, text=workbook(("id", "zzz"), (1, "a")), refused="HEADER_MISMATCH"
    ),
    Layout(name="CSV for a workbook", top=TOP, text="id,txt\n1,a\n", refused="WRONG_FORMAT"),
    Layout(name="a zip for a workbook", top=TOP, text=zipped({"a.csv": "id,txt\n"}), refused="WRONG_FORMAT"),
    Layout(name="a workbook for CSV", text=workbook(HEAD, (1, "a")), refused="WRONG_FORMAT"),
)
