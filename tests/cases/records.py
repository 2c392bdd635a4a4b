"""Records as people lay them out, with the rows, rejects and counts that come of each."""

from __future__ import annotations

from tests.cases.case import KEY, Bad, Layout

THREE = KEY + '\ntxt = { type = "varchar(100)" }\nmore = { type = "varchar(100)" }'
TEXT_KEY = 'id = { type = "varchar(10)", required = true }\ntxt = { type = "varchar(100)" }'
WIDE, NARROW, LINE = Bad(code=1202), Bad(code=1203), Bad(code=1216)
NOTES = ("null", '"c"', '"b"')
TRAILER = 'delimiter = "|"\ntrailer = { starts_with = "EOF|", count_field = 2 }'

LAYOUTS = (
    # ---- delimiters at the end, short and empty records
    Layout(
        name="a trailing delimiter",
        dialect="trailing_delimiter = true",
        text="id,txt,\n1,a,\n2,b,\n",
        rows=[(1, "a"), (2, "b")],
    ),
    Layout(
        name="text behind the trailing delimiter",
        dialect="trailing_delimiter = true",
        text="id,txt,\n1,a,x\n2,b,\n",
        rows=[(2, "b")],
        bad=[WIDE],
    ),
    Layout(
        name="rows alone end with a delimiter",
        dialect="trailing_delimiter = true",
        text="id,txt\n1,a,\n2,b,\n",
        rows=[(1, "a"), (2, "b")],
    ),
    Layout(
        name="a trailing delimiter unannounced",
        text="id,txt\n1,a,\n2,b\n",
        rows=[(2, "b")],
        bad=[Bad(code=1202, reason="ends with a delimiter")],
    ),
    Layout(
        name="empty records",
        dialect='empty_records = "skip"',
        text="id,txt\n,\n1,a\n,\n",
        rows=[(1, "a")],
        left_out={"empty_records": 2},
    ),
    Layout(name="empty records unannounced", text="id,txt\n,\n1,a\n", rows=[(1, "a")], bad=[Bad(code=1213)]),
    Layout(
        name="short rows",
        dialect='short_rows = "fill"',
        text="id,txt,more\n1,a\n2,b,c\n3\n",
        columns=THREE,
        rows=[(1, "a", None), (2, "b", "c"), (3, None, None)],
        altered={"filled": 3},
    ),
    *(
        Layout(
            name=f"short rows without their last delimiter{how}",
            dialect=f'short_rows = "fill"\ntrailing_delimiter = true{setting}',
            text="id,txt,more,\n1,a,b\n2,b,c,\n3,a\n",
            columns=THREE,
            rows=[(1, "a", "b"), (2, "b", "c"), (3, "a", None)],
            altered={"filled": 1},
        )
        for how, setting in (("", ""), (", one by one", '\ndelimiter = ","\nempty = "text"\nnull = [""]'))
    ),
    *(
        Layout(
            name=f"short rows in a file with a column that is not loaded, {extra}",
            top=f'extra_columns = "{extra}"',
            dialect='short_rows = "fill"',
            text="id,txt,note,more\n1,a\n2,b,c,d\n3,a,b\n",
            columns=THREE,
            rows=[(1, "a", None, *notes[:1]), (2, "b", "d", *notes[1:2]), (3, "a", None, *notes[2:])],
            altered={"filled": filled},
        )
        for extra, filled, notes in (("ignore", 2, []), ("rescue", 3, [f'{{"note": {n}}}' for n in NOTES]))
    ),
    Layout(
        name="long rows stay bad",
        dialect='short_rows = "fill"',
        text="id,txt,more\n1,a,b,c\n2,b,c\n",
        columns=THREE,
        rows=[(2, "b", "c")],
        bad=[WIDE],
    ),
    Layout(
        name="short rows unannounced",
        text="id,txt,more\n1,a\n2,b,c\n",
        columns=THREE,
        rows=[(2, "b", "c")],
        bad=[NARROW],
    ),
    # ---- quotes
    Layout(
        name="a blank before a quote",
        dialect="blank_before_quote = true",
        text='id,txt\n1, "a,b"\n2,  "c"\n3,x\n',
        rows=[(1, "a,b"), (2, "c"), (3, "x")],
    ),
    Layout(name="a blank before a quote unannounced", text='id,txt\n1, "a,b"\n2,c\n', rows=[(2, "c")], bad=[LINE]),
)
