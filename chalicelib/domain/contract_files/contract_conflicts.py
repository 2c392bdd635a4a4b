"""The rules of contracts together: names, targets, keys of files and exports belong to one contract each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import Pattern, PatternError, compile_pattern, overlap


def faults_between(by_file: Mapping[str, Contract]) -> Iterator[str]:
    """Return the conflicts between two contracts, each as 'file: key: fault and fix'."""
    for (file, one), (other_file, other) in combinations(by_file.items(), 2):
        if one.name and one.name == other.name:
            yield f'{other_file}: name: "{other.name}" is also the name in {file}; rename one'
        if one.schema and (one.schema, one.table) == (other.schema, other.table):
            yield f"{other_file}: target: {other.schema}.{other.table} is also the target in {file}; give each its own"
        for a, b in _tied(one, other):
            yield (
                f'{other_file}: lands_at: "{b}" and "{a}" of {file} match the same keys, and neither is more specific;'
                " put more text into one, or give each its own folder"
            )
    yield from _export_conflicts(by_file)


def _tied(one: Contract, other: Contract) -> Iterator[tuple[str, str]]:
    for a in _compiled(one):
        for b in _compiled(other):
            if a.rank == b.rank and overlap(a, b):
                yield a.source, b.source


def _compiled(contract: Contract) -> Iterator[Pattern]:
    for source in contract.lands_at:
        try:
            yield compile_pattern(source)
        except PatternError:
            continue


def _export_conflicts(by_file: Mapping[str, Contract]) -> Iterator[str]:
    """Yield the exports of two contracts to the same key, each as 'file: key: fault and fix'."""
    owners: dict[str, str] = {}
    for file, contract in by_file.items():
        key = contract.export.key if contract.export else ""
        if key and (owner := owners.setdefault(key, file)) != file:
            yield f'{file}: export.key: "{key}" is also the key in {owner}; give each its own'
