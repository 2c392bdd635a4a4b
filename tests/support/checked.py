"""Files that are checked as a whole: their good rows, and what is not as written."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import Rejected
from landfall.check.checking import Checked, Outputs, check_file


def checked(data: bytes, contract: Contract) -> tuple[Checked, bytes, list[Reject]]:
    """What a check finds, the good rows, and the rejects. Raises Rejected."""
    rejects, good = list[Reject](), bytearray()
    take = Outputs(reject=rejects.append, good=lambda _text, block: good.extend(block.good))
    found = check_file(InMemory(data), contract, take)
    return found, bytes(good), rejects


def outcome(data: bytes, contract: Contract) -> tuple[str, list[str]]:
    """The good rows, and what is not as written, in the words of the documents' tables."""
    try:
        found, good, rejects = checked(data, contract)
    except Rejected as refused:
        return "", [refused.code]
    if found.refusal:
        return "", [found.refusal.code]
    counted = {**found.left_out, **found.altered}
    return good.decode(), [*(str(int(r.code)) for r in rejects), *(f"{kind}: {n}" for kind, n in counted.items())]
