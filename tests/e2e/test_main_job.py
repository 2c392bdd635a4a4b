"""The main job on the real local stack: what its users would check first."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from local.processes import StartError
from local.warehouse import query
from tests.e2e.conftest import Deployment, transactions

INVOICES = """\
name = "invoices"
target = "landing.invoices"
lands_at = ["incoming/invoices/*"]
key = ["invoice_no"]

[limits]
max_reject_ratio = 0.5

[columns]
invoice_no = { type = "integer", required = true }
total = { type = "decimal(10,2)" }
"""


def ids(deployment: Deployment, first: int, count: int) -> tuple[int, int]:
    """Rows and distinct keys in the target of transactions numbered so."""
    found = deployment.rows(
        "select count(*), count(distinct transaction_id) from landing.transactions "
        f"where account_id >= {first} and account_id < {first + count}"
    )
    return found[0]  # type: ignore[return-value]


def test_a_file_is_loaded_once_with_books_that_balance(either: Deployment) -> None:
    key = "incoming/transactions/a + b ü&#.csv"
    for _ in range(2):
        either.put(key, transactions(0, 300, bad=3))
        status = either.wait(key)
    assert status["state"] == "LOADED"
    assert status["balanced"] is True
    rows = status["rows"]
    assert (rows["read"], rows["good"], rows["rejected"], rows["inserted"]) == (303, 300, 3, 300)
    assert ids(either, 0, 300) == (300, 300)
    rejects = either.call("GET", f"/rejects/{status['run_id']}").json()["rejects"]
    assert [(r["line"], r["column"], r["code"]) for r in rejects] == [(n, "account_id", 1207) for n in (302, 303, 304)]


def test_progress_grows_and_at_most_ten_chunks_are_in_flight(either: Deployment) -> None:
    key = "incoming/transactions/progress.csv"
    either.put(key, transactions(1_000_000, 45_000))
    seen, inside = [], 0
    while not seen or seen[-1]["state"] not in ("LOADED", "FAILED", "REJECTED"):
        seen.append(either.status(key))
        if seen[-1]["state"] == "LOADED" and not inside:
            (inside,) = either.rows(f"select count(*) from etl.ledger where source_key = '{key}'")[0]
        time.sleep(0.02)
    assert seen[-1]["state"] == "LOADED"
    assert inside == 1, "LOADED was shown before the ledger had it"
    percents = [s["percent"] for s in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert sum(seen[-1]["chunks"].values()) >= 20
    assert either.stack.in_flight()["stage_chunk"]["most"] == 10
    assert ids(either, 1_000_000, 45_000) == (45_000, 45_000)


def test_a_worker_killed_in_the_middle_costs_only_time(either: Deployment) -> None:
    key = "incoming/transactions/killed.csv"
    either.put(key, transactions(2_000_000, 45_000))
    either.until(lambda: either.status(key)["state"] == "STAGING")
    either.stack.kill_worker()
    either.stack.restart_worker()
    assert either.wait(key)["state"] == "LOADED"
    assert ids(either, 2_000_000, 45_000) == (45_000, 45_000)


def test_a_file_whose_event_was_lost_is_found_by_the_sweep(deployment: Deployment) -> None:
    s3, bucket = deployment.s3, deployment.bucket
    wiring = s3.get_bucket_notification_configuration(Bucket=bucket)
    wiring.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        deployment.put("incoming/transactions/unheard.csv", transactions(3_000_000, 50))
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wiring)
    assert deployment.wait("unheard.csv")["state"] == "LOADED"
    assert ids(deployment, 3_000_000, 50) == (50, 50)


def test_a_rejected_file_is_loaded_once_its_cause_is_corrected(deployment: Deployment) -> None:
    key = "incoming/transactions/rejected.csv"
    deployment.put(key, transactions(4_000_000, 50, bad=50))
    refused = deployment.wait(key)
    assert (refused["state"], refused["first_error"]["code"]) == ("REJECTED", "TOO_MANY_REJECTS")
    assert ids(deployment, 4_000_000, 50) == (0, 0)

    contract = deployment.app / "chalicelib/contracts/transactions.toml"
    text = contract.read_text()
    contract.write_text(text.replace("max_reject_ratio = 0.05", "max_reject_ratio = 0.5"))
    try:
        deployment.stack.restart_worker()
        answer = deployment.call("POST", "/runs/transactions")
        assert answer.status_code == 202
        assert [r["file"] for r in answer.json()["runs"]] == [key]
        assert deployment.wait(key)["state"] == "LOADED"
    finally:
        contract.write_text(text)
        deployment.stack.restart_worker()
    assert ids(deployment, 4_000_000, 50) == (50, 50)


def test_a_contract_that_is_added_is_taken_up_by_a_restart(deployment: Deployment) -> None:
    contract, said = deployment.app / "chalicelib/contracts/invoices.toml", []
    contract.write_text(INVOICES)
    try:
        deployment.stack.restart(said.append)
        deployment.put("incoming/invoices/a.csv", "invoice_no,total\n1,12.50\n2,x\n")
        assert said == ["created landing.invoices", "granted the rights of a load to loader"]
        assert deployment.wait("incoming/invoices/a.csv")["state"] == "LOADED"
        contract.write_text(INVOICES + "surprise = 1\n")
        with pytest.raises(StartError, match=r"contract at fault:\ninvoices.toml: columns.surprise: is not"):
            deployment.stack.restart()
        assert deployment.stack.status().up
    finally:
        contract.unlink()
        deployment.stack.restart()
    warehouse = deployment.record.warehouse
    assert list(query(warehouse, "select invoice_no, total from landing.invoices")) == [
        ["invoice_no", "total"],
        [1, Decimal("12.50")],
    ]
    with pytest.raises(StartError, match=r'"landing\.nowhere" does not exist'):
        list(query(warehouse, "select * from landing.nowhere"))


def test_a_wrong_header_is_rejected_with_what_differs(deployment: Deployment) -> None:
    header = "transaction_id,amount,currency,merchant,colour"
    deployment.put("incoming/transactions/header.csv", f"{header}\nT1,1.00,EUR,Shop,red\n")
    problem = deployment.wait("header.csv")["first_error"]
    assert problem["code"] == "HEADER_MISMATCH"
    assert "missing: account_id, transaction_date; unexpected: colour" in problem["message"]


def test_a_first_line_like_a_row_is_rejected_without_values(deployment: Deployment) -> None:
    deployment.put("incoming/transactions/no-header.csv", "T1,42,2025-01-05,1.00,EUR,merchant,red\n")
    problem = deployment.wait("no-header.csv")["first_error"]
    assert problem["code"] == "HEADER_MISMATCH"
    assert "unexpected: field 1, field 2" in problem["message"]
    assert "T1" not in problem["message"]


def test_corrected_rows_are_merged_and_no_others(deployment: Deployment) -> None:
    key = "incoming/transactions/corrected.csv"
    deployment.put(key, transactions(7_000_000, 300, bad=2))
    file = deployment.wait(key)
    page = deployment.call("GET", f"/rejects/{file['run_id']}").json()
    place = page["columns"].index("account_id")
    rows = []
    for number, reject in enumerate(page["rejects"]):
        values = reject["values"]
        values[place] = values[place] if number else "7000300"
        rows.append({"byte_offset": reject["byte_offset"], "values": values})
    body = {"generation": page["generation"], "columns": page["columns"], "rows": rows}
    for _ in range(2):
        sent = deployment.call("POST", f"/rejects/{file['run_id']}", json=body)
        assert sent.status_code == 202, sent.text
        correction = sent.json()["run_id"]
        deployment.until(lambda run=correction: deployment.status(run).get("finished"))  # type: ignore[misc]
    assert (deployment.status(correction)["state"], deployment.status(correction)["rows"]["rejected"]) == ("LOADED", 1)
    counts = deployment.status(key)["rows"]
    assert (counts["rejected"], counts["corrected"], counts["inserted"]) == (1, 1, 301)
    assert ids(deployment, 7_000_000, 1_000) == (301, 301)
    books = "select rows_read, loaded, rejected, corrected, balanced from etl.books"
    assert deployment.rows(f"{books} where source_key = '{key}'") == [(302, 301, 1, 1, 1)]
    left = deployment.call("GET", f"/rejects/{file['run_id']}").json()["rejects"]
    still = deployment.call("GET", f"/rejects/{correction}").json()["rejects"]
    assert [(r["line"], r["byte_offset"]) for r in still] == [(r["line"], r["byte_offset"]) for r in left]


def test_a_run_is_cancelled_and_nothing_of_it_is_loaded(either: Deployment) -> None:
    key = "incoming/transactions/cancelled.csv"
    either.put(key, transactions(5_000_000, 45_000))
    either.until(lambda: either.status(key)["state"] == "STAGING")
    run_id = either.status(key)["run_id"]
    answer = either.call("DELETE", f"/runs/{run_id}")
    assert answer.status_code == 202
    ended = either.wait(key)
    assert (ended["state"], ended["first_error"]["code"]) == ("CANCELLED", "CANCELLED")
    assert ids(either, 5_000_000, 45_000) == (0, 0)
    assert either.call("DELETE", f"/runs/{run_id}").status_code == 409
    assert either.call("POST", f"/runs/{run_id}").status_code == 202
    assert either.wait(key)["state"] == "LOADED"
    assert ids(either, 5_000_000, 45_000) == (45_000, 45_000)


def test_files_that_were_there_before_are_found_on_demand(deployment: Deployment) -> None:
    s3, bucket = deployment.s3, deployment.bucket
    wiring = s3.get_bucket_notification_configuration(Bucket=bucket)
    wiring.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        deployment.put("incoming/transactions/before.csv", transactions(6_000_000, 50))
        answer = deployment.call("POST", "/backfill", json={"prefix": "incoming/transactions/before"})
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wiring)
    assert [run["file"] for run in answer.json()["runs"]] == ["incoming/transactions/before.csv"]
    assert deployment.wait("before.csv")["state"] == "LOADED"
    assert ids(deployment, 6_000_000, 50) == (50, 50)
    assert deployment.call("POST", "/redrive").json()["messages"] == 0
