"""What docs/reference/notebooks.md shows runs, and the notebook of examples/ is stored without what a run left."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import boto3
import pandas
import pytest
from moto import mock_aws

from landfall import Pushed, push
from tests.shipped import copied
from tests.support.notebook import cells
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/notebooks.md").read_text(encoding="utf-8")
NOTEBOOK = ROOT / "examples/walmart.ipynb"


def test_the_example_of_the_page_finds_the_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("LANDFALL_CONTRACTS", str(copied(tmp_path_factory.mktemp("contracts"))))
    code, _ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    (found,) = names["checked"].rejects[["_column", "_code", "_reason"]].itertuples()
    assert f"\n| {' | '.join(map(str, found))} |\n" in PAGE


def test_the_export_is_read_as_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="ours")
        s3.put_object(Bucket="ours", Key="dashboard_data/latest.csv", Body=b"customer_id,age\nC1,40\n")
        names = {
            "pd": pandas,
            "pushed": SimpleNamespace(status={"export": {"file": "s3://ours/dashboard_data/latest.csv"}}),
        }
        exec(code, names)
    assert names["latest"].to_dict("records") == [{"customer_id": "C1", "age": 40}]


def test_every_argument_and_field_is_documented() -> None:
    named = {name for row in re.findall(r"^\| (`[^|]*)\|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert {name for name in push.__annotations__ if name != "return"} <= named
    assert {field.name for field in fields(Pushed)} | {"accepted"} <= named


def test_the_notebook_is_stored_clean() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert json.loads(text)["nbformat"] == 4
    assert not re.search(r"/(home|work|Users|tmp)/", text)
    code = [cell for cell in cells(NOTEBOOK) if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
