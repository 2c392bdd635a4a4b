"""COPY JSON judges and loads values as COPY CSV does, if each value of a column other than SUPER is a JSON string."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.redshift.copy.exact import ExactReader, LoadError, Row
from local.redshift.copy.fields import fields_for
from local.redshift.copy.json_objects import JsonReader
from local.redshift.copy.statement import Json, Options
from local.redshift.copy.target import TargetColumn

_KINDS: dict[str, tuple[int, ...]] = {
    "varchar": (9,),
    "bpchar": (4,),
    "int4": (),
    "numeric": (8, 2),
    "float8": (),
    "bool": (),
    "date": (),
    "timestamp": (),
    "timestamptz": (),
    "bytea": (),
    "jsonb": (),
}
_HOSTILE = [
    *["", "\\", '"', '""', "\\n", "\n", "\r\n", "\t", "\0", "\x1f", "\x7f", "{", "}", "]", "a,b", "é", "😀", "\u2028"],
    *["007", "+1", "-0", "1.005", ".5", "1e400", "NaN", "1" * 300, "true", "T", "no", "null", "NULL", "\\N", " 1"],
    *["2024-01-02", "2024-02-30", "2024-01-02 03:04:05", "2024-01-02T03:04:05Z", "00ff", "0"],
]
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_DOCUMENT = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(_TEXT, inner | st.none(), max_size=3),
    max_leaves=6,
)
_VALUE = st.none() | st.sampled_from(_HOSTILE) | _TEXT
_SUPER = st.none() | st.builds(json.dumps, _DOCUMENT) | st.sampled_from(["1e400", "-0", "1.50", '{"a":1, "a":2}'])


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("required", [False, True])
@given(data=st.data(), auto=st.booleans(), empty=st.booleans())
def test_rows_and_faults_are_those_of_csv(
    kind: str, required: bool, data: st.DataObject, auto: bool, empty: bool
) -> None:
    values = data.draw(st.lists(_SUPER if kind == "jsonb" else _VALUE, max_size=6))
    columns = [TargetColumn(name="v", kind=kind, size=_KINDS[kind], required=required, identity="")]
    of_json = Options(json=Json.AUTO, auto_times=auto, empty_as_null=empty)
    of_csv = Options(csv=True, auto_times=auto, empty_as_null=empty)
    objects = JsonReader("file", fields_for(columns, of_json), of_json).rows(iter([_as_json(values, kind)]))
    lines = ExactReader("file", fields_for(columns, of_csv), of_csv).rows(iter([_as_csv(values)]))
    judged = _judged(objects)
    assert judged == _judged(lines)
    assert len(judged) == len(values)


def _as_json(values: list[str | None], kind: str) -> bytes:
    """Leave NULL out, write a SUPER value as it is, and all other values as strings."""
    written = [value if kind == "jsonb" else json.dumps(value) for value in values]
    objects = [f'{{"v": {text}}}' if value is not None else "{}" for value, text in zip(values, written, strict=True)]
    return "\n".join(objects).encode()


def _as_csv(values: list[str | None]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["\\N" if value is None else value] for value in values])
    return text.getvalue().encode()


def _judged(rows: Iterable[Row | LoadError]) -> list[object]:
    return [(row.code, row.message, row.position) if isinstance(row, LoadError) else row for row in rows]
