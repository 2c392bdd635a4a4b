"""`push` sends a frame whole or not at all, and returns its books with the rows that are bad."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import boto3
import pandas as pd
import pytest
from moto import mock_aws

from landfall import CommandError, FrameError, push
from landfall.contracts import shipped
from landfall.notebook.landing import frame_key
from tests.landfall.fake_api import FakeApi, status
from tests.shipped import copied

MAY = "monthly_data/walmart_customer_May-2025.csv"


def purchases(**changes: Any) -> pd.DataFrame:
    columns = {
        "Customer ID": ["C1", "C2", "C3"],
        "age": pd.array([40, None, 41], dtype="Int64"),
        "Product": "Tea",
        "Date": pd.to_datetime(["2025-05-01", "2025-05-02", "2025-05-03"]),
        "Purchase Amount (USD)": [1.5, 2.25, 3.0],
    }
    return pd.DataFrame({**columns, **changes}, index=["x", "y", "z"])


@pytest.fixture(autouse=True)
def contracts(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("LANDFALL_CONTRACTS", str(copied(tmp_path_factory.mktemp("contracts"))))
    for name in ("LANDFALL_API_URL", "LANDFALL_TOKEN", "LANDFALL_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANDFALL_STATE_DIR", ".landfall-of-no-stack")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("LANDFALL_BUCKET", "bucket")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        yield s3


def path_of(key: str) -> str:
    return "/status/" + key.replace("/", "%2F")


def test_the_books_and_the_bad_rows_come_back(bucket: Any, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_BUCKET", "bucket")
    frame, run = purchases(**{"Purchase Amount (USD)": [1.5, 2.255, 3.0]}), "a" * 32
    text = b"Customer ID,age,Product,Date,Purchase Amount (USD)\nC1,40,Tea,2025-05-01,1.5\nC2,,Tea,2025-05-02,2.255\n"
    text += b"C3,41,Tea,2025-05-03,3\n"
    etag = hashlib.md5(text, usedforsecurity=False).hexdigest()
    found = status(file=MAY, version={"etag": etag, "version_id": None})
    reject = {"line": 3, "byte_offset": 76, "column": "purchase_amount", "code": 1209, "reason": "too many digits"}
    api.answers = {
        f"GET {path_of(MAY)}": [(404, {"error": {"message": "no run"}}), (200, found)],
        f"GET /rejects/{run}?limit=200": [(200, {"rejects": [reject], "cursor": None})],
    }
    pushed = push(frame, "walmart_sales", month="May-2025", quiet=True)
    assert bucket.get_object(Bucket="bucket", Key=MAY)["Body"].read() == text
    assert (pushed.state, pushed.run_id, pushed.key, pushed.accepted) == ("LOADED", run, MAY, True)
    assert (pushed.rows["read"], pushed.rows["good"], pushed.rows["rejected"]) == (3, 2, 1)
    assert pushed.rejects.index.tolist() == ["y"]
    assert pushed.rejects[["_column", "_code", "_reason"]].to_numpy().tolist() == [
        ["purchase_amount", 1209, "too many digits"]
    ]
    assert pushed.rejects["Customer ID"].tolist() == ["C2"]
    assert repr(pushed).startswith("LOADED: 3 read = 2 good + 1 rejected; date is bad (1205) (run aaaa")
    again = push(frame, "walmart_sales", month="May-2025", quiet=True)
    assert repr(again).endswith("the same content was sent before, so nothing changed")
    assert (pushed.sent_before, again.sent_before) == (False, True)


def test_a_dry_run_needs_no_deployment() -> None:
    pushed = push(purchases(), "walmart_sales", dry_run=True)
    assert (pushed.state, pushed.accepted, dict(pushed.rows)) == (
        "ACCEPTED", True, {"read": 3, "good": 3, "rejected": 0, "duplicate": 0},
    )  # fmt: skip
    assert pushed.rejects.empty
    bad = push(purchases(age=[40, 400, 41]), "walmart_sales", dry_run=True)
    assert (bad.state, bad.accepted) == ("REJECTED", False)
    assert bad.rejects.index.tolist() == ["y"]
    assert "TOO_MANY_REJECTS" in repr(bad)


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        (purchases(extra=1), "unexpected: extra"),
        (purchases(agee=1).drop(columns="age"), r"agee \(did you mean age\?\)"),
        (purchases().drop(columns="Date"), "missing: purchase_date"),
        (purchases().set_index("Date"), r"Date is in the index, which is not written: use .reset_index\(\)"),
        (purchases().set_index("age"), "age is in the index"),
        (purchases(purchase_date="2025-05-01"), "given twice: purchase_date"),
        (purchases().rename(columns={"age": 7}), "7 is none"),
        (purchases(age=[1, float("inf"), 2]), "row 'y', column \"age\": inf"),
        ([1], "a list is no DataFrame"),
    ],
)
def test_a_fault_is_named_before_anything_is_sent(frame: Any, named: str) -> None:
    """No deployment is there: the fault of the frame comes first."""
    with pytest.raises(FrameError, match=named):
        push(frame, "walmart_sales", month="May-2025")


MONTHS = ["may-2025", "May 2025", "2025-05", date(2025, 5, 9), pd.Period("2025-05"), pd.Timestamp("2025-05-09")]


@pytest.mark.parametrize("month", MONTHS)
def test_a_month_names_the_file(month: Any) -> None:
    contracts = shipped()
    assert frame_key(contracts, contracts["walmart_sales"], month=month, key="", digest="") == MAY


def test_without_a_month_the_content_names_the_file() -> None:
    contracts = shipped()
    found = frame_key(contracts, contracts["transactions"], month="", key="", digest="0a1b")
    assert found == "incoming/transactions/transactions-0a1b.csv"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"month": "2025-13"}, 'write it as "May-2025"'),
        ({"month": "Mai-2025"}, 'write it as "May-2025"'),
        ({}, "use month= or key="),
        ({"month": "2025-05", "key": MAY}, "exclude each other"),
        ({"key": "incoming/task/x.csv"}, "is not taken as walmart_sales"),
    ],
)
def test_a_key_that_is_not_clear_is_refused(more: dict[str, Any], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        push(purchases(), "walmart_sales", **more)


def test_without_a_deployment_the_error_has_the_way_out() -> None:
    with pytest.raises(CommandError, match="start the local stack with `landfall up`, or set LANDFALL_API_URL"):
        push(purchases(), "walmart_sales", month="2025-05")
    with pytest.raises(CommandError, match='no contract "nope"'):
        push(purchases(), "nope")
