"""The first repeat of a key is the first, also when the rows do not fit into what may be held; chance is no repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chalicelib.domain.contract.contract import Contract, DuplicateKeys
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import ContractError
from landfall.check.repeated import Repeated, first_repeat
from tests.support.simulated.deployment import CONTRACTS
from tests.support.simulated.scenarios import text

CONTRACT = replace(CONTRACTS["thing"], duplicate_keys=DuplicateKeys.FAIL)


def block(hashes: list[int], first: int = 0) -> Block:
    """Rows with keys of these hashes, ten bytes apart."""
    at = np.arange(len(hashes)) * 10 + first
    return Block(
        start=first,
        end=first + 10 * len(hashes),
        good=b"",
        rows_read=len(hashes),
        rows_good=len(hashes),
        lines=len(hashes),
        key_hashes=np.array(hashes, np.uint64) * np.uint64(0x9E3779B97F4A7C15),
        key_offsets=at,
    )


@pytest.mark.parametrize("held", [10, 100, 10**6])
@pytest.mark.parametrize("seed", range(5))
def test_pairs_do_not_depend_on_what_is_held(held: int, seed: int) -> None:
    keys = np.random.default_rng(seed).integers(0, 500, 2_000).tolist()
    firsts: dict[int, int] = {}
    seconds: dict[int, int] = {}
    with Repeated(CONTRACT, held) as repeated:
        for start in range(0, 2_000, 130):
            repeated.add(block(keys[start : start + 130], 10 * start))
        found = repeated.pairs(5)
    for number, key in enumerate(keys):
        if key in firsts:
            seconds.setdefault(key, 10 * number)
        firsts.setdefault(key, 10 * number)
    assert found == sorted((at, firsts[key]) for key, at in seconds.items())[:5]


def test_without_the_option_nothing_is_held() -> None:
    with Repeated(CONTRACTS["thing"]) as repeated:
        repeated.add(block([1, 1]))
        assert repeated.pairs() == []


def test_a_hash_that_two_keys_share_is_no_repeat() -> None:
    body = text({"k1": "a,1", "k2": "b,2"}) + b"k1,c,3\n"
    contract: Contract = CONTRACT
    rules = replace(compile_rules(contract, Layout.of(contract, ("id", "value", "amount"))), lineage=False)
    one, two, three = (body.index(row) for row in (b"k1,a", b"k2,b", b"k1,c"))
    with Repeated(contract) as repeated:
        repeated.add(replace(block([7, 7]), key_offsets=np.array([one, two])))
        assert first_repeat(InMemory(body), rules, contract, repeated) is None
        repeated.add(replace(block([8, 8]), key_offsets=np.array([one, three])))
        assert first_repeat(InMemory(body), rules, contract, repeated) == three


def test_the_setting_has_two_values_only() -> None:
    toml = b'name = "t"\ntarget = "a.t"\nlands_at = ["t/*"]\nkey = ["k"]\nduplicate_keys = "last"\n'
    with pytest.raises(ContractError, match='duplicate_keys: "last" is not supported; collapse or fail only'):
        read_contract("t.toml", toml + b'[columns]\nk = { type = "integer", required = true }\n')
