"""Rejected rows of a file, and how a client corrects and resubmits them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.contract_files.contract_file import load_contracts
from tests.support.api import Answer, Api, seg

CONTRACTS = load_contracts(Path(__file__).parent / "corrected")


KEY = "incoming/thing/a.csv"


FILE = b'''id,value,amount
k0,v,0
x1,"one, ""quoted""",eins
k1,v,1
x2,two,zwei
x3,"three
lines",drei
k2,v,2
k1,too,many,fields
k3,later,3
'''


def rejects(api: Api, name: str = KEY) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/rejects/{seg(name)}").body
    return found


def by_id(page: dict[str, Any]) -> dict[str, tuple[int, list[str]]]:
    place = page["columns"].index("id")
    return {r["values"][place]: (r["byte_offset"], r["values"]) for r in page["rejects"] if r["values"]}


def send(api: Api, page: dict[str, Any], rows: dict[int, list[str]], **more: Any) -> Answer:
    listed = [{"byte_offset": offset, "values": values} for offset, values in rows.items()]
    body = {"generation": page["generation"], "columns": page["columns"], "rows": listed, **more}
    return api.post(f"/rejects/{page['corrects'] or page['run_id']}", body)


def correction(api: Api, amounts: dict[str, str], name: str = KEY) -> str:
    """Set the last value of these rows, send them, and let them go all the way. Returns the run."""
    page = rejects(api, name)
    known = by_id(page)
    answer = send(api, page, {known[key][0]: [*known[key][1][:-1], amount] for key, amount in amounts.items()})
    assert answer.status == 202, answer.body
    api.deployment.settle()
    return str(answer.body["run_id"])


def rows_of(api: Api, name: str = KEY) -> dict[str, int]:
    status = api.get(f"/status/{seg(name)}").body
    assert status["balanced"] is True
    return {what: count for what, count in status["rows"].items() if count}


def target(api: Api, table: str = "landing.things") -> dict[str, tuple[Any, ...]]:
    return {str(row["id"]): tuple(row.values())[1:] for row in api.deployment.warehouse.rows(table)}


def with_contracts(api: Api) -> Api:
    api.deployment.pipeline = replace(
        api.deployment.pipeline, ctx=replace(api.deployment.pipeline.ctx, contracts=CONTRACTS)
    )
    bootstrap.use(replace(bootstrap.wired(), pipeline=api.deployment.pipeline))
    return api
