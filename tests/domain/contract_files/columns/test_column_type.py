"""Type names as Redshift's documentation lists them, and values as the types have them."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.columns.column_type import ColumnTypeError, parse_type


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("smallint", "smallint"),
        ("INT2", "smallint"),
        ("int", "integer"),
        ("int4", "integer"),
        ("integer", "integer"),
        ("bigint", "bigint"),
        ("int8", "bigint"),
        ("decimal", "decimal(18,0)"),
        ("numeric(9)", "decimal(9,0)"),
        ("Decimal( 18 , 2 )", "decimal(18,2)"),
        ("decimal(38,37)", "decimal(38,37)"),
        ("real", "real"),
        ("float4", "real"),
        ("float", "double precision"),
        ("float8", "double precision"),
        ("double  precision", "double precision"),
        ("bool", "boolean"),
        ("boolean", "boolean"),
        ("char", "char(1)"),
        ("character(8)", "char(8)"),
        ("nchar(8)", "char(8)"),
        ("bpchar", "char(256)"),
        ("varchar", "varchar(256)"),
        ("varchar(max)", "varchar(65535)"),
        ("char(max)", "char(4096)"),
        ("character varying (10)", "varchar(10)"),
        ("nvarchar(10)", "varchar(10)"),
        ("text", "varchar(256)"),
        ("date", "date"),
        ("timestamp", "timestamp"),
        ("timestamp without time zone", "timestamp"),
        ("timestamptz", "timestamptz"),
        ("timestamp with time zone", "timestamptz"),
    ],
)
def test_type_names(text: str, sql: str) -> None:
    assert parse_type(text).sql == sql
    assert parse_type(sql).sql == sql


@pytest.mark.parametrize(
    "text",
    [
        "",
        "intt",
        "varchar()",
        "varchar(0)",
        "varchar(65536)",
        "char(4097)",
        "varchar(8,2)",
        "text(10)",
        "bpchar(3)",
        "decimal(39,2)",
        "decimal(0)",
        "decimal(4,5)",
        "decimal(38,38)",
        "decimal(max)",
        "bigint(8)",
        "date(1)",
        "timestamp(3)",
        "float(24)",
        "super(4)",
        "time(3)",
        "interval",
        "varbyte(0)",
        "varbyte(16777217)",
        "varchar(64) not null",
        "varchar(64); drop table x",
        "varchar(６４)",
        "double",
    ],
)
def test_types_there_are_not(text: str) -> None:
    with pytest.raises(ColumnTypeError):
        parse_type(text)
