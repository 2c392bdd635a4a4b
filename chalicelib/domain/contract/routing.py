"""The contract of a key. Every key has at most one, independent of the order of the files: contract_file.py refuses
contracts that are ambiguous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern


@dataclass(frozen=True, kw_only=True)
class Route:
    """A contract, and the captures of the key."""

    contract: Contract
    captures: Mapping[str, str] = field(default_factory=dict)
    """Captured texts by name, such as {"month": "November", "year": "2026"}."""


def route(contracts: Mapping[str, Contract], key: str) -> Route | None:
    """Return the contract with the most specific pattern that the key matches, or None. A hidden one counts as None."""
    best: tuple[tuple[bool, int], Route] | None = None
    hidden = _hidden(contracts)
    for contract in (*contracts.values(), *hidden.values()):
        for source in contract.lands_at:
            pattern = compile_pattern(source)
            captures = pattern.match(key)
            if captures is not None and (best is None or pattern.rank > best[0]):
                best = (pattern.rank, Route(contract=contract, captures=captures))
    return best[1] if best and best[1].contract.name not in hidden else None


def is_concealed(contracts: Mapping[str, Contract], key: str) -> bool:
    """Whether a caller who does not see all contracts must not learn of the key."""
    return bool(_hidden(contracts)) and route(contracts, key) is None


def _hidden(contracts: Mapping[str, Contract]) -> Mapping[str, Contract]:
    return getattr(contracts, "hidden", {})


def landing_prefixes(contracts: Mapping[str, Contract]) -> tuple[str, ...]:
    """Return the top folders that files land in, sorted, for S3 notifications and listings."""
    folders = {source.split("/", 1)[0] + "/" for c in contracts.values() for source in c.lands_at}
    return tuple(sorted(folders))


def ignored(patterns: Sequence[str], contracts: Mapping[str, Contract], key: str) -> bool:
    """Return whether a key is that of a file beside the data, such as `_SUCCESS`.

    A pattern with a slash is compared with the key, another one with the file name. A `lands_at` that the pattern fits
    too, such as `incoming/orders/*.ctl` for `*.ctl`, names these files on purpose: they are data.
    """
    found = [pattern for pattern in patterns if _covers(pattern, key)]
    on_purpose = (s for c in contracts.values() for s in c.lands_at if all(_covers(pattern, s) for pattern in found))
    return bool(found) and all(compile_pattern(source).match(key) is None for source in on_purpose)


def _covers(pattern: str, key: str) -> bool:
    name = key if "/" in pattern else key.rpartition("/")[2]
    return compile_pattern(pattern).match(name) is not None
