"""Files as they are staged, in chunks of a size."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules


def staged(contract: Contract, data: bytes, size: int) -> tuple[list[bytes], list[str]]:
    """The good rows of a file that is cut into chunks of a size, and the reasons of its rejects."""
    source = InMemory(data)
    cuts = format_of(contract).cut(source, contract, size)
    rules, at, good, reasons = compile_rules(contract, cuts.layout), cuts.header.data_start, b"", list[str]()
    for planned in cuts.ranges:
        for block in stage_chunk(source, planned, rules):
            at, good = block.end, good + bytes(block.good)
            reasons += [reject.reason for reject in block.rejects]
    assert at == len(data)
    return good.splitlines(), reasons
