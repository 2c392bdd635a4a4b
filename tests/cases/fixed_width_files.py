"""Lines of fixed width as people send them, with the rows, rejects and counts that come of each."""

from __future__ import annotations

import gzip
from decimal import Decimal

from tests.cases.case import Bad, Layout

FORMAT = 'format = "fixed_width"'
ID = 'id = { type = "bigint", required = true, start = 1, width = 4 }\n'
TXT = ID + 'txt = { type = "varchar(20)", start = 5, width = 6 }\n'
MONEY = TXT + 'paid = { type = "decimal(9,2)", start = 11, width = 7, implied_decimals = 2, negative = "trailing" }\n'
DAY = ID + 'day = { type = "date", start = 5, width = 8, format = "YYYYMMDD", null = ["00000000"] }\n'
RIGHT = ID + 'code = { type = "varchar(6)", start = 5, width = 6, padding = "0", align = "right" }\n'
ONE, TWO = (1, "a"), (2, "b")
SHORT, LONG, BROKEN = Bad(code=1203), Bad(code=1202), Bad(code=1220)
RECORDS = 'unit = "bytes"\nrecord_length = 10'


def _case(name: str, text: str | bytes, columns: str = TXT, top: str = "", **more: object) -> Layout:
    return Layout(
        name=f"fixed width: {name}", text=text, columns=columns, top=f"{FORMAT}\n{top}", **more  # type: ignore[arg-type]
    )  # fmt: skip


