"""The notebook of examples/ runs from its first cell to its last, against the real local stack."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from tests.e2e.conftest import ROOT, Deployment
from tests.support.notebook import run


def test_the_notebook_loads_a_month_and_its_fixed_row(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANDFALL_API_URL", "LANDFALL_TOKEN", "LANDFALL_BUCKET", "LANDFALL_CONTRACTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANDFALL_STATE_DIR", str(deployment.stack.paths.state))
    monkeypatch.chdir(ROOT / "examples")
    found = run(ROOT / "examples/walmart.ipynb")
    checked, pushed, again = found["checked"], found["pushed"], found["again"]
    assert (checked.state, checked.rejects.index.tolist()) == ("ACCEPTED", [13])
    assert pushed.key == "monthly_data/walmart_customer_May-2025.csv"
    assert (pushed.state, pushed.rejects.index.tolist()) == ("LOADED", [13])
    assert [pushed.rows[kind] for kind in ("read", "good", "rejected", "inserted")] == [24, 23, 1, 23]
    assert checked.rejects.equals(pushed.rejects), "offline and in a run the bad rows are the same"
    assert (again.state, again.rows["inserted"], again.rows["unchanged"]) == ("LOADED", 1, 23)
    columns = "customer_id, age, city, purchase_date, purchase_amount, discount_applied, rating"
    rows = deployment.rows(f"select {columns} from landing.walmart_sales where customer_id like 'C10%' order by 1")
    assert len(rows) == 24
    assert rows[6] == ("C1007", None, "Lake Cheryl", date(2025, 5, 7), Decimal("264.42"), True, 2)
    assert (rows[9][2], rows[3][2], rows[13][-1]) == ("Reno, Nevada", "Port Ryan", 4)
    export = again.status["export"]["file"].removeprefix(f"s3://{deployment.bucket}/")
    assert export == "dashboard_data/walmart_customer_latest.csv"
    [(count,)] = deployment.rows("select count(*) from landing.walmart_sales")
    deployment.until(lambda: len(_read(deployment, export)) == count)
    found_rows = {row["customer_id"]: row for row in _read(deployment, export)}
    row = found_rows["C1007"]
    assert (row["age"], row["city"], row["purchase_date"]) == ("", "Lake Cheryl", "2025-05-07")
    assert (row["purchase_amount"], row["discount_applied"]) == ("264.42", "t")
    deployment.until(lambda: deployment.status(pushed.key)["export"]["state"] == "CURRENT")


def _read(deployment: Deployment, key: str) -> list[dict[str, str]]:
    """The rows of an export; none if it is not there yet."""
    found = deployment.s3.list_objects_v2(Bucket=deployment.bucket, Prefix=key).get("Contents")
    body = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read() if found else b""
    return list(csv.DictReader(io.StringIO(body.decode())))
