"""A function that changes nothing stages the same bytes as no function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.transforms.rules import rules_of
from tests.transforms.code import contract_of

ZONES = ("0001-01-01 00:00:00+14:00", "9999-12-31T23:59:59-1400", "2026-01-31 10:00:00Z", "2026-01-31 10:00:00+02")
VALUES = {
    "whole": ("smallint", ["7", "-007", "+1", "32767", "32768", "1.0", ""]),
    "exact": ("decimal(38,10)", ["1.50", "-0.0", "+.5", "12345678901234567890123456.0123456789", "1e5", "x", ""]),
    "real": ("double precision", ["0.1000000000000000055511151231257827", "1e5", "-0", "1e-300", "NaN", ""]),
    "yes": ("boolean", ["t", "YES", "0", "False", "maybe", ""]),
    "day": ("date", ["2026-02-28", "0001-01-01", "9999-12-31", "2026-02-30", ""]),
    "at": ("timestamp", ["2026-01-31 10:00:00", "0001-01-01T00:00:00.100000", "9999-12-31 23:59:59.999999", "x", ""]),
    "seen": ("timestamptz", [*ZONES, "2026-01-31 10:00:00.5", ""]),
    "hour": ("time", ["24:00:00", "10:00:00.50", "25:00:00", ""]),
    "text": (
        "varchar(20)",
        ['"a,b"', '"say ""x"""', '"quoted"', " a ", '"two\nlines"', "\u2603", "NA", "nan", '""', ""],
    ),
    "doc": ("super", ['"{""a"": 1.0}"', "[]", "{", ""]),
    "hexa": ("varbyte(4)", ["00ff", "xx", ""]),
}
COLUMNS = "\n".join(f'{name} = {{ type = "{kind}" }}' for name, (kind, _) in VALUES.items())
ROWS = st.tuples(*(st.sampled_from(values) for _, values in VALUES.values()))
HEAD = ",".join(["id", *VALUES]).encode() + b"\n"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return contract_of(tmp_path_factory.mktemp("code"), "return frame", COLUMNS)


def staged(contract: Contract, data: bytes, block_bytes: int) -> tuple[bytes, list[Reject], int]:
    """The staged rows, the rejects, and the number of rows read."""
    source = InMemory(data)
    cuts = format_of(contract).cut(source, contract.as_read, 1 << 30)
    rules = rules_of(contract, cuts.layout)
    blocks = [b for span in cuts.ranges for b in stage_chunk(source, span, rules, block_bytes=block_bytes)]
    rejects = [reject for block in blocks for reject in block.rejects]
    return b"".join(bytes(b.good) for b in blocks), rejects, sum(b.rows_read for b in blocks)


@settings(deadline=None)
@given(rows=st.lists(ROWS, max_size=20), block_bytes=st.integers(1, 400))
def test_a_function_that_returns_its_input_changes_nothing(
    contract: Contract, rows: list[tuple[str, ...]], block_bytes: int
) -> None:
    data = HEAD + "".join(f"{n},{','.join(row)}\n" for n, row in enumerate(rows)).encode()
    assert staged(contract, data, block_bytes) == staged(replace(contract, transform=None), data, 1 << 20)


def test_every_value_comes_back_if_all_are_written_anew(tmp_path: Path) -> None:
    """As other dtypes, no value is known to be the file's."""
    objects = dict.fromkeys(("exact", "real", "yes", "text", "doc"), "object")
    names = {"whole": "int16", "day": "datetime64[us]", "at": "datetime64[ns]", "seen": "object", **objects}
    body = f"return frame.astype({names!r})"
    row = b"1,7,1.50,0.5,true,2026-02-28,2026-01-31T10:00:00.25,2026-01-31T10:00:00+00:00,24:00:00,a,{},00ff\n"
    good, rejects, _ = staged(contract_of(tmp_path, body, COLUMNS), HEAD + row, 1 << 20)
    assert (bytes(good)[len(b"00000000,0000000000000,") :], rejects) == (row, [])
