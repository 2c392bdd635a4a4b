"""JSON files as people send them, with the rows, rejects and counts that come of each."""

from __future__ import annotations

from decimal import Decimal

from tests.cases.case import KEY, Bad, Layout

FORMAT = 'format = "json"'
TXT = KEY + '\ntxt = { type = "varchar(40)" }'
WIDE = KEY + '\namount = { type = "decimal(12,4)" }\npaid = { type = "boolean" }\nday = { type = "date" }'
CITY = KEY + '\ncity = { type = "varchar(20)", path = "address.city" }'
NESTED = CITY + '\nlat = { type = "real", path = "address.at.lat" }'
OPEN = KEY + '\ntxt = { type = "varchar(40)" }\ndoc = { type = "super" }'
DATED = KEY + '\nday = { type = "date", format = "D.M.YYYY" }\nn = { type = "integer", thousands = "_", null = ["-"] }'
ONE, TWO = (1, "a"), (2, "b")
BROKEN, WRONG, STRANGE = Bad(code=1216), Bad(code=1224), Bad(code=1202)


def _case(name: str, text: str | bytes, columns: str = TXT, top: str = "", **more: object) -> Layout:
    return Layout(name=f"JSON: {name}", text=text, columns=columns, top=f"{FORMAT}\n{top}", **more)  # type: ignore[arg-type]


