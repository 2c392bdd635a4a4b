"""A value as Redshift reads it, and what became of it on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.contract.tally import Altered


@dataclass(frozen=True, kw_only=True, slots=True)
class Canonical:
    """One value as Redshift reads it."""

    text: bytes | None
    """None is NULL."""
    altered: Altered | None = None
    """The kind of change, if what is written has another value."""


Read = Callable[[bytes], Canonical | Fault]
"""Reads a value as files write it, without the quotes around it. Exact: whatever it cannot read is a fault."""
