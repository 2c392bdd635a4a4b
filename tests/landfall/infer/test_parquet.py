"""A contract proposed for a Parquet file has the types of its columns, and takes its rows."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from chalicelib.domain.contract.contract import FileFormat
from landfall.check.checking import Outputs, check_file
from landfall.infer.layout.parquet import redshift_type
from landfall.localfile import opened
from landfall.main import app
from tests.landfall.infer.proposed import infer
from tests.support.parquet_text import written

MOMENT = datetime.fromisoformat("2024-05-01T13:15:00")


def table(size: int = 40) -> pa.Table:
    return pa.table(
        {
            "Order No": pa.array(range(size), pa.int64()),
            "code": [f"00{n}" for n in range(size)],
            "amount": pa.array([Decimal(n) / 4 for n in range(size)], pa.decimal128(18, 4)),
            "day": [date(2024, 5, 1)] * size,
            "seen": pa.array([MOMENT] * size, pa.timestamp("us", tz="UTC")),
            "at": [time(1, 2, 3)] * size,
            "lines": [[{"n": n}] for n in range(size)],
            "ok": [None] * (size - 1) + [True],
        }
    )


def test_types_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    path.write_bytes(written(table()))
    _, contract = infer(path)
    assert contract.format is FileFormat.PARQUET
    kinds = {column.name: column.type.sql for column in contract.columns}
    assert kinds.pop("code").startswith("varchar")
    assert kinds == {
        "order_no": "bigint",
        "amount": "decimal(18,4)",
        "day": "date",
        "seen": "timestamptz",
        "at": "time",
        "lines": "super",
        "ok": "boolean",
    }
    with opened(path) as source:
        checked = check_file(source, contract, Outputs(reject=lambda _reject: None))
    assert (checked.read, checked.rejected) == (40, 0)


def test_files_with_other_types_differ(tmp_path: Path) -> None:
    one, other = tmp_path / "a.parquet", tmp_path / "b.parquet"
    one.write_bytes(written(table()))
    other.write_bytes(written(table().set_column(0, "Order No", pa.array(["x"] * 40))))
    found = CliRunner().invoke(app, ["infer", str(one), str(other)])
    assert found.exit_code != 0
    assert "has Order No as text" in found.output


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (pa.uint64(), "decimal(20,0)"),
        (pa.decimal128(10, -2), ""),
        (pa.decimal256(50, 2), ""),
        (pa.string(), ""),
        (pa.duration("s"), ""),
        (pa.map_(pa.string(), pa.int8()), "super"),
        (pa.timestamp("ns"), "timestamp"),
        (pa.time32("s"), "time"),
        (pa.float16(), "real"),
    ],
)
def test_types_of_redshift(kind: pa.DataType, type_: str) -> None:
    assert redshift_type(kind) == type_