LAYOUTS = (
    # ---- lines
    _case("lines that end with LF", "   1a     \n   2b     \n", rows=[ONE, TWO]),
    _case("lines that end with CRLF", "   1a     \r\n   2b     \r\n", rows=[ONE, TWO]),
    _case("lines that end with CR", "   1a     \r   2b     \r", dialect='newline = "cr"', rows=[ONE, TWO]),
    _case("no line end at the end", "   1a     \n   2b     ", rows=[ONE, TWO]),
    _case("a byte order mark", b"\xef\xbb\xbf   1a     \n", rows=[ONE]),
    _case("an end-of-file mark", "   1a     \n\x1a", rows=[ONE], left_out={"eof_marks": 1}),
    _case("blank lines", "   1a     \n\n\r\n   2b     \n", rows=[ONE, TWO], left_out={"blank_lines": 2}),
    _case("packed", gzip.compress(b"   1a     \n"), rows=[ONE]),
    _case("an empty file", "", refused="EMPTY_FILE"),
    _case("a page of HTML", "<!DOCTYPE html>\n<html></html>\n", refused="WRONG_FORMAT"),
    _case("blanks behind the last column", "   1a            \n", rows=[ONE]),
    _case("text behind the last column", "   1a     x\n   2b     \n", rows=[TWO], bad=[LONG]),
    _case("text there that is ignored", "   1a     x\n", top='extra_columns = "ignore"', rows=[ONE]),
    _case(
        "a line that is cut", "   1a     \n   2b\n", rows=[ONE],
        bad=[Bad(code=1203, reason="txt is cut: the line ends at position 5, the column has 5 to 10; if trailing")],
    ),
    _case(
        "a line without a column", "   1a     \n   2\n", rows=[ONE],
        bad=[Bad(code=1203, reason="txt is missing: the line ends at position 4")],
    ),
    _case("blanks that an editor left out", "   1a\n   2\n", dialect='short_rows = "fill"', rows=[ONE, (2, None)],
          altered={"filled": 1}),
    _case("a number that is cut", "   1a       500\n   2b     00005\n", MONEY, dialect='short_rows = "fill"',
          bad=[Bad(code=1203, reason="paid is cut"), Bad(code=1203, reason="paid is cut")]),
    # ---- values
    _case("columns that touch", "0001abcdef0001250\n0002abcdef000125-\n", MONEY,
          rows=[(1, "abcdef", Decimal("12.5")), (2, "abcdef", Decimal("-1.25"))]),
    _case("quotes and commas are text", '   1a,"b" \n', rows=[(1, 'a,"b"')]),
    _case("blank is NULL", "   1      \n", rows=[(1, None)]),
    _case("blank is the empty text", "   1      \n", dialect='empty = "text"', rows=[(1, "")]),
    _case("words for NULL", "   1NULL  \n   2n/a   \n", dialect='null = ["NULL", "n/a"]', rows=[(1, None), (2, None)]),
    _case("a blank key", "    a     \n   2b     \n", rows=[TWO], bad=[Bad(code=1213)]),
    _case("blanks in front of a text", "   1  a   \n", rows=[(1, "  a")]),
    _case("another padding", "00010000a1\n00020000 0\n0003      \n000400000a\n", RIGHT,
          rows=[(1, "a1"), (2, " 0"), (3, None), (4, "a")]),
    _case("dates of digits", "000120260131\n000200000000\n000320261301\n", DAY, rows=[(1, "2026-01-31"), (2, None)],
          bad=[Bad(code=1205)]),
    _case("a filler", "   1***a     \n", ID + 'txt = { type = "varchar(20)", start = 8, width = 6 }', rows=[ONE]),
    _case("a NUL in a column", "   1a\0    \n   2b     \n", rows=[TWO], bad=[Bad(code=1218, reason="txt has a NUL")]),
    _case("NULs that are stripped", "   1a\0     \n", dialect='nul = "strip"', rows=[ONE], left_out={"nuls": 1}),
    # ---- characters and bytes
    _case("characters", "   1Zoë   \n   2日本語   \n", rows=[(1, "Zoë"), (2, "日本語")]),
    _case("Latin-1", "   1Zoë   \n".encode("latin-1"), dialect='encoding = "latin-1"', rows=[(1, "Zoë")]),
    _case("UTF-16", "   1Zoë   \n".encode("utf-16"), rows=[(1, "Zoë")]),
    _case("a line that is not UTF-8", b"   1Zo\xeb   \n   2b     \n", rows=[TWO], bad=[BROKEN]),
    _case("bytes", "   1Zoë  \n", dialect='unit = "bytes"', rows=[(1, "Zoë")]),
    _case("a character across a bound", "   1abcdeë\n", dialect='unit = "bytes"', bad=[LONG]),
    _case("a character that is cut", "   1abcdeë\n", dialect='unit = "bytes"', top='extra_columns = "ignore"',
          bad=[Bad(code=1220, reason="begins or ends within a character")]),
    # ---- records without line ends
    _case("records", "   1a        2b     ", dialect=RECORDS, rows=[ONE, TWO]),
    _case("records, and a line end at the end", "   1a        2b     \n", dialect=RECORDS, rows=[ONE, TWO],
          left_out={"blank_lines": 1}),
    _case("records with line ends in them", "   1a\nb      2b     ", dialect=RECORDS, rows=[(1, "a\nb"), TWO]),
    _case("records, the last one cut", "   1a        2b", dialect=RECORDS, rows=[ONE], bad=[SHORT]),
    _case(
        "records between others", "H202601   " "   1a     " "   2b     " "T000000002", rows=[ONE, TWO],
        dialect=RECORDS + '\npreamble_lines = 1\ntrailer = { starts_with = "T", widths = [1, 9], count_field = 2 }',
        left_out={"lines_before_header": 1, "trailers": 1},
    ),
    # ---- around the rows
    _case("comments", "#x\n   1a     \n# y\n", dialect='comment = "#"', rows=[ONE],
          left_out={"lines_before_header": 1, "comments": 1}),
    _case("a header", "ID  TXT   \n   1a     \n", dialect="preamble_lines = 1", rows=[ONE],
          left_out={"lines_before_header": 1}),
    _case("a header that is read", "ID  TXT   \n   1a     \n", rows=[ONE], bad=[Bad(code=1207)]),
    _case("records without a value", "          \n   1a     \n", dialect='empty_records = "skip"', rows=[ONE],
          left_out={"empty_records": 1}),
    _case("a trailer without its rows", "   1a     \nT0002\n", refused="TOTALS_DIFFER",
          dialect='trailer = { starts_with = "T", widths = [1, 4], count_field = 2 }'),
    _case("a trailer with a sum", "   1a     0001250\nT0001  1250\n", MONEY, rows=[(1, "a", Decimal("12.5"))],
          dialect='trailer = { starts_with = "T", widths = [1, 4, 6], count_field = 2, sum_fields = { paid = 3 } }',
          left_out={"trailers": 1}),
    _case("a trailer with another sum", "   1a     0001250\nT0001  1251\n", MONEY, refused="TOTALS_DIFFER",
          dialect='trailer = { starts_with = "T", widths = [1, 4, 6], sum_fields = { paid = 3 } }'),
    _case("a trailer that is cut", "   1a     \nT\n", refused="TRAILER_MALFORMED",
          dialect='trailer = { starts_with = "T", widths = [1, 4], count_field = 2 }'),
)  # fmt: skip
