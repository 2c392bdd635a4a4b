"""The faults of a source in a contract, each with file, key and fix."""

from __future__ import annotations

import re

import pytest

from chalicelib.domain.contract_files.contract_file import fingerprint, read_contract
from chalicelib.domain.contract_files.sources.database import PORTS
from chalicelib.domain.source.schedule import Schedule
from chalicelib.errors import ContractError

HEAD = """
name = "thing"
format = "json"
target = "landing.things"
key = ["id"]
{top}
[columns]
id = {{ type = "bigint", required = true }}
"""
SOURCE = """
[source]
kind = "http"
every = "15m"
from = 2026-01-01
[source.http]
url = "https://api.example.com/v1/things"
parameters = { since = "{start}" }
"""
CUSTOM = '\n[source]\nkind = "custom"\nfactory = "chalicelib.sources.mine:Mine"\nevery = "1h"\n'


def text(source: str = SOURCE, top: str = "") -> bytes:
    return (HEAD.format(top=top) + source).encode()


def faults(source: str, top: str = "") -> list[str]:
    with pytest.raises(ContractError) as caught:
        read_contract("thing.toml", text(source, top))
    return caught.value.faults


def test_a_source_lands_in_its_own_folder() -> None:
    contract = read_contract("thing.toml", text())
    assert contract.lands_at == ("incoming/thing/*",)
    assert contract.source
    assert (contract.source.schedule, contract.source.lag) == (Schedule(every=900), 60)
    assert contract.source.begin == "2026-01-01T00:00:00.000000Z"


def test_a_source_is_not_in_the_fingerprint() -> None:
    """A change of the schedule restarts no file that is on its way."""
    contract = read_contract("thing.toml", text())
    without = read_contract("thing.toml", text("", 'lands_at = ["incoming/thing/*"]'))
    assert fingerprint(contract) == without.fingerprint == contract.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'kind = "http"',
            'kind = "ftp"',
            r'source\.kind: "ftp" is not supported; use one of http, postgresql, mysql, sheets, connect, custom',
        ),
        ('every = "15m"', "", r"source\.every: write either every"),
        ('every = "15m"', 'every = "15m"\ncron = "* * * * *"', r"source\.every: write either every"),
        ('every = "15m"', 'every = "30s"', r'source\.every: "30s" is out of range; write 1m to 31d'),
        ('every = "15m"', 'every = "often"', r'source\.every: "often" is not a duration'),
        ('every = "15m"', 'cron = "0 0 31 2 *"', r"source\.cron: .*is not a cron expression"),
        ('every = "15m"', 'cron = "0 6 * * *"\ntimezone = "Mars"', r'source\.timezone: "Mars" is not a time zone'),
        ('every = "15m"', 'every = "15m"\ntimezone = "UTC"', r"source\.timezone: only cron needs it"),
        ("from = 2026-01-01", "", r"source\.from: is missing"),
        ("from = 2026-01-01", 'from = "then"', r'source\.from: "then" is not a time'),
        ("from = 2026-01-01", 'from = 2026-01-01\nsecret = "A/B"', r'source\.secret: "A/B" is no name'),
        ("from = 2026-01-01", 'from = 2026-01-01\nlagg = "1m"', r"source\.lagg: is not known; did you mean lag\?"),
        ("https:", "http:", r"source\.http\.url: .*is not an https address"),
        ("https://", "https://user:pw@", r"source\.http\.url: has a user or a password"),
        ("/things", "/things?a=b", r"source\.http\.url: has a query"),
        ("[source.http]", "[source.http]\nheaders = { Cookie = 'x' }", r"source\.http\.headers\.Cookie: would hold a"),
        ("[source.http]", "[source.http]\ntime_format = 'unix'", r"source\.http\.time_format: is neither"),
        ("[source.http]", "[source.http]\nauth = { kind = 'header' }", r"source\.http\.auth\.header: is missing"),
        ("[source.http]", "[source.http]\nauth = { kind = 'oauth2' }", r"source\.http\.auth\.token_url: is missing"),
        (
            "[source.http]",
            "[source.http]\nauth = { kind = 'jwt_bearer' }",
            r"source\.http\.auth\.token_url: is missing",
        ),
        (
            "[source.http]",
            "[source.http]\nauth = { kind = 'jwt_bearer', token_url = 'https://x.example/t' }",
            r"source\.http\.auth\.audience: is missing",
        ),
        ("[source.http]", "[source.http]\nauth = { scope = 'x' }", r'auth\.scope: kind = "none" does not use it'),
        ("[source.http]", "[source.http]\nauth = { header = 'x' }", r'auth\.header: kind = "none" does not use it'),
        ("[source.http]", "[source.http]\npaging = { kind = 'page' }", r"source\.http\.paging\.parameter: is missing"),
        ("[source.http]", "[source.http]\npaging = { parameter = 'p' }", r'parameter: kind = "none" does not use it'),
        ("[source.http]", "[source.http]\npaging = { kind = 'next_url' }", r"source\.http\.paging\.next: is missing"),
        ("[source.http]", "[source.http]\npaging = { size = 7 }", r"paging\.size: and size_parameter belong together"),
    ],
)
def test_a_fault_names_its_key_and_fix(old: str, new: str, fault: str) -> None:
    assert old in SOURCE
    found, *_ = faults(SOURCE.replace(old, new))
    assert re.match(rf"thing\.toml: .*{fault}|thing\.toml: {fault}", found), found


