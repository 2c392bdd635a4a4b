"""The contract of contact records in docs/sources.md reads what Firehose writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.paths import ROOT
from tests.support.staged_rows import staged

TEXT = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
CONTRACT = 'name = "connect_contact"' + TEXT.partition('name = "connect_contact"')[2].partition("```")[0]


def record(number: int, **fields: Any) -> dict[str, Any]:
    """A contact record, with the names of AWS's data model."""
    return {
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": {"Username": f"agent{number}", "HierarchyGroups": None},
        "Attributes": {"Case number": "00123", "language}{": "nb"},
        "Channel": "VOICE",
        "ContactId": f"b0d2{number}",
        "DisconnectTimestamp": "2026-03-01T10:05:00Z",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": "2026-03-01T10:00:00Z",
        "LastUpdateTimestamp": "2026-03-01T10:06:00Z",
        "Queue": {"Name": "Sales", "Duration": 12},
        **fields,
    }


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_contract("connect_contact.toml", CONTRACT.encode())


@pytest.mark.parametrize("size", [1 << 20, 200])
def test_concatenated_records_are_rows(contract: Contract, size: int) -> None:
    records = [record(n) for n in range(50)] + [record(50, Queue=None, Agent=None, Attributes={}, Recordings=[{}])]
    good, reasons = staged(contract, "".join(map(json.dumps, records)).encode(), size)
    assert (len(good), reasons) == (51, [])
    assert b'"agent7"' in good[7]
    assert b'""Case number"":""00123""' in good[7]


def test_a_record_without_its_key_is_a_reject(contract: Contract) -> None:
    data = "".join(json.dumps(one) for one in (record(1), record(2, ContactId=None), record(3))).encode()
    good, reasons = staged(contract, data, 1 << 20)
    assert len(good) == 2
    assert len(reasons) == 1


@pytest.mark.parametrize(
    ("key", "lands"),
    [
        ("incoming/connect_contact/2026/03/01/10/contacts-1-2026-03-01-10-00-00-abc", True),
        ("incoming/connect_contact/2026/03/01/10/contacts-1.gz", True),
        ("firehose-errors/processing-failed/2026/03/01/10/contacts-1", False),
    ],
)
def test_only_what_was_delivered_lands(contract: Contract, key: str, lands: bool) -> None:
    assert any(compile_pattern(source).match(key) is not None for source in contract.lands_at) == lands
