"""The statements of a load, as text: what may be in them, what never is, and that the Data API takes them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import DataCheck, StageAs
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.run.group import share_bytes
from chalicelib.domain.run.model import Run, RunState, SourceObject
from chalicelib.domain.warehouse.ddl import gate
from chalicelib.domain.warehouse.load import (
    LEDGER_COLUMNS,
    Batch,
    LoadOrder,
    explain_check,
    render_load,
    share_room,
)
from chalicelib.errors import Broken
from tests.support.contact_load import CONTACT, CONTRACTS, order
from tests.support.load_orders import joined


def test_the_statements_come_in_the_order_that_is_the_guarantee() -> None:
    statements = render_load(order()).statements
    starts = [s.split("(")[0].split('"')[0].split(" shares_")[0].strip() for s in statements]
    assert starts == [
        "LOCK TABLE",
        "CREATE TEMP TABLE",
        "CALL etl.check_columns_v1",
        "COPY",
        "CREATE TEMP TABLE",
        "INSERT INTO",
        "CALL etl.check_count_v1",
        "UPDATE",
        "CALL etl.data_check_v1",
        "CALL etl.apply_scd1_v1",
        "DROP TABLE",
        "DROP TABLE",
        f"SELECT {', '.join(LEDGER_COLUMNS)} FROM etl.ledger WHERE object = :object AND group_id = :group_id",
    ]


def test_the_copy_is_of_a_manifest_in_the_order_of_the_file() -> None:
    copy = render_load(order(columns=tuple(c.name for c in reversed(CONTACT.columns)))).statements[3]
    assert re.search(r'\("_source_mark", "_source_offset", "updated_at", .*, "contact_id"\)\nFROM', copy)
    assert " MANIFEST " in copy
    assert copy.endswith("COMPUPDATE OFF STATUPDATE OFF MAXERROR 0")
    assert "TIMEFORMAT AS 'auto'" in copy


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (Dialect(), "FORMAT AS CSV ZSTD"),
        (Dialect(delimiter="|"), "FORMAT AS CSV DELIMITER AS '|' ZSTD"),
        (Dialect(delimiter="\t"), "FORMAT AS CSV DELIMITER AS '\\t' ZSTD"),
        (Dialect(delimiter=";", quote="'"), "FORMAT AS CSV QUOTE AS '''' DELIMITER AS ';' ZSTD"),
    ],
)
def test_the_copy_reads_the_dialect_of_the_file(dialect: Dialect, expected: str) -> None:
    copy = render_load(order(contract=replace(CONTACT, dialect=dialect))).statements[3]
    assert expected in copy


def test_the_copy_reads_json_where_the_contract_says_so() -> None:
    copy = render_load(order(contract=replace(CONTACT, stage_as=StageAs.JSON))).statements[3]
    assert "\nFORMAT AS JSON 'auto' ZSTD MANIFEST TIMEFORMAT AS 'auto'\n" in copy
    assert "NULL AS" not in copy


def test_a_bucket_elsewhere_is_read_from_there() -> None:
    assert (
        "\nIAM_ROLE default REGION 'eu-west-1'\n"
        in render_load(order(iam_role="default", region="eu-west-1")).statements[3]
    )


@pytest.mark.parametrize(("rows", "option"), [(999_999, "OFF"), (1_000_000, "ON")])
def test_a_large_staging_has_statistics(rows: int, option: str) -> None:
    copy = render_load(order(rows_read=rows, rows_good=rows, rows_rejected=0)).statements[3]
    assert f" STATUPDATE {option} " in copy


def test_without_good_rows_nothing_is_copied() -> None:
    batch = render_load(order(rows_good=0, rows_rejected=3, manifest=""))
    assert not any(s.startswith("COPY") for s in batch.statements)


def test_without_lineage_the_offset_is_not_copied() -> None:
    copy = render_load(order(contract=replace(CONTACT, lineage=False))).statements[3]
    assert "_source_offset" not in copy


RULE = "ended_at < started_at"


def test_a_check_is_explained_over_its_staging() -> None:
    assert explain_check(DataCheck(name="rule", bad_rows=RULE), "probe") == (
        'EXPLAIN WITH staging AS (SELECT * FROM "staging_probe") SELECT count(*) AS bad FROM staging '
        "WHERE (ended_at < started_at)"
    )


@pytest.mark.parametrize("condition", ["1 = 1); drop table etl.ledger; select (1 = 1", "ended < started_at"])
def test_a_load_with_a_refused_check_is_not_rendered(condition: str) -> None:
    unsound = replace(CONTACT, checks=(DataCheck(name="rule", bad_rows=condition),))
    with pytest.raises(Broken, match="the load order is not sound: checks"):
        render_load(order(contract=unsound))


def landed(key: str) -> Run:
    source = SourceObject(
        bucket="landing-zone", key=key, etag="e", size=1, sequencer="0055", last_modified=1767225600.0
    )
    return Run(run_id="f" * 32, object="contact", source=source, state=RunState.STAGED, arrived_at=0, updated_at=0)


def size(batch: Batch) -> int:
    texts = (*batch.statements, *batch.parameters, *batch.parameters.values())
    return len("".join(texts).encode("utf-8", "surrogatepass"))


def sized(count: int, key: str, rows: int) -> LoadOrder:
    """A load of that many files."""
    files = [
        order(load_id=f"{n:08x}" * 4, key=key, rows_read=rows, rows_good=rows, rows_rejected=0) for n in range(count)
    ]
    return joined(*files, manifest=order().manifest)


def test_a_group_as_large_as_its_room_fits_one_batch() -> None:
    """A quarter more does not: the bound is close."""
    run = landed("incoming/contact/" + "k" * 28)
    count = share_room(CONTACT) // share_bytes(run)
    assert 200 < count < 350
    assert size(render_load(sized(count, run.source.key, 10**9))) <= 100_000
    with pytest.raises(Broken, match="does not fit one batch") as refused:
        render_load(sized(count * 5 // 4, run.source.key, 10**9))
    assert refused.value.code == "LOAD_TOO_BIG"


@given(key=st.text(min_size=1, max_size=1_024), count=st.integers(1, 40))
def test_a_share_takes_at_most_its_bytes(key: str, count: int) -> None:
    added = size(render_load(sized(count + 1, key[:200], 10**12))) - size(render_load(sized(count, key[:200], 10**12)))
    assert added <= share_bytes(landed(key[:200]))


TEXTS = st.text(min_size=1, max_size=1_024)


@given(key=TEXTS)
def test_no_byte_of_a_key_reaches_sql(key: str) -> None:
    """Whatever the key, the statements are the same but for its hexadecimal digits."""
    batch, usual = render_load(order(key=key)), render_load(order())
    hexed, usually = (k.encode("utf-8", "surrogatepass").hex() for k in (key, "incoming/contact/a.csv"))
    assert [s.replace(f"'{hexed}'", f"'{usually}'") for s in batch.statements] == list(usual.statements)
    assert batch.parameters == usual.parameters


@given(
    columns=st.permutations([c.name for c in CONTACT.columns]),
    rows=st.tuples(st.integers(0, 10**12), st.integers(0, 10**9)),
    default=st.text(max_size=64),
    checks=st.lists(st.text(min_size=1, max_size=100), max_size=25, unique=True),
)
def test_the_data_api_takes_the_batch(
    columns: list[str], rows: tuple[int, int], default: str, checks: list[str]
) -> None:
    filled = tuple(replace(c, default=default if c.name == "disposition" else None) for c in CONTACT.columns)
    contract = replace(CONTACT, columns=filled, checks=tuple(DataCheck(name=c, bad_rows=RULE) for c in checks))
    good, rejected = rows
    batch = render_load(
        order(
            contract=contract,
            columns=tuple(columns),
            rows_read=good + rejected,
            rows_good=good,
            rows_rejected=rejected,
        )
    )
    assert len(batch.statements) <= 40
    assert size(batch) <= 100_000
    used = {name for s in batch.statements for name in re.findall(r"(?<![:\w]):(\w+)", s)}
    assert used == set(batch.parameters)
    assert all(batch.parameters.values())


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_every_shipped_contract_has_a_batch(contract: Any) -> None:
    statements = render_load(order(contract=contract, columns=tuple(c.name for c in contract.columns))).statements
    assert statements[0] == f"LOCK TABLE {gate(contract.target)}"


@pytest.mark.parametrize(
    "changes",
    [
        {"load_id": "0123456789ABCDEF" * 2},
        {"load_id": "' or 1=1 --"},
        {"source_order": "1'"},
        {"source_order": "1" * 129},
        {"source_order": ""},
        {"manifest": "s3://b'ucket/x"},
        {"manifest": "s3://bucket/a b"},
        {"manifest": "https://bucket/x"},
        {"manifest": ""},
        {"iam_role": "arn:aws:iam::1:role/x"},
        {"iam_role": "default' "},
        {"region": "eu-west-1'"},
        {"columns": ("contact_id", "nope")},
        {"columns": ("contact_id", "contact_id")},
        {"columns": ("agent_id",)},
        {"rows_good": 4},
        {"rows_read": 0, "rows_good": -1, "rows_rejected": 1},
        {"key": ""},
        {"run_id": ""},
        {"run_id": "it's"},
        {"bucket": "buck'et"},
        {"group_id": "' or 1=1 --"},
    ],
)
def test_an_unsound_order_is_not_rendered(changes: dict[str, Any]) -> None:
    with pytest.raises(Broken):
        render_load(order(**changes))
