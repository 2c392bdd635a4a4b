"""Rules that refuse a row which the check passed, to get its reject as the check would make it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.raw.swar import Fields, Mask
from chalicelib.domain.staging.validate import ColumnRule, Rules


@dataclass(frozen=True, kw_only=True)
class Refusal(ColumnRule):
    """A rule that no value meets."""

    fault: Fault

    def prove(self, fields: Fields) -> Mask:
        return np.zeros(len(fields.start), np.bool_)

    def judge(self, value: bytes) -> Fault | None:  # noqa: ARG002 - any value
        return self.fault


def refusing(rules: Rules, column: str, code: int, reason: str) -> Rules:
    """Return the rules with one that refuses every row for that column; for a name that no column has, as a whole."""
    if rules.transform:
        return replace(rules, transform=replace(rules.transform, rules=refusing(rules.staged, column, code, reason)))
    names = [rule.name for rule in rules.columns]
    at = names.index(column) if column in names else 0
    refusal = Refusal(
        name=column if column in names else "", required=False, checks=(), fault=Fault(code=code, reason=reason)
    )
    return replace(rules, columns=tuple(refusal if n == at else rule for n, rule in enumerate(rules.columns)))
