"""The faults of a source that is an instance of Amazon Connect, each with file, key and fix."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.source.connect import ConnectSettings, ContactTime, Dataset, Interval, Metric
from chalicelib.errors import ContractError

INSTANCE = "arn:aws:connect:eu-central-1:123456789012:instance/12345678-1234-1234-1234-123456789012"
HEAD = """
name = "thing"
format = "json"
target = "landing.things"
key = ["id"]
[columns]
id = { type = "varchar(36)", required = true }
"""
USERS = f"""
[source]
kind = "connect"
every = "1d"
[source.connect]
instance = "{INSTANCE}"
dataset = "users"
"""
CONTACTS = f"""
[source]
kind = "connect"
every = "1h"
from = 2026-01-01
look_back = "1d"
[source.connect]
instance = "{INSTANCE}"
dataset = "contacts"
"""
METRICS = f"""
[source]
kind = "connect"
every = "1h"
from = 2026-01-01
[source.connect]
instance = "{INSTANCE}"
dataset = "metrics"
interval = "DAY"
timezone = "Europe/Berlin"
groupings = ["QUEUE"]
[source.connect.filters]
QUEUE = ["one"]
CHANNEL = ["VOICE", "CHAT"]
[source.connect.metrics]
handled = {{ name = "CONTACTS_HANDLED", filters = {{ INITIATION_METHOD = ["API"] }} }}
level = {{ name = "SERVICE_LEVEL", threshold = 60 }}
"""


def settings(source: str) -> ConnectSettings:
    contract = read_contract("thing.toml", (HEAD + source).encode())
    assert contract.source
    assert contract.source.connect
    return contract.source.connect


def test_each_dataset_is_read() -> None:
    users = settings(USERS)
    assert (users.dataset, users.region, users.instance_id) == (Dataset.USERS, "eu-central-1", INSTANCE[-36:])
    ended = settings(CONTACTS.replace('look_back = "1d"', "") + 'time = "DISCONNECT_TIMESTAMP"')
    assert (ended.dataset, ended.time) == (Dataset.CONTACTS, ContactTime.DISCONNECT)
    metrics = settings(METRICS)
    assert (metrics.interval, metrics.timezone, metrics.groupings) == (Interval.DAY, "Europe/Berlin", ("QUEUE",))
    assert metrics.metrics == (
        Metric(alias="handled", name="CONTACTS_HANDLED", filters={"INITIATION_METHOD": ("API",)}),
        Metric(alias="level", name="SERVICE_LEVEL", threshold=60.0),
    )


def test_channels_are_not_counted_among_the_values() -> None:
    listed = ", ".join(f'"q{number}"' for number in range(100))
    assert len(settings(METRICS.replace('"one"', listed)).filters["QUEUE"]) == 100


MANY = ", ".join(f'"v{number}"' for number in range(101))


@pytest.mark.parametrize(
    ("source", "old", "new", "fault"),
    [
        (USERS, INSTANCE, INSTANCE[-36:], "source.connect.instance: .* is not the ARN of an instance"),
        (USERS, INSTANCE, f"{INSTANCE}/agent/*", "source.connect.instance: .* is not the ARN of an instance"),
        (USERS, f'instance = "{INSTANCE}"', "", "source.connect.instance: is missing"),
        (USERS, 'dataset = "users"', "", "source.connect.dataset: is missing; write one of users, queues"),
        (USERS, '"users"', '"agents"', 'source.connect.dataset: "agents" is not supported'),
        (USERS, 'every = "1d"', 'every = "1d"\nfrom = 2026-01-01', "source.from: .* but users are read in whole"),
        (USERS, 'every = "1d"', 'every = "1d"\nlook_back = "1d"', "source.look_back: is for a source"),
        (USERS, 'every = "1d"', 'every = "1d"\nsecret = "aws"', "source.secret: is not used"),
        (CONTACTS, "from = 2026-01-01", "", "source.from: is missing; write from when on contacts are read"),
        (CONTACTS, 'look_back = "1d"', "", "source.look_back: is missing; a contact changes after its INITIATION"),
        (CONTACTS, 'look_back = "1d"', 'look_back = "1d"\ncursor = "time"', "source.cursor: is not used"),
        (CONTACTS, '"contacts"', '"contacts"\ntime = "ENQUEUE_TIMESTAMP"', "source.connect.time: .*not supported"),
        (CONTACTS, '"contacts"', '"contacts"\ngroupings = ["QUEUE"]', 'groupings: is for dataset = "metrics"'),
        (METRICS, '"DAY"', '"DAY"\ntime = "DISCONNECT_TIMESTAMP"', 'connect.time: is for dataset = "contacts"'),
        (METRICS, '"DAY"', '"WEEK"', 'source.connect.interval: "WEEK" is not supported'),
        (METRICS, '"DAY"', '"HOUR"', 'source.connect.timezone: only interval = "DAY" needs it'),
        (METRICS, "Europe/Berlin", "Berlin", 'source.connect.timezone: "Berlin" is not a time zone'),
        (METRICS, '["QUEUE"]', '["A", "B", "C", "D", "E"]', "source.connect.groupings: has 5 keys"),
        (METRICS, 'QUEUE = ["one"]', "", "source.connect.filters: has none of QUEUE, ROUTING_PROFILE, AGENT"),
        (METRICS, '["one"]', "[]", "source.connect.filters: QUEUE has no value"),
        (METRICS, '["one"]', f"[{MANY}]", "source.connect.filters: has 101 values"),
        (METRICS, '["API"]', f"[{MANY}]", "source.connect.metrics.handled.filters: has 101 values; .* at most 10"),
        (METRICS, 'CHANNEL = ["VOICE", "CHAT"]', "\n".join(f'F{n} = ["a"]' for n in range(5)), "filters: has 6 keys"),
        (METRICS, "level =", "queue =", "metrics.queue: is the name of another field"),
        (METRICS, "level =", "start_time =", "metrics.start_time: is the name of another field"),
        (
            METRICS,
            "level =",
            'two = { name = "SERVICE_LEVEL", threshold = 60.0 }\nlevel =',
            "level: is the same metric",
        ),
        (METRICS, "threshold = 60", 'comparison = "LT"', "metrics.level.comparison: needs a threshold"),
        (METRICS, "threshold = 60", 'threshold = 1, comparison = "EQ"', 'comparison: "EQ" is not supported'),
        (METRICS, 'name = "SERVICE_LEVEL", ', "", "source.connect.metrics.level.name: is missing"),
        (METRICS, METRICS.partition("[source.connect.metrics]")[2], "", "source.connect.metrics: is missing"),
    ],
)
def test_a_fault_names_its_key(source: str, old: str, new: str, fault: str) -> None:
    assert old in source
    with pytest.raises(ContractError, match=fault):
        read_contract("thing.toml", (HEAD + source.replace(old, new, 1)).encode())
