"""Guesses the contract of a local file, if the operator names none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.contract.key_pattern import compile_pattern
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.domain.formats.json.json_format import first_fits, first_names
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import LandfallError, Rejected
from landfall.check.closest import closest
from landfall.infer.layout.sample import JSON
from landfall.localfile import LocalFile, beginning

LOOKED_BYTES = 1024


class UnguessableError(LandfallError):
    """Neither the path, nor the name, nor the header identifies a file's contract."""

    code = "NO_CONTRACT"


def guess(contracts: Contracts, path: Path, source: LocalFile) -> Contract:
    """Guess a file's contract by its path as a landing key, else its name, else its header, else its folder.

    Raises UnguessableError. Raises Rejected if no header can be read.
    """
    for key in _keys(path):
        if found := route(contracts, key):
            return found.contract
    named = [c for c in contracts.values() if _names(c, path)]
    if len(named) == 1:
        return named[0]
    fitting = [c for c in contracts.values() if _fits(c, source)]
    both = [c for c in fitting if c in named] or fitting or named
    for choice in (both, [c for c in both if c.name == path.absolute().parent.name.casefold()]):
        if len(choice) == 1:
            return choice[0]
    choices = f"use --contract with one of: {', '.join(c.name for c in both or contracts.values())}"
    if both:
        raise UnguessableError(f"path, name and header match several contracts; {choices}")
    alike = _same_format(contracts, source)
    nearest = closest(alike, {name: _fields(c, source) for name, c in alike.items()})
    raise UnguessableError(f"no contract fits{nearest and f'; {nearest}'}; {choices}")


def _same_format(contracts: Contracts, source: LocalFile) -> Contracts:
    """Return the contracts whose format the file may have, or all of them if there is none."""
    json = JSON.match(source.read(0, min(LOOKED_BYTES, source.size))) is not None
    same = contracts.only([name for name, c in contracts.items() if (c.format is FileFormat.JSON) == json])
    return same if len(same) else contracts


def _fields(contract: Contract, source: LocalFile) -> tuple[str, ...]:
    """Return the names in the header. Raises Rejected for a fault that does not depend on the contract."""
    if not source.size:
        raise Rejected("the file is empty: not even a header", code="EMPTY_FILE", line=1)
    contract = contract.as_read
    text = beginning(source, contract)
    if contract.format is FileFormat.FIXED_WIDTH:
        return ()
    if contract.format is FileFormat.JSON:
        return first_names(text, contract)
    return format_of(contract).head(text, contract).fields


def _keys(path: Path) -> Iterator[str]:
    """Yield the ends of the path that could be a key: `data/incoming/task/a.csv`, then `incoming/task/a.csv`."""
    parts = path.absolute().parts[1:]
    for first in range(len(parts) - 1):
        yield "/".join(parts[first:])


def _names(contract: Contract, path: Path) -> bool:
    """Whether the file's name contains the object's name, or matches its landing patterns."""
    if re.search(rf"(?<![a-z]){re.escape(contract.name)}(?![a-z])", path.stem.casefold()):
        return True
    lasts = (pattern.rsplit("/", 1)[-1] for pattern in contract.lands_at)
    return any(compile_pattern(last).match(path.name) is not None for last in lasts if last.strip("*"))


def _first_is_good(text: ByteSource, contract: Contract) -> bool:
    """Return whether the first record of a file without a header is a good row."""
    head = format_of(contract).head(text, contract)
    rules = compile_rules(contract, Layout.of(contract, head.fields))
    first = Range(start=head.data_start, stop=head.data_start + 1)
    return sum(block.rows_good for block in stage_chunk(text, first, rules)) > 0


def _fits(contract: Contract, source: LocalFile) -> bool:
    contract = contract.as_read
    try:
        text = beginning(source, contract)
        if contract.format is FileFormat.JSON:
            return first_fits(text, contract)
        if contract.format is FileFormat.FIXED_WIDTH:
            return _first_is_good(text, contract)
        match_header(contract, format_of(contract).head(text, contract).fields)
    except Rejected:
        return False
    return True
