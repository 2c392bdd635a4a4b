"""Contracts with sources, and what happens to them."""

from __future__ import annotations

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.packaging.account import Account
from tests.packaging.rights import BUCKET

FETCHED = read_contract(
    "fetched.toml",
    b"""
name = "fetched"
format = "json"
target = "landing.fetched"
key = ["id"]

[columns]
id = { type = "varchar(16)", required = true }

[source]
kind = "custom"
factory = "never.imported:Source"
every = "5m"
secret = "fetched"
""",
)
CONNECT = """
name = "{name}"
format = "json"
target = "landing.{name}"
key = ["id"]

[columns]
id = {{ type = "varchar(16)", required = true }}

[source]
kind = "connect"
every = "5m"
{window}
[source.connect]
instance = "arn:aws:connect:eu-central-1:123456789012:instance/12345678-1234-1234-1234-123456789012"
dataset = "{name}"
{more}
"""
WINDOW = "from = 2027-01-14"
METRICS = """
filters = { QUEUE = ["sales"], ROUTING_PROFILE = ["p"], CHANNEL = ["VOICE"] }
metrics = { handled = { name = "CONTACTS_HANDLED" } }
"""
CONNECTED = {
    name: read_contract(f"{name}.toml", CONNECT.format(name=name, window=window, more=more).encode())
    for name, window, more in (
        ("users", "", ""),
        ("queues", "", ""),
        ("contacts", f'{WINDOW}\nlook_back = "1h"', ""),
        ("metrics", WINDOW, METRICS),
    )
}


def sources_are_read(account: Account) -> None:
    """In two messages, because the first has no time; then the secret is gone, and support is notified."""
    account.secrets.create_secret(Name="landfall-dev-source/fetched", SecretString='{"token": "t"}')
    account.tick()
    account.settle()
    account.ask("GET", "/sources")
    account.ask("POST", "/sources/{name}", "fetched")
    account.settle()
    assert account.s3.list_objects_v2(Bucket=BUCKET, Prefix="incoming/fetched/")["KeyCount"] > 1
    account.secrets.delete_secret(SecretId="landfall-dev-source/fetched", ForceDeleteWithoutRecovery=True)
    account.tick()
    account.settle()
