"""Lines around and between the rows of a table, with the rows, rejects and counts that come of each."""

from __future__ import annotations

from decimal import Decimal

from tests.cases.case import KEY, Bad, Layout

THREE = KEY + '\ntxt = { type = "varchar(100)" }\nmore = { type = "varchar(100)" }'
TEXT_KEY = 'id = { type = "varchar(10)", required = true }\ntxt = { type = "varchar(100)" }'
WIDE, NARROW, LINE = Bad(code=1202), Bad(code=1203), Bad(code=1216)
TRAILER = 'delimiter = "|"\ntrailer = { starts_with = "EOF|", count_field = 2 }'

LAYOUTS = (
    # ---- carriage returns: what is checked is what is loaded
    Layout(name="a return in a field", text="id,txt\n1,a\rb\n2,ok\n", rows=[(1, "a\rb"), (2, "ok")]),
    Layout(name="a return before CRLF", text="id,txt\r\n1,ab\r\r\n2,ok\r\n", rows=[(1, "ab\r"), (2, "ok")]),
    Layout(name="a return first in a field", text="id,txt\n1,\rb\n", rows=[(1, "\rb")]),
    Layout(name="a return between fields", text="id,txt,more\n1,a\r,b\n", columns=THREE, rows=[(1, "a\r", "b")]),
    Layout(name="a return in quotes", text='id,txt\n1,"a\rb"\n', rows=[(1, "a\rb")]),
    Layout(name="a return in a number", text="id,txt\n1\r,a\n2,b\n", rows=[(2, "b")], bad=[Bad(code=1207)]),
    Layout(name="returns alone", text="id,txt\n1,\r\r\r\n", rows=[(1, "\r\r")]),
    Layout(name="a return at the end of the file", text="id,txt\n1,a\r", rows=[(1, "a")]),
    # ---- trailers
    Layout(
        name="a trailer",
        dialect=TRAILER,
        text="id|txt\n1|a\n2|b\nEOF|2\n",
        rows=[(1, "a"), (2, "b")],
        left_out={"trailers": 1},
    ),
    Layout(
        name="a trailer without line end",
        dialect=TRAILER,
        text="id|txt\n1|a\nEOF|1",
        rows=[(1, "a")],
        left_out={"trailers": 1},
    ),
    Layout(name="no trailer", dialect=TRAILER, text="id|txt\n1|a\n2|b\n", refused="TRAILER_MISSING"),
    Layout(name="a trailer in the middle", dialect=TRAILER, text="id|txt\nEOF|1\n1|a\n", refused="TRAILER_MISSING"),
    Layout(name="a trailer that counts more", dialect=TRAILER, text="id|txt\n1|a\nEOF|2\n", refused="TOTALS_DIFFER"),
    Layout(
        name="a trailer without a number", dialect=TRAILER, text="id|txt\n1|a\nEOF|x\n", refused="TRAILER_MALFORMED"
    ),
    Layout(
        name="a trailer counts rejects",
        dialect=TRAILER,
        text="id|txt\n1|a\nx|b\nEOF|2\n",
        rows=[(1, "a")],
        bad=[Bad(code=1207)],
        left_out={"trailers": 1},
    ),
    *(
        Layout(
            name=f"a trailer's sum in the column's notation, {setting}",
            dialect='delimiter = ";"\ntrailer = { starts_with = "T;", count_field = 2, sum_fields = { n = 3 } }',
            columns=f'{KEY}\nn = {{ type = "decimal(9,2)", {setting} }}',
            text=f"id;n\n1;{value}\nT;1;{value}\n",
            rows=[(1, number)],
            left_out={"trailers": 1},
        )
        for setting, value, number in (
            ('decimal = ",", thousands = " "', "1\u00a0000,50", Decimal("1000.5")),
            ('thousands = ",", currency = ["$"]', "$1,000.50", Decimal("1000.5")),
            ('negative = "parentheses"', "(1.50)", Decimal("-1.5")),
        )
    ),
    Layout(
        name="blank lines behind a trailer",
        dialect=TRAILER,
        text="id|txt\n1|a\nEOF|1\n\n\n",
        rows=[(1, "a")],
        left_out={"trailers": 1, "blank_lines": 2},
    ),
    *(
        Layout(
            name=f"a comment behind a trailer, {end!r}",
            dialect=TRAILER + '\ncomment = "#"',
            text=f"id|txt\n1|a\nEOF|1{end}",
            rows=[(1, "a")],
            left_out={"trailers": 1} | counted,
        )
        for end, counted in (
            ("\n# made by", {"comments": 1}),
            ("\r\n#\r\n\r\n# made\r\n \t\r\n", {"comments": 2, "blank_lines": 2}),
            ("\n#EOF|2\n\x1a\n\n", {"comments": 1, "blank_lines": 1, "eof_marks": 1}),
        )
    ),
    Layout(
        name="a trailer that begins like a comment",
        dialect='delimiter = "|"\ncomment = "#"\ntrailer = { starts_with = "#EOF|", count_field = 2 }',
        text="id|txt\n1|a\n#EOF|1\n# made by\n",
        rows=[(1, "a")],
        left_out={"trailers": 1, "comments": 1},
    ),
    Layout(
        name="a mark, and blank lines behind it",
        text="id,txt\n1,a\n\x1a\n\n\n",
        rows=[(1, "a")],
        left_out={"blank_lines": 2, "eof_marks": 1},
    ),
    Layout(
        name="a comment for a trailer",
        dialect=TRAILER + '\ncomment = "#"',
        text="id|txt\n#EOF|0\n",
        refused="TRAILER_MISSING",
    ),
    # ---- bytes that are no text
    *(
        Layout(
            name=f"bytes that are no text, {dialect}",
            dialect=dialect,
            text=b"id,txt\n1,a\xffb\xfe\xef\xbf\xbd\nx,\xff\n",
            rows=[(1, text)],
            bad=[Bad(code=1207)],
            left_out=left_out,
            altered=altered,
        )
        for dialect, text, left_out, altered in (
            ('invalid = "strip"', "ab\ufffd", {"invalid_bytes": 3}, {}),
            ('invalid = "replace"', "a\ufffdb\ufffd\ufffd", {}, {"replaced": 3}),
        )
    ),
    *(
        Layout(
            name=f"NUL characters, {encoding}",
            dialect=f'nul = "strip"\nencoding = "{encoding}"',
            text="id,txt\n1,a\0b\0\n\0x,c\n".encode(encoding),
            rows=[(1, "ab")],
            bad=[Bad(code=1207)],
            left_out={"nuls": 3},
        )
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
    ),
    # ---- headers again
    Layout(
        name="a header again",
        text="id,txt\n1,a\nid,txt\n2,b\n",
        columns=TEXT_KEY,
        rows=[("1", "a"), ("2", "b")],
        bad=[Bad(code=0, reason="header")],
    ),
    Layout(
        name="a header again over numbers",
        text="id,txt\n1,a\nID , txt\n2,b\n",
        rows=[(1, "a"), (2, "b")],
        bad=[Bad(code=0, reason="header")],
    ),
    Layout(
        name="a header again over numbers, skipped",
        dialect='repeated_header = "skip"',
        text="id,txt\n1,a\nid,txt\nid,b\n",
        rows=[(1, "a")],
        bad=[Bad(code=1207)],
        left_out={"repeated_headers": 1},
    ),
    Layout(
        name="a header again, skipped",
        dialect='repeated_header = "skip"',
        text="id,txt\n1,a\nid,txt\n2,b\nid,txt\n",
        columns=TEXT_KEY,
        rows=[("1", "a"), ("2", "b")],
        left_out={"repeated_headers": 2},
    ),
    Layout(
        name="almost a header",
        dialect='repeated_header = "skip"',
        text="id,txt\n1,a\nid,text\n",
        columns=TEXT_KEY,
        rows=[("1", "a"), ("id", "text")],
    ),
    Layout(
        name="a header again behind a mark",
        dialect='repeated_header = "skip"',
        text="\ufeffid,txt\na,b\n\ufeffid,txt\nc,d\n\ufeffe,f\n",
        columns=TEXT_KEY,
        rows=[("a", "b"), ("c", "d"), ("\ufeffe", "f")],
        left_out={"repeated_headers": 1},
    ),
    Layout(
        name="a header again behind blanks",
        text="id,txt\na,b\n  id,_ txt\n ,_\n",
        columns=TEXT_KEY,
        rows=[("a", "b"), (" ", "_")],
        bad=[Bad(code=0, reason="header")],
    ),
    # ---- values that need quotes once they are rewritten, in a file without quotes
    *(
        Layout(
            name=f"a value rewritten with the delimiter {delimiter!r}",
            dialect=f'delimiter = "{delimiter}"',
            columns=f"{KEY}\nv = {{ {settings} }}",
            text=f"id{delimiter}v\n1{delimiter}{value}\n",
            rows=[(1, loaded)],
        )
        for delimiter, settings, value, loaded in (
            (" ", 'type = "timestamp", format = "epochsecs"', "1924992000", "2031-01-01 00:00:00"),
            (":", 'type = "time", format = "HH24.MI"', "09.05", "09:05:00"),
            (".", 'type = "decimal(9,2)", decimal = ","', "7,25", Decimal("7.25")),
            ("-", 'type = "decimal(9,2)", negative = "parentheses"', "(5)", Decimal(-5)),
            ("+", 'type = "timestamptz", timezone = "Europe/Oslo"', "2031-01-04 10:00:00", "2031-01-04 10:00:00+01:00"),
        )
    ),
    # ---- lines around the table
    Layout(
        name="sep=", dialect='delimiter = ";"', text="sep=;\nid;txt\n1;a\n", rows=[(1, "a")], left_out={"sep_lines": 1}
    ),
    Layout(
        name="sep= with CRLF and quotes",
        dialect='delimiter = ";"',
        text='"sep=;"\r\nid;txt\r\n1;a\r\n',
        rows=[(1, "a")],
        left_out={"sep_lines": 1},
    ),
    Layout(
        name="units below the header",
        dialect="skip_after_header = 1",
        text="id,txt\n(no),(kg)\n1,a\n",
        rows=[(1, "a")],
        left_out={"lines_after_header": 1},
    ),
    Layout(name="an end mark", text=b"id,txt\n1,a\n\x1a", rows=[(1, "a")], left_out={"eof_marks": 1}),
    Layout(name="an end mark behind CRLF", text=b"id,txt\r\n1,a\r\n\x1a", rows=[(1, "a")], left_out={"eof_marks": 1}),
    Layout(name="a byte 1A within", text=b"id,txt\n1,a\x1ab\n", rows=[(1, "a\x1ab")]),
    Layout(
        name="a blank line before the header",
        text="\nid,txt\n1,a\n",
        rows=[(1, "a")],
        left_out={"lines_before_header": 1},
    ),
    Layout(
        name="blank lines before the header, CRLF",
        text="\r\n\r\nid,txt\r\n1,a\r\n",
        rows=[(1, "a")],
        left_out={"lines_before_header": 2},
    ),
    Layout(
        name="only a comment",
        dialect='comment = "#"\nheader = false',
        limits="min_rows = 0",
        text="# nothing today",
        left_out={"lines_before_header": 1},
    ),
    Layout(
        name="only a preamble, no header",
        dialect="preamble_lines = 1\nheader = false",
        limits="min_rows = 0",
        text="report of today",
        left_out={"lines_before_header": 1},
    ),
    Layout(
        name="a comment last, without line end",
        dialect='comment = "#"',
        text="id,txt\n1,a\n# end",
        rows=[(1, "a")],
        left_out={"comments": 1},
    ),
    # ---- files without rows
    Layout(name="only a header", text="id,txt\n", refused="TOO_FEW_ROWS"),
    Layout(name="only a header, allowed", limits="min_rows = 0", text="id,txt\n"),
    Layout(name="fewer rows than agreed", limits="min_rows = 3", text="id,txt\n1,a\n2,b\n", refused="TOO_FEW_ROWS"),
    # ---- keys, documents
    Layout(name="keys that differ in blanks", columns=TEXT_KEY, text='id,txt\nA,1\n"A ",2\n', rows=[("A ", "2")]),
    Layout(
        name="keys that differ in a tab", columns=TEXT_KEY, text="id,txt\nA,1\nA\t,2\n", rows=[("A", "1"), ("A\t", "2")]
    ),
    Layout(
        name="a long text in a document",
        columns=KEY + '\ntxt = { type = "super" }',
        text='id,txt\n1,"{""s"": ""' + "x" * 70_000 + '""}"\n2,1\n',
        rows=[(2, "1")],
        bad=[Bad(code=1204)],
    ),
    Layout(
        name="a text of 65,535 bytes in a document",
        columns=KEY + '\ntxt = { type = "super" }',
        text='id,txt\n1,"""' + "x" * 65_535 + '"""\n',
        rows=[(1, '"' + "x" * 65_535 + '"')],
    ),
)
