"""Counts the rows of a sample that a column's definition would reject, by the engine's own checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.notation.canonical import Canonical
from chalicelib.domain.raw.swar import PADDING, Fields, fields_of
from chalicelib.domain.staging.validate import ColumnRule, compile_rules
from chalicelib.errors import ContractError
from landfall.infer.toml_text import Settings, table

Counts = Mapping[bytes, int]
"""Distinct values, each with its number of rows."""
FIRST_VALUES = 32
"""Values that are judged first, so that a type of another kind costs little."""
MOST_WRONG = 0.1
"""Largest share of a column's rows that may miss a type which a hint still names."""


def misfits(settings: Settings, counts: Counts) -> int | None:
    """Count the rows whose value a column with these settings rejects. Return None if they are more than MOST_WRONG."""
    rule, values = _rule(table(settings)), list(counts)
    if rule is None:
        return None
    first = values[:FIRST_VALUES]
    if sum(not _fits(rule, value) for value in first) * 2 > len(first):
        return None
    proven = np.zeros(len(values), np.bool_) if _is_read(rule) else rule.prove(_fields(values))
    wrong, most = 0, sum(counts.values()) * MOST_WRONG
    for place in np.flatnonzero(~proven).tolist():
        if not _fits(rule, values[place]):
            wrong += counts[values[place]]
            if wrong > most:
                return None
    return wrong


def _fits(rule: ColumnRule, value: bytes) -> bool:
    """Return whether a value is good; one with a format is judged as it is staged."""
    if rule.rewriter and rule.rewriter.eager:
        read = rule.rewriter.read(value)
        return isinstance(read, Canonical) and (read.text is None or rule.judge(read.text) is None)
    return rule.judge(value) is None


def _is_read(rule: ColumnRule) -> bool:
    """Return whether every value is rewritten before it is judged."""
    return rule.rewriter is not None and rule.rewriter.eager


@lru_cache(maxsize=512)
def _rule(definition: str) -> ColumnRule | None:
    """Return the rule of a column that is so defined; None if a contract may not have it."""
    text = 'name = "c"\ntarget = "s.c"\nlands_at = ["incoming/c/*"]\nkey = ["k"]\n[columns]\n'
    text += f'k = {{ type = "integer", required = true }}\nc = {definition}\n'
    try:
        contract = read_contract("c.toml", text.encode())
    except ContractError:
        return None
    (rule,) = compile_rules(contract, Layout(columns=(contract.column("c"),))).columns
    return rule


def _fields(values: Iterable[bytes]) -> Fields:
    """Return values as one column of a block."""
    held = list(values)
    lengths = np.array([len(value) for value in held], np.int64)
    block = fields_of(b"".join((*held, PADDING)))
    return block.part(np.cumsum(lengths) - lengths, lengths)


def reads_all(settings: Settings, counts: Counts) -> bool:
    """Return whether a column with these settings takes every value."""
    return misfits(settings, counts) == 0
