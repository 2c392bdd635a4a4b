"""Where a pushed file lands is where its object's files land, or nowhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from landfall.contracts import shipped
from landfall.faults import CommandError
from landfall.remote.deployment import find
from landfall.remote.push import checked_key, landing_key
from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import PATH, FakeApi, Fault, status


@pytest.mark.parametrize(
    ("object", "name", "key"),
    [
        ("transactions", "a b+c#.csv", "incoming/transactions/a b+c#.csv"),
        ("task", "x.csv", "incoming/task/x.csv"),
        ("orders", "orders.csv", "incoming/orders/orders.csv"),
        ("walmart_sales", "walmart_customer_May-2025.csv", "monthly_data/walmart_customer_May-2025.csv"),
    ],
)
def test_the_key_is_the_objects_folder_and_the_name(object: str, name: str, key: str) -> None:
    contracts = shipped()
    assert landing_key(contracts, contracts[object], name) == key


def test_a_name_that_no_pattern_takes_is_refused() -> None:
    contracts = shipped()
    with pytest.raises(CommandError, match="walmart_customer_"):
        landing_key(contracts, contracts["walmart_sales"], "may.csv")


def test_a_key_of_another_object_is_refused() -> None:
    contracts = shipped()
    assert checked_key(contracts, contracts["task"], "incoming/task/2026/x.csv") == "incoming/task/2026/x.csv"
    with pytest.raises(CommandError, match="not taken as task"):
        checked_key(contracts, contracts["task"], "incoming/user/x.csv")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--object", "nope"], 2),
        (["--object", "task", "--key", "incoming/user/x.csv"], 2),
        (["--object", "task"], 3),
        ([], 2),
    ],
)
def test_wrong_pushes_end_before_anything_is_sent(
    landfall: Landfall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], code: int
) -> None:
    monkeypatch.setenv("LANDFALL_BUCKET", "no-such-bucket")
    done = landfall("push", tmp_path / "absent.csv", *arguments)
    assert done.code == code
    assert "Traceback" not in done.err


def test_a_file_is_followed_only_where_it_goes(
    landfall: Landfall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bucket of the environment's and the local stack's API would be two deployments."""
    monkeypatch.setenv("LANDFALL_BUCKET", "elsewhere")
    (tmp_path / "x.csv").write_text("a\n")
    done = landfall("push", tmp_path / "x.csv", "--object", "task", "--wait")
    assert done.code == 2
    assert "set LANDFALL_API_URL and LANDFALL_TOKEN, too" in done.err


def test_the_environments_bucket_goes_before_the_local_stacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LANDFALL_API_URL", raising=False)
    monkeypatch.setenv("LANDFALL_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("LANDFALL_BUCKET", "elsewhere")
    (tmp_path / "tokens.json").write_text('{"operator": "t"}')
    up = {"ready": True, "urls": {"api": "http://127.0.0.1:1"}, "env": {"LANDFALL_BUCKET": "here"}}
    (tmp_path / "stack.json").write_text(json.dumps({**up, "files": {"tokens": str(tmp_path / "tokens.json")}}))
    assert find(api=False, bucket=True).bucket == "elsewhere"
    assert find().bucket == "here"


def test_ddl_is_that_of_the_contract(landfall: Landfall) -> None:
    (line,) = landfall("ddl", "transactions", "--json").lines
    assert "landing" in line["target"][-1]
    assert '"amount" decimal(18,2) NOT NULL' in landfall("ddl", "transactions").out
    assert len(landfall("ddl", "--json").lines) == len(shipped())
    assert landfall("ddl", "nope").code == 2


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [("LOADED", 0, "already loaded at"), ("REJECTED", 1, "`landfall rerun 'incoming/transactions/a b.csv'`")],
)
def test_the_same_content_again_is_reported(
    landfall: Landfall,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    state: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("LANDFALL_BUCKET", "bucket")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    version = {"etag": hashlib.md5(b"", usedforsecurity=False).hexdigest(), "version_id": None}
    known = status(state, finished=True, updated_at="2026-01-05T08:00:00.000Z", version=version)
    api.answers = {f"GET {PATH}": [(200, known)]}
    api.faults = [Fault.CLOSED]
    (tmp_path / "a b.csv").touch()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="bucket")
        done = landfall("push", tmp_path / "a b.csv", "--object", "transactions", "--wait")
    assert done.code == code
    assert said in done.out
    assert "same content" in done.out


def test_a_folder_cannot_be_pushed(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    done = landfall("push", tmp_path, "--object", "transactions")
    assert done.code == 3
    assert "is a folder" in done.err
