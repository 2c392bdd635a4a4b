"""Which contract a key belongs to. Decides only; every key has at most one contract, and which one never depends on
the order of the files: contract_file.py refuses contracts that leave it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern


@dataclass(frozen=True, kw_only=True)
class Route:
    """A contract, and what the key's name tells besides."""

    contract: Contract
    captures: Mapping[str, str] = field(default_factory=dict)
    """By name, as the pattern's braces caught them, such as {"month": "November", "year": "2026"}."""


def route(contracts: Mapping[str, Contract], key: str) -> Route | None:
    """The contract with the most specific pattern that the key matches, or None."""
    best: tuple[tuple[bool, int], Route] | None = None
    for contract in contracts.values():
        for source in contract.lands_at:
            pattern = compile_pattern(source)
            captures = pattern.match(key)
            if captures is not None and (best is None or pattern.rank > best[0]):
                best = (pattern.rank, Route(contract=contract, captures=captures))
    return best[1] if best else None


def landing_prefixes(contracts: Mapping[str, Contract]) -> tuple[str, ...]:
    """The top folders that files land in, sorted: what S3 notifications and listings are set up for."""
    folders = {source.split("/", 1)[0] + "/" for c in contracts.values() for source in c.lands_at}
    return tuple(sorted(folders))
