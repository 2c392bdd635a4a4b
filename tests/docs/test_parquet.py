"""The contract that docs/reference/parquet.md shows loads such a file."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.checked import checked
from tests.support.parquet_text import written
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/parquet.md").read_text()


def test_the_contract_of_the_page_loads_a_file() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    contract = read_contract("sales.toml", text.encode())
    moments = pa.array([datetime.fromisoformat("2024-05-01T13:15:00Z")] * 2, pa.timestamp("us", tz="UTC"))
    lines = pa.array([[{"sku": "a", "n": 1}], None])
    amounts = pa.array([Decimal("1.50"), Decimal("0.001")], pa.decimal128(20, 3))
    data = written({"lines": lines, "sold_at": moments, "amount": amounts, "id": [1, 2]})
    _, good, rejects = checked(data, contract)
    assert good == b'"[{""sku"":""a"",""n"":1}]",2024-05-01 13:15:00.000000,1.50,1\n'
    assert [(reject.line, reject.column, int(reject.code)) for reject in rejects] == [(2, "amount", 1209)]
