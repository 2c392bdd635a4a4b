"""Clients, clocks and cursors."""

from __future__ import annotations

import copy

import pytest

from chalicelib.adapters.clients import client, config


@pytest.mark.parametrize("service", ["s3", "dynamodb", "redshift-data", "sqs", "sns", "secretsmanager"])
def test_every_call_has_an_end_and_a_few_tries(service: str) -> None:
    made = config(service)
    assert 0 < made.connect_timeout <= 5
    assert 0 < made.read_timeout <= 60
    assert made.retries == {"mode": "standard", "total_max_attempts": 4}


def test_a_client_goes_to_its_endpoint() -> None:
    made = client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    assert made.meta.endpoint_url == "http://127.0.0.1:9"
    assert made.meta.config.connect_timeout == 3.0


def test_a_client_can_be_copied() -> None:
    assert not hasattr(client("no-such-service"), "__setstate__"), "a name that is no call builds no client"
    assert copy.copy(client("sqs", region_name="eu-west-1")).meta.region_name == "eu-west-1"
