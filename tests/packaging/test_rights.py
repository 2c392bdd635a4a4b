"""Each function may do what it does, on what it does it to, and nothing else: what its code calls is recorded.

The scenarios lead every function through each of its ways; that none is left out shows where a policy allows what
nobody called, and where the adapters have a call that nobody made.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pprint import pformat
from typing import Any

import pytest
from moto import mock_aws

import app as application
from chalicelib.api.routes import ROUTES
from chalicelib.domain.contract.expected import Expected
from deploy.sources import rights_of_sources
from deploy.stage import ROOT, filled, granted, with_login
from tests.packaging.account import Account
from tests.packaging.directly import direct_account
from tests.packaging.exported import a_large_export_is_written, with_export
from tests.packaging.fetched import CONNECTED, FETCHED, sources_are_read
from tests.packaging.policies import FOLDERS, FUNCTIONS, VALUES
from tests.packaging.rights import WHERE, Right
from tests.packaging.scenarios import (
    a_large_file_comes,
    files_come,
    messages_are_lost,
    other_files_are_run_again,
    other_files_come,
    people_look,
    rows_are_corrected,
    runs_are_stopped,
    tries_fail,
    what_is_in_cold_storage_is_restored,
    what_was_loaded_is_run_again,
    workers_die,
)
from tests.support.api import CONTRACTS

UNCALLED = ("logs:", "xray:")
"""Lambda itself writes logs and traces with a function's role; the tests beside this one say where to."""
POLLED = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
"""Lambda itself takes a function's messages out of its queue, with the function's role."""
CLIENTS = {
    "_s3": "s3",
    "client": "s3",
    "_db": "dynamodb",
    "_sqs": "sqs",
    "_sns": "sns",
    "_api": "redshift-data",
    "_secrets": "secretsmanager",
}
"""What the adapters call their clients."""
MANAGED = {"s3:Copy": "s3:UploadPartCopy"}
"""boto3's own copy, and a call that it makes."""


WITHOUT_VERSIONS = (files_come, what_was_loaded_is_run_again, what_is_in_cold_storage_is_restored)
WITH_VERSIONS = (
    *WITHOUT_VERSIONS,
    other_files_come,
    other_files_are_run_again,
    tries_fail,
    messages_are_lost,
    rows_are_corrected,
    runs_are_stopped,
    workers_die,
    people_look,
    sources_are_read,
    a_large_file_comes,
    a_large_export_is_written,
)


# ---- what was called ------------------------------------------------------------------------------------------------


def test_each_function_may_do_what_it_does_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    accounts = _played()
    assert _written() <= set().union(*(account.calls.names for account in accounts)), "no scenario makes a call"
    assert accounts[0].routes == _routes(), "no scenario asks a route"
    wrong: defaultdict[str, dict[str, list[Right]]] = defaultdict(dict)
    for name in FUNCTIONS:
        needs, may = _needs(name, accounts), _may(name, {})
        for what, found in (("may not", needs - may), ("never does", may - needs)):
            if found:
                wrong[name][what] = sorted(found)
    assert not wrong, pformat(dict(wrong), width=120)


def test_a_direct_load_reads_its_login_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        account = direct_account(CONTRACTS)
        files_come(account)
    assert "secretsmanager:GetSecretValue" in account.calls.names
    reads = "secretsmanager:GetSecretValue", account.settings.db_secret
    assert [name for name in FUNCTIONS if reads in account.calls.rights[name]] == ["advance_run"]
    stage = {"environment_variables": {"LANDFALL_DB_SECRET": account.settings.db_secret}}
    assert {name: more for name in FUNCTIONS if (more := account.calls.rights[name] - _may(name, stage))} == {}


def _played() -> list[Account]:
    """A bucket with versions, which is usual, and one without: to read and delete a version takes other rights."""
    due = datetime.now(UTC) - timedelta(hours=2)
    daily = with_export(CONTRACTS["thing"], expected=Expected.parse(f"{due:%H:%M}", ()))
    accounts = []
    for versioned, scenarios in ((True, WITH_VERSIONS), (False, WITHOUT_VERSIONS)):
        with mock_aws():
            contracts = {**CONTRACTS, "thing": daily, "fetched": FETCHED, **CONNECTED}
            accounts.append(Account(contracts, versioned=versioned))
            for scenario in scenarios:
                scenario(accounts[-1])
    return accounts


def _needs(name: str, accounts: list[Account]) -> set[Right]:
    """What a function was seen to need, and what Lambda does in its name."""
    own = [e.queue for e in application.app.event_sources if e.name == name and hasattr(e, "queue")]
    polled = {(action, f"arn:aws:sqs:{WHERE}:{queue}") for queue in own for action in POLLED}
    return polled.union(*(account.calls.rights[name] for account in accounts))


def _may(name: str, stage: Mapping[str, Any]) -> set[Right]:
    document = granted(name, stage, FOLDERS, rights_of_sources(CONNECTED.values()))
    document = filled(with_login(document, cluster=False), VALUES)
    allowed = [s for s in document["Statement"] if s["Effect"] == "Allow"]
    pairs = {(action, arn) for s in allowed for action in s["Action"] for arn in s["Resource"]}
    return {(action, arn) for action, arn in pairs if not action.startswith(UNCALLED)}


def _written() -> set[str]:
    """The calls that the adapters' text has."""
    found: set[str] = set()
    for path in (ROOT / "chalicelib/adapters").glob("*.py"):
        text = path.read_text()
        for client, method in re.findall(rf"\b({'|'.join(CLIENTS)})\.([a-z_0-9]+)\(", text):
            request = re.findall(r'get_paginator\("(\w+)"\)', text) if method == "get_paginator" else [method]
            named = (f"{CLIENTS[client]}:{''.join(map(str.title, name.split('_')))}" for name in request)
            found.update(MANAGED.get(name, name) for name in named)
    assert len(found) > 20
    return found


def _routes() -> set[tuple[str, str]]:
    """All but those that only tell people to encode a key."""
    return {(route.method, route.path) for route in ROUTES if route.handler != "unencoded"}
