"""The token that is known for the time of a test."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from landfall.doctor.token import temporary_token

OURS = {"name": "ops", "role": "operator", "sha256": "00" * 32}
LATER = {"name": "later", "role": "reader", "token": "plain"}


class Secrets:
    """One secret."""

    def __init__(self, **content: Any) -> None:
        self.text = json.dumps(content)

    def get_secret_value(self, **request: str) -> Any:
        assert list(request.values()) == ["landfall-dev-tokens"]
        return {"SecretString": self.text}

    def put_secret_value(self, **request: str) -> None:
        self.text = request["SecretString"]

    @property
    def tokens(self) -> list[dict[str, str]]:
        return list(json.loads(self.text)["tokens"])


def fails_within(secrets: Secrets) -> None:
    """A test that ends in an error, while another token is added."""
    with temporary_token(secrets, "landfall-dev-tokens") as token:
        digest = hashlib.sha256(token.encode()).hexdigest()
        assert secrets.tokens == [OURS, {"name": "landfall-doctor", "role": "reader", "sha256": digest}]
        assert token not in secrets.text
        secrets.put_secret_value(SecretString=json.dumps({"tokens": [*secrets.tokens, LATER], "note": "kept"}))
        raise KeyError


def test_it_is_there_for_a_while_and_others_stay() -> None:
    secrets = Secrets(tokens=[OURS], note="kept")
    with pytest.raises(KeyError):
        fails_within(secrets)
    assert json.loads(secrets.text) == {"tokens": [OURS, LATER], "note": "kept"}


def test_each_is_another_one() -> None:
    made = set()
    for _ in range(3):
        with temporary_token(Secrets(tokens=[]), "landfall-dev-tokens") as token:
            made.add(token)
    assert len(made) == 3
