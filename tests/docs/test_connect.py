"""The contracts for Amazon Connect in docs/sources.md read what it writes: contact records, and what a source reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.source.position import at
from chalicelib.sources.connect.source import ConnectSource
from chalicelib.sources.source import Surroundings, Window
from tests.sources.connect_server import Connect, served_connect
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
        ("incoming/connect_contact/processing-failed/2026/03/01/10/contacts-1", True),
        ("firehose-errors/processing-failed/2026/03/01/10/contacts-1", False),
    ],
)
def test_only_keys_of_the_contract_land(contract: Contract, key: str, lands: bool) -> None:
    assert any(compile_pattern(source).match(key) is not None for source in contract.lands_at) == lands


SHOWN = re.findall(r"^```toml\n(name = .*?kind = \"connect\".*?)^```", TEXT.partition("### Users")[2], re.M | re.S)
AT = datetime(2026, 3, 1, 10, 0, 0, 123_000, tzinfo=UTC)
QUEUE = "aaaaaaaa-1111-2222-3333-bbbbbbbbbbbb"
ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [{"Id": "u1", "Username": "ann", "IdentityInfo": {"FirstName": "Ann"}, "SecurityProfileIds": ["a"]}],
    "queues": [{"QueueId": QUEUE, "Name": "Sales", "Status": "ENABLED", "MaxContacts": 5, "LastModifiedTime": AT}],
    "contacts": [
        {
            "Id": f"c{number}",
            "Channel": "VOICE",
            "InitiationTimestamp": AT,
            "QueueInfo": {"Id": QUEUE, "EnqueueTimestamp": AT},
            "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Telephony"}},
        }
        for number in range(3)
    ],
}
STAGED = {
    "user": b'"u1","ann","Ann",_landfall_null_,_landfall_null_,"[""a""]"',
    "queue": b'"Sales",_landfall_null_,"ENABLED",5,"2026-03-01T10:00:00.123000Z"',
    "contact": b'"VOICE",_landfall_null_,"2026-03-01T10:00:00.123000Z",,"' + QUEUE.encode(),
    "queue_hour": b'"2026-03-01T10:00:00.000000Z",3,,3.0',
}


@pytest.fixture(scope="module")
def server() -> Iterator[Connect]:
    yield from served_connect()


@pytest.mark.parametrize("text", SHOWN)
def test_what_a_source_reads_is_staged(server: Connect, text: str) -> None:
    name = text.partition('"')[2].partition('"')[0]
    contract = read_contract(f"{name}.toml", text.encode())
    assert contract.source
    server.instance.users, server.instance.queues, server.instance.contacts = ROWS.values()
    around = Surroundings(object=name, settings=contract.source, secret=dict, now=AT.timestamp, aws=server.aws)
    window = Window(start=at(AT - timedelta(hours=1)), stop=at(AT + timedelta(hours=1)))
    landed = b"".join(page.content for page in ConnectSource(around).pages(window, ""))
    good, reasons = staged(contract, landed, 1 << 20)
    assert (len(good), reasons) == ({"contact": 3}.get(name, 1), [])
    assert STAGED[name] in good[0]


def test_each_dataset_is_shown() -> None:
    assert re.findall(r'^dataset = "(\w+)"', TEXT, re.M) == ["users", "queues", "contacts", "metrics"]
