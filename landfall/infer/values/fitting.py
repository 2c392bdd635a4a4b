"""Counts the rows of a sample that a column's definition would reject, by the engine's own checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract_files.column_type import parse_type
from chalicelib.domain.contract_files.contract_file import read_contract
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


def misfits(kind: str, form: str, counts: Counts) -> int | None:
    """Count the rows whose value does not fit a type. Return None if they are more than MOST_WRONG."""
    rule = _rule(kind, form)
    first = list(counts)[:FIRST_VALUES]
    if sum(rule.judge(value) is not None for value in first) * 2 > len(first):
        return None
    values = list(counts)
    unproven = np.flatnonzero(~rule.prove(_fields(values))).tolist()
    wrong, most = 0, sum(counts.values()) * MOST_WRONG
    for place in unproven:
        if rule.judge(values[place]):
            wrong += counts[values[place]]
            if wrong > most:
                return None
    return wrong


@lru_cache(maxsize=512)
def _rule(kind: str, form: str) -> ColumnRule:
    column = Column(name="c", type=parse_type(kind), format=form)
    contract = Contract(name="c", schema="s", table="t", lands_at=(), columns=(column,), key=())
    (rule,) = compile_rules(contract, Layout(columns=(column,))).columns
    return rule


def _fields(values: Iterable[bytes]) -> Fields:
    """Return values as one column of a block."""
    held = list(values)
    lengths = np.array([len(value) for value in held], np.int64)
    block = fields_of(b"".join((*held, PADDING)))
    return block.part(np.cumsum(lengths) - lengths, lengths)


@lru_cache(maxsize=512)
def _supported(definition: str) -> bool:
    text = 'name = "c"\ntarget = "s.c"\nlands_at = ["incoming/c/*"]\nkey = ["k"]\n[columns]\n'
    text += f'k = {{ type = "integer", required = true }}\nc = {definition}\n'
    try:
        read_contract("c.toml", text.encode())
    except ContractError:
        return False
    return True


def supported(settings: Settings) -> bool:
    """Return whether a contract may have a column with these settings."""
    return _supported(table(settings))