LAYOUTS = (
    # ---- how objects follow each other
    _case("an object a line", '{"id":1,"txt":"a"}\n{"id":2,"txt":"b"}\n', rows=[ONE, TWO]),
    _case("no line end at the end", '{"id":1,"txt":"a"}\n{"id":2,"txt":"b"}', rows=[ONE, TWO]),
    _case("lines that end with CRLF", '{"id":1,"txt":"a"}\r\n{"id":2,"txt":"b"}\r\n', rows=[ONE, TWO]),
    _case("blank lines", '\n\n{"id":1,"txt":"a"}\n\n \n{"id":2,"txt":"b"}\n\n', rows=[ONE, TWO]),
    _case("objects without anything between", '{"id":1,"txt":"a"}{"id":2,"txt":"b"}', rows=[ONE, TWO]),
    _case("an array", '[{"id":1,"txt":"a"},{"id":2,"txt":"b"}]', rows=[ONE, TWO]),
    _case("an indented array", '[\n  {\n   "id": 1,\n    "txt": "a"\n  },\n  {"id":2,"txt":"b"}\n]\n', rows=[ONE, TWO]),
    _case("a byte order mark", b'\xef\xbb\xbf[{"id":1,"txt":"a"}]', rows=[ONE]),
    _case("an array without its end", '[{"id":1,"txt":"a"},{"id":2,"txt":"b"}', refused="UNCLOSED_ARRAY"),
    _case("an empty array", "[]", refused="TOO_FEW_ROWS"),
    _case("CSV", "id,txt\n1,a\n", refused="WRONG_FORMAT"),
    _case("XML", "<rows><row/></rows>", refused="WRONG_FORMAT"),
    # ---- names
    _case("names in another order", '{"txt":"a","id":1}', rows=[ONE]),
    _case("names in another case", '{"Id":1,"T_xt":"a"}', rows=[ONE]),
    _case("a field is missing", '{"id":1}', rows=[(1, None)]),
    _case("a required field is missing", '{"txt":"a"}', bad=[Bad(code=1213)]),
    _case("a strange field", '{"id":1,"txt":"a","x":2}', bad=[Bad(code=1202, reason='has the field "x"')]),
    _case("a strange field is ignored", '{"id":1,"x":[2],"txt":"a"}', top='extra_columns = "ignore"', rows=[ONE]),
    _case("a name twice", '{"id":1,"txt":"a","txt":"b"}', bad=[Bad(code=1224, reason='"txt" twice')]),
    _case("two names of one column", '{"id":1,"txt":"a","TXT":"b"}', bad=[Bad(code=1224, reason="txt is given twice")]),
    # ---- values
    _case("null and the empty text", '{"id":1,"txt":null}\n{"id":2,"txt":""}', rows=[(1, None), (2, "")]),
    _case("an empty text is no number", '{"id":1,"amount":""}', WIDE, rows=[(1, None, None, None)]),
    _case(
        "numbers keep their digits",
        '{"id":9007199254740993,"amount":0.1000,"paid":true,"day":"2026-01-31"}',
        WIDE,
        rows=[(9007199254740993, Decimal("0.1"), True, "2026-01-31")],
    ),
    _case("numbers in quotes", '{"id":"1","amount":"2.5","paid":"0"}', WIDE, rows=[(1, Decimal("2.5"), False, None)]),
    _case("a number as text", '{"id":1,"txt":1.50}\n{"id":2,"txt":1e5}', rows=[(1, "1.50"), (2, "1e5")]),
    _case("a word as text", '{"id":1,"txt":true}', rows=[(1, "true")]),
    _case("escapes", r'{"id":1,"txt":"a\nb\"c\\d\/\u00e9\ud83d\ude00,"}', rows=[(1, 'a\nb"c\\d/é😀,')]),
    _case("a text of another column's sign", '{"id":1,"txt":"a,b"}', rows=[(1, "a,b")]),
    _case("NUL", r'{"id":1,"txt":"a\u0000b"}', bad=[Bad(code=1218)]),
    _case("half a pair", r'{"id":1,"txt":"\ud83d"}', bad=[Bad(code=1220, reason="txt has half of a surrogate pair")]),
    _case("no UTF-8", b'{"id":1,"txt":"\xff"}\n{"id":2,"txt":"b"}', rows=[TWO], bad=[Bad(code=1220)]),
    _case("NaN", '{"id":1,"amount":NaN}', WIDE, bad=[Bad(code=1224, reason="amount has NaN")]),
    _case("a leading zero", '{"id":01,"txt":"a"}\n{"id":2,"txt":"b"}', rows=[TWO], bad=[BROKEN]),
    _case("an exponent in a decimal", '{"id":1,"amount":1e2}', WIDE, bad=[Bad(code=1209)]),
    _case("the word for NULL", '{"id":1,"txt":"_landfall_null_"}', bad=[Bad(code=0)]),
    _case(
        "notations", '{"id":1,"day":"31.1.2026","n":"1_234"}\n{"id":2,"n":"-"}', DATED,
        rows=[(1, "2026-01-31", 1234), (2, None, None)],
    ),
    # ---- nested
    _case(
        "paths", '{"id":1,"address":{"city":"Ulm","at":{"lat":48.4}}}\n{"id":2,"address":null}', NESTED,
        rows=[(1, "Ulm", 48.4), (2, None, None)],
    ),
    _case("a strange field inside", '{"id":1,"address":{"zip":"1"}}', NESTED, bad=[STRANGE]),
    _case("no object on the path", '{"id":1,"address":"Ulm"}', NESTED, bad=[WRONG]),
    _case("an object for a text", '{"id":1,"txt":{"a":1}}', bad=[WRONG]),
    _case("an array for a text", '{"id":1,"txt":[]}', bad=[WRONG]),
    _case(
        "documents", '{"id":1,"doc":{"b": [1.50, "x,\\"y"], "a": null}}\n{"id":2,"doc":"t"}\n{"id":3,"doc":null}', OPEN,
        rows=[(1, None, '{"a": null, "b": [1.5, "x,\\"y"]}'), (2, None, '"t"'), (3, None, None)],
    ),
    _case("a name twice inside", '{"id":1,"doc":{"a":1,"a":2}}', OPEN, bad=[WRONG]),
    _case(
        "rescued fields", '{"id":1,"x":"y","z":[1]}\n{"id":2,"txt":"b"}', top='extra_columns = "rescue"',
        rows=[(1, None, '{"x": "y", "z": [1]}'), (2, "b", None)],
    ),
    # ---- faults
    _case("a broken line", '{"id":1,"txt":"a}\n{"id":2,"txt":"b"}\n', rows=[TWO], bad=[BROKEN]),
    _case("the last line is cut", '{"id":1,"txt":"a"}\n{"id":2,"tx', rows=[ONE], bad=[BROKEN]),
    _case("no object", '{"id":1,"txt":"a"}\n["x"]\n7\nnull\n{"id":2,"txt":"b"}', rows=[ONE, TWO], bad=[BROKEN] * 3),
    _case("a broken object of several on a line", '{"id":1,"txt":}{"id":2,"txt":"b"}', rows=[TWO], bad=[BROKEN]),
    _case("a broken object in an array", '[{"id":1,"txt":"a"},{"id":},{"id":2,"txt":"b"}]', refused="JSON_BROKEN"),
    _case(
        "a broken object over several lines", '[\n  {\n    "id": 1\n    "txt": "a"\n  },\n  {"id": 2, "txt": "b"}\n]',
        refused="JSON_BROKEN",
    ),
    _case(
        "too long", '{"id":1,"txt":"' + "a" * 90 + '"}\n{"id":2,"txt":"b"}', limits="max_record_bytes = 64",
        rows=[TWO], bad=[BROKEN],
    ),
)  # fmt: skip
