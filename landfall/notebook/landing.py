"""Where a frame lands. The key derives from the work, so that the same frame lands at the same key."""

from __future__ import annotations

import re
from datetime import date

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern
from chalicelib.domain.contract.time_format import MONTHS
from chalicelib.domain.contract_files.contract_file import Contracts
from landfall.faults import usage
from landfall.remote.push import checked_key, landing_key

NAMED = re.compile(r"([A-Za-z]+)[- ]([0-9]{4})")
NUMBERED = re.compile(r"([0-9]{4})-([0-9]{2})")


def frame_key(contracts: Contracts, contract: Contract, *, month: str | date, key: str, digest: str) -> str:
    """Return the key of a frame: as it is named, of a month, or by its content. Raises CommandError."""
    if key and month:
        raise usage("month and key exclude each other")
    if key:
        return checked_key(contracts, contract, key)
    if month:
        return checked_key(contracts, contract, _of_month(contract, month))
    return _of_content(contracts, contract, f"{contract.name}-{digest}.csv")


def _of_month(contract: Contract, month: str | date) -> str:
    """Fill a pattern with {month} and {year}: `May` and `2025`."""
    parts = dict(zip(("month", "year"), _month(month), strict=True))
    for pattern in contract.lands_at:
        tokens = compile_pattern(pattern).tokens
        if {token.name for token in tokens if token.wild} == set(parts):
            return "".join(token.text or parts[token.name] for token in tokens)
    patterns = ", ".join(contract.lands_at)
    raise usage(f"month= needs a pattern with {{month}} and {{year}} alone; {contract.name} has {patterns}: use key=")


def _month(month: str | date) -> tuple[str, str]:
    """Return a month's English name, and its year. Raises CommandError."""
    if isinstance(month, date):
        return MONTHS[month.month - 1], f"{month.year:04}"
    text = str(month).strip()  # also a pandas.Period of a month
    if found := NUMBERED.fullmatch(text):
        number = int(found[2])
        if 1 <= number <= len(MONTHS):
            return MONTHS[number - 1], found[1]
    if (found := NAMED.fullmatch(text)) and found[1].capitalize() in MONTHS:
        return found[1].capitalize(), found[2]
    raise usage(f'month is {text!r}: write it as "May-2025" or "2025-05", or give a date')


def _of_content(contracts: Contracts, contract: Contract, name: str) -> str:
    """Return the only key of the contract if it has no wildcard, else the name by content in its folder."""
    patterns = [compile_pattern(pattern) for pattern in contract.lands_at]
    if len(patterns) == 1 and not any(token.wild for token in patterns[0].tokens):
        return contract.lands_at[0]
    if all(any(token.name for token in pattern.tokens) for pattern in patterns):
        raise usage(f"the keys of {contract.name} have a period, {contract.lands_at[0]}: use month= or key=")
    return landing_key(contracts, contract, name)
