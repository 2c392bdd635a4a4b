"""A Parquet file as text: beside another reader, and hostile and damaged files."""

from __future__ import annotations

import csv
import io
import sys
import tracemalloc
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.decode import fields
from chalicelib.domain.decode.parquet import parquet
from chalicelib.domain.decode.parquet.values import document
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.errors import Rejected, SourceGone
from tests.support.parquet_text import text, written

SUPER = Column(name="d", type=ColumnType(kind=TypeName.SUPER))
TEXT = Column(name="d", type=ColumnType(kind=TypeName.VARCHAR, length=100))


def refusal(data: bytes, *columns: Column, limits: Limits | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        text(data, *columns, limits=limits)
    return caught.value


# ---- beside another reader ------------------------------------------------------------------------------------------

KINDS = {
    "i": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "u": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "f": (pa.float64(), st.floats(allow_nan=False)),
    "n": (pa.decimal128(38, 10), st.decimals(-(10**20), 10**20, places=10)),
    "w": (pa.decimal256(60, 3), st.decimals(-(10**50), 10**50, places=3)),
    "b": (pa.bool_(), st.booleans()),
    "d": (pa.date32(), st.dates(date(1, 1, 1), date(9999, 12, 31))),
    "m": (pa.timestamp("us"), st.datetimes()),
    "t": (pa.time64("us"), st.times()),
    "s": (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
}
READ = {
    "i": int,
    "u": int,
    "f": float,
    "n": Decimal,
    "w": Decimal,
    "b": lambda text: {"true": True, "false": False}[text],
    "d": date.fromisoformat,
    "m": datetime.fromisoformat,
    "t": time.fromisoformat,
    "s": str,
}


@st.composite
def tables(draw) -> pa.Table:
    rows = draw(st.integers(0, 12))
    columns = {
        name: pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), kind)
        for name, (kind, values) in KINDS.items()
    }
    return pa.table(columns)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="csv.QUOTE_NOTNULL is new in Python 3.12")
@given(tables(), st.sampled_from(["snappy", "zstd", "none"]), st.booleans(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_a_file_is_read_as_by_the_library(table: pa.Table, compression: str, dictionary: bool, group: int) -> None:
    data = written(table, compression=compression, use_dictionary=dictionary, row_group_size=group)
    found = text(data).decode()
    lines = list(csv.reader(io.StringIO(found, newline=""), quoting=csv.QUOTE_NOTNULL))
    assert lines[0] == table.column_names
    readers = [READ[name] for name in table.column_names]
    rows = [[v if v is None else read(v) for read, v in zip(readers, line, strict=True)] for line in lines[1:]]
    assert rows == [list(row.values()) for row in pq.read_table(io.BytesIO(data)).to_pylist()]


@given(st.integers(0, 2**64 - 1), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_refused_or_read(seed: int, data) -> None:
    """It never ends in another error."""
    whole = bytearray(written({"i": [1, 2, 3], "s": ["a", "b", None], "l": [[1], [], None]}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Rejected):
        text(bytes(whole))


def test_a_file_that_is_cut_is_refused() -> None:
    data = written({"i": list(range(1000))})
    for stop in range(4, len(data), 101):
        assert refusal(data[:stop]).code == "PARQUET_BROKEN"


# ---- types ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "column", "what"),
    [
        (pa.array([1], pa.duration("ms")), None, "no column"),
        (pa.array([[1]]), TEXT, "varchar"),
        (pa.array([{"a": 1}]), TEXT, "varchar"),
    ],
)
def test_a_type_that_its_column_cannot_hold_is_named(values: pa.Array, column: Column | None, what: str) -> None:
    refused = refusal(written({"d": values}), *([column] if column else []))
    assert refused.code == "HEADER_MISMATCH"
    assert f"d has the type {str(values.type)[:5]}" in refused.message
    assert what in refused.message


def test_documents_keep_their_digits() -> None:
    value = {"a": [Decimal("1.50"), None, True, 'ü"'], "b": b"\x00\xff", "c": [("k", 1)]}
    assert document(value) == '{"a":[1.50,null,true,"ü\\""],"b":"AP8=","c":[["k",1]]}'


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (pa.array([[1714569300123456789]], pa.list_(pa.timestamp("ns"))), '["2024-05-01 13:15:00.123456789"]'),
        (pa.array([{"t": date(2024, 5, 1)}]), '{"t":"2024-05-01"}'),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.time32("s"))), '[["k","00:00:01.000"]]'),
        (pa.array([[[date(2024, 5, 1)]]]), '[["2024-05-01"]]'),
        (pa.array([Decimal("1.5")]), "1.5"),
        (pa.array([1.5]), "1.5"),
        (pa.array([7]), "7"),
    ],
)  # fmt: skip
def test_values_become_documents(values: pa.Array, found: str) -> None:
    data = written({"d": values, "x": [1]})
    assert list(csv.reader([text(data, SUPER).decode().splitlines()[1]])) == [[found, "1"]]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (pa.array([1.5], pa.float16()), "1.5"),
        (pa.array(['{"a":1}'], pa.json_(pa.string())), '{"a":1}'),
        (pa.array([b"ab"], pa.large_binary()), "ab"),
        (pa.array(["ab"], pa.large_string()), "ab"),
    ],
)
def test_rare_types_are_read(values: pa.Array, found: str) -> None:
    assert list(csv.reader([text(written({"d": values, "x": [1]}), TEXT).decode().splitlines()[1]])) == [[found, "1"]]


# ---- bounds ---------------------------------------------------------------------------------------------------------


def test_a_small_file_with_many_rows_is_refused() -> None:
    bomb = written({"a": pa.array(["x" * 1000] * 100_000), "b": [1] * 100_000})
    assert len(bomb) < 20_000
    tracemalloc.start()
    assert refusal(bomb).code == "COMPRESSION_BOMB"
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


def test_large_row_groups_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written({"a": list(range(50_000)), "b": [str(n) for n in range(50_000)]})
    expected = text(data)
    monkeypatch.setattr(parquet, "LARGE_GROUP", 1_000)
    monkeypatch.setattr(parquet, "BUFFER_BYTES", 1_000)
    assert text(data) == expected


def test_the_errors_of_the_store_are_passed_on() -> None:
    whole = written({"a": list(range(10_000))})

    class Gone(InMemory):
        def read(self, start: int, length: int) -> bytes:
            if start:
                raise SourceGone("gone")
            return super().read(start, length)

    with pytest.raises(SourceGone):
        text(Gone(whole))


def test_codes_are_those_of_the_checks() -> None:
    assert (parquet.REQUIRED, fields.TOO_LONG) == (RowCode.REQUIRED, RowCode.LINE)