def test_a_snapshot_cannot_have_a_source() -> None:
    (found,) = faults(SOURCE, 'kind = "snapshot"')
    assert found.startswith('thing.toml: kind: is "snapshot", but a source lands some rows in each file')


def test_a_source_lands_json() -> None:
    with pytest.raises(ContractError) as caught:
        read_contract("thing.toml", text().replace(b'format = "json"\n', b""))
    assert caught.value.faults == ['thing.toml: format: is "csv", but a source lands JSON; write format = "json"']


def test_the_folder_of_the_source_must_be_the_contracts() -> None:
    (found,) = faults(SOURCE, 'lands_at = ["incoming/other/*"]')
    assert found == "thing.toml: lands_at: does not match incoming/thing/*, where the source lands; add it"


POSTGRESQL = """
[source]
kind = "postgresql"
every = "1h"
[source.postgresql]
host = "db.example.com"
database = "shop"
table = "sales.thing"
watermark = "updated_at"
key = ["id"]
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('table = "sales.thing"\n', "", r"source\.postgresql\.table: write either table"),
        ('table = "sales.thing"', 'table = "a.b"\nquery = "c"', r"source\.postgresql\.table: write either table"),
        ('key = ["id"]\n', "", r"source\.postgresql\.key: is missing"),
        ('host = "db.example.com"\n', "", r"source\.postgresql\.host: is missing"),
        ('database = "shop"\n', "", r"source\.postgresql\.database: is missing"),
        ('key = ["id"]', 'key = ["id"]\nport = 0', r"source\.postgresql\.port: 0 is out of range"),
    ],
)
@pytest.mark.parametrize("kind", PORTS)
def test_faults_of_a_database(kind: str, old: str, new: str, fault: str) -> None:
    sound = POSTGRESQL.replace("postgresql", kind)
    source = read_contract("thing.toml", text(sound)).source
    assert source
    assert source.database
    assert source.database.port == PORTS[kind]
    (found,) = faults(sound.replace(old, new))
    assert re.search(fault.replace("postgresql", kind), found), found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('factory = "mine"', r'"mine" is no factory'),
        ('cursor = "number"\nlag = "1m"', r"source\.lag: is a time, but the cursor is a number"),
        ('max_window = "1d"', r"source\.max_window: needs from"),
        ('look_back = "1x"', r"source\.look_back: .*is not a duration"),
    ],
)
def test_faults_of_a_source_of_ones_own(line: str, fault: str) -> None:
    source = re.sub("factory = .*\n", "", CUSTOM) if "factory" in line else CUSTOM
    (found,) = faults(source + line)
    assert re.search(fault, found), found
