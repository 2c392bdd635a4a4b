"""Files through the whole pipeline in memory, with a transform between reading and staging."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.cases.case import KEY, Bad, Layout, differences
from tests.support.parquet_text import written
from tests.support.workbooks import workbook
from tests.transforms.code import module

COLUMNS = KEY + '\nname = { type = "varchar(20)" }\namount = { type = "decimal(9,2)" }\nday = { type = "date" }'
FILE = "id,name,amount,day\n1,Ann,1.50,2026-01-31\n2,,2.00,\n3,Bob,,2026-02-01\n"
ANN, NOBODY, BOB = (1, "Ann", Decimal("1.5"), "2026-01-31"), (2, None, 2, None), (3, "Bob", None, "2026-02-01")
INCHES = '3",,,\n'
TOP = 'transform = "thing:tidy"'
RAW = COLUMNS + '\n[input_columns]\nraw = { type = "varchar(40)" }'


def _case(name: str, code: str, **more: object) -> tuple[Layout, str]:
    given = {"text": FILE, "columns": COLUMNS, "top": TOP, **more}
    return Layout(name=name, **given), code  # type: ignore[arg-type]


CASES = (
    _case("nothing changes", "return frame", rows=[ANN, NOBODY, BOB]),
    _case("rows in another order", "return frame.sort_index(ascending=False)", rows=[ANN, NOBODY, BOB]),
    _case("columns in another order", "return frame[sorted(frame)]", rows=[ANN, NOBODY, BOB]),
    _case(
        "the input is changed in place",
        "frame['name'] = 'x'\nreturn frame",
        rows=[(*r[:1], "x", *r[2:]) for r in (ANN, NOBODY, BOB)],
    ),
    _case("a row is dropped", "return frame[frame.name.notna()]", rows=[ANN, BOB], left_out={"dropped": 1}),
    _case("all rows are dropped", "return frame[:0]", left_out={"dropped": 3}),
    _case(
        "rows are rejected",
        "return frame, [RowError(frame.index[frame.name.isna()], 'name', 'has nobody')]",
        rows=[ANN, BOB],
        bad=[Bad(code=0, reason="name has nobody")],
    ),
    _case(
        "a decimal keeps its digits",
        "frame['amount'] = [a and a * Decimal('1.01') for a in frame.amount]\nreturn frame",
        rows=[(*NOBODY[:2], Decimal("2.02"), None), BOB],
        bad=[Bad(code=1209, reason="amount has more digits after the point")],
    ),
    _case(
        "a text is too long for its column",
        "frame['name'] = frame.name * 7\nreturn frame",
        rows=[NOBODY],
        bad=[Bad(code=1204, reason="name"), Bad(code=1204, reason="name")],
    ),
    _case(
        "a required value is gone",
        "frame.loc[frame.name == 'Ann', 'id'] = pd.NA\nreturn frame",
        rows=[NOBODY, BOB],
        bad=[Bad(code=1213, reason="id is empty")],
    ),
    _case(
        "texts with every sign",
        "frame['name'] = 'a,\"b\"\\n\\r' + frame.name\nreturn frame",
        rows=[(1, 'a,"b"\n\rAnn', *ANN[2:]), NOBODY, (3, 'a,"b"\n\rBob', *BOB[2:])],
    ),
    _case(
        "a column that only the function sees",
        "frame['name'] = frame.raw.str.upper()\nreturn frame",
        columns=RAW,
        text="id,raw\n1,ann\n2,\n",
        rows=[(1, "ANN", None, None), (2, None, None, None)],
    ),
    _case(
        "a column that files write as text",
        "frame['amount'] = [None if t is pd.NA else Decimal(t.split()[0]) for t in frame.amount]\nreturn frame",
        columns=COLUMNS + '\n[input_columns]\namount = { type = "varchar(40)" }',
        text="id,amount\n1,7.1 kg\n2,\n",
        rows=[(1, None, Decimal("7.1"), None), (2, None, None, None)],
    ),
    _case(
        "a notation is for the file alone",
        "frame['amount'] = [a + 1 for a in frame.amount]\nreturn frame",
        columns=KEY + '\namount = { type = "decimal(9,2)", decimal = ",", thousands = "." }',
        text='id,amount\n1,"1.234,50"\n',
        rows=[(1, Decimal("1235.5"))],
    ),
    _case(
        "bad rows do not reach the function",
        "assert frame.id.notna().all()\nreturn frame",
        text="id,name,amount,day\nx,Ann,,\n\n2,,2.00,\n9,too,many,fields,here\n",
        rows=[NOBODY],
        bad=[Bad(code=1207), Bad(code=1202)],
        left_out={"blank_lines": 1},
    ),
    _case(
        "JSON",
        "frame['name'] = frame.name + '!'\nreturn frame",
        top=TOP + '\nformat = "json"',
        text='{"id":1,"name":"a"}{"id":2,"name":""}{"id":3}',
        rows=[(1, "a!", None, None), (2, "!", None, None), (3, None, None, None)],
    ),
    _case(
        "a workbook",
        "frame['name'] = frame.raw.str.upper()\nreturn frame[frame.id != 2]",
        top=TOP + '\nformat = "xlsx"',
        columns=RAW,
        text=workbook(("id", "raw", "amount"), (1, "ann", 1.5), (2, "bob", 2), ("x", "eve", 3)),
        rows=[(1, "ANN", Decimal("1.5"), None)],
        bad=[Bad(code=1207, reason="id")],
        left_out={"dropped": 1},
    ),
    _case(
        "Parquet",
        "frame['amount'] = [a and a * 2 for a in frame.amount]\nreturn frame",
        top=TOP + '\nformat = "parquet"',
        text=written({"id": [1, 2], "amount": [Decimal("1.50"), None], "name": ["a", None]}),
        rows=[(1, "a", Decimal(3), None), (2, None, None, None)],
    ),
    _case(
        "the announced rows and sums are those of the file",
        "frame['amount'] = [a and -a for a in frame.amount]\nreturn frame[frame.name.notna()]",
        text=FILE + "T,3,3.50\n",
        dialect='trailer = { starts_with = "T,", count_field = 2, sum_fields = { amount = 3 } }',
        limits="min_rows = 3",
        rows=[(*ANN[:2], Decimal("-1.5"), ANN[3]), BOB],
        left_out={"trailers": 1, "dropped": 1},
    ),
    _case(
        "a repeated header",
        "return frame",
        text=FILE + "id,name,amount,day\n4,,,\n",
        dialect='repeated_header = "skip"',
        rows=[ANN, NOBODY, BOB, (4, None, None, None)],
        left_out={"repeated_headers": 1},
    ),
    *(
        _case(
            f"a line again that is no record, {repeated}",
            "return frame",
            text=FILE.replace("\n", f"\n{INCHES}", 1) + f"{INCHES}\n4,,,\n",
            dialect=f'repeated_header = "{repeated}"\nskip_after_header = 1',
            rows=[ANN, NOBODY, BOB, (4, None, None, None)],
            bad=bad,
            left_out={"lines_after_header": 1, "blank_lines": 1, **left_out},
        )
        for repeated, bad, left_out in (
            ("skip", [], {"repeated_headers": 1}),
            ("reject", [Bad(code=0, reason="repeats a line beside the header")], {}),
        )
    ),
)


@pytest.mark.parametrize(("case", "code"), CASES, ids=lambda value: value.name if isinstance(value, Layout) else "")
def test_a_file_is_loaded_as_the_function_has_it(case: Layout, code: str, tmp_path: Path) -> None:
    module(tmp_path, code)
    assert differences(case, tmp_path) == []
