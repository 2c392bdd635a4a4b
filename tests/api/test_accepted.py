"""POST /runs/<file> with accept_rejects: the good rows of a file that has too many bad ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.domain.run.notices import mail
from tests.support.api import GOOD, KEY, NO_HEADER, Api, seg
from tests.support.simulated.scenarios import numbered, text

MOSTLY_BAD = text(numbered(2), tuple(f"x{n},y,notanumber" for n in range(5)))
ACCEPT = {"accept_rejects": True}
OPERATOR_NAME = "ops"


@pytest.fixture
def refused(api: Api) -> Api:
    """A file of two good rows and five bad ones: REJECTED."""
    api.land(KEY, MOSTLY_BAD)
    assert (api.only_run().state, api.run_of(KEY).problem.code) == (RunState.REJECTED, "TOO_MANY_REJECTS")
    return api


@pytest.mark.parametrize(
    ("path", "body"), [(f"/runs/{seg(KEY)}", ACCEPT), ("/runs/thing", {"file": KEY, **ACCEPT}), ("/runs/a.csv", ACCEPT)]
)
def test_the_good_rows_are_loaded_once_and_the_bad_ones_kept(refused: Api, path: str, body: dict[str, Any]) -> None:
    before = refused.only_run()
    answer = refused.post(path, body)
    assert (answer.status, answer.body["runs"][0]["state"]) == (202, "ARRIVED")
    refused.deployment.settle()
    assert not refused.deployment.violations
    status = refused.get(f"/status/{seg(KEY)}").body
    assert (status["state"], status["generation"], status["accepted_by"]) == ("LOADED", 2, OPERATOR_NAME)
    assert status["load_id"] != before.load_id
    assert (status["rows"]["read"], status["rows"]["inserted"], status["rows"]["rejected"]) == (7, 2, 5)
    assert status["balanced"]
    assert len(refused.deployment.warehouse.rows("landing.things")) == 2
    assert refused.get(f"/rejects/{seg(KEY)}").body["total"] == 5
    [message] = refused.deployment.notifier.successes
    assert message["accepted_by"] == OPERATOR_NAME
    assert f"Accepted by: {OPERATOR_NAME}" in mail(message)


def test_without_the_flag_it_is_refused_again(refused: Api) -> None:
    refused.post(f"/runs/{seg(KEY)}")
    refused.deployment.settle()
    run = refused.run_of(KEY)
    assert (run.state, run.generation, run.accepted_by) == (RunState.REJECTED, 2, "")


def test_a_rerun_after_it_asks_again(refused: Api) -> None:
    refused.post(f"/runs/{seg(KEY)}", ACCEPT)
    refused.deployment.settle()
    refused.post(f"/runs/{seg(KEY)}")
    refused.deployment.settle()
    assert (refused.run_of(KEY).state, refused.run_of(KEY).accepted_by) == (RunState.REJECTED, "")
    assert len(refused.deployment.warehouse.rows("landing.things")) == 2


@pytest.mark.parametrize(("body", "shown"), [(NO_HEADER, "REJECTED (HEADER_"), (GOOD, "LOADED")])
def test_a_file_that_ended_otherwise_has_nothing_to_accept(api: Api, body: bytes, shown: str) -> None:
    api.land(KEY, body)
    before = api.only_run()
    answer = api.post(f"/runs/{seg(KEY)}", ACCEPT)
    assert (answer.status, answer.body["error"]["code"]) == (409, "NOTHING_TO_ACCEPT")
    assert shown in answer.body["error"]["message"]
    assert api.only_run() == before


def test_another_content_at_the_key_is_not_accepted_unseen(refused: Api) -> None:
    refused.deployment.objects.put("landing", KEY, MOSTLY_BAD + b"x9,y,alsonot\n")
    answer = refused.post(f"/runs/{seg(KEY)}", ACCEPT)
    assert (answer.status, answer.body["error"]["code"]) == (409, "NOTHING_TO_ACCEPT")


def test_a_dry_run_accepts_nothing(refused: Api) -> None:
    before = refused.only_run()
    answer = refused.post(f"/runs/{seg(KEY)}", {**ACCEPT, "dry_run": True})
    assert (answer.status, [run["file"] for run in answer.body["runs"]]) == (202, [KEY])
    assert refused.only_run() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [("/runs/thing", ACCEPT), ("/runs/thing", {"period": "2026", **ACCEPT}), ("/runs/a.csv", {"accept_rejects": 1})],
)
def test_it_is_for_one_file(refused: Api, path: str, body: dict[str, Any]) -> None:
    answer = refused.post(path, body)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BAD_REQUEST")


def test_an_acceptance_does_not_outlive_a_changed_contract(refused: Api) -> None:
    refused.post(f"/runs/{seg(KEY)}", ACCEPT)
    deployment = refused.deployment
    contracts = deployment.pipeline.ctx.contracts
    deployment.deliver_message()  # it is planned by the contract as it is
    assert refused.run_of(KEY).state is RunState.STAGING
    deployment.reconfigure(contracts={**contracts, "thing": replace(contracts["thing"], fingerprint="changed")})
    deployment.settle()
    assert (refused.run_of(KEY).state, refused.run_of(KEY).accepted_by) == (RunState.REJECTED, "")
