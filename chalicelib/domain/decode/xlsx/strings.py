"""The texts that the cells of a workbook share, each of them stored once."""

from __future__ import annotations

from chalicelib.domain.decode.fields import field_of
from chalicelib.domain.decode.xlsx.package import Package
from chalicelib.domain.decode.xlsx.values import plain_text
from chalicelib.domain.decode.xlsx.xml_events import Attributes, read_xml
from chalicelib.errors import Rejected

MOST_BYTES = 400_000_000
"""Memory for all of them: a worker has 1,769 MB."""
OVERHEAD_BYTES = 48
"""Memory for each, besides its bytes."""


def shared_strings(package: Package, part: str) -> list[bytes]:
    """Return the texts as fields, in the order in which cells count them. Raises Rejected."""
    found, pieces, depth, left = list[bytes](), list[str](), {"t": 0, "rPh": 0}, MOST_BYTES

    def begin(_: Attributes) -> None:
        pieces.clear()

    def end() -> None:
        nonlocal left
        found.append(field_of(plain_text("".join(pieces))))
        left -= len(found[-1]) + OVERHEAD_BYTES
        if left < 0:
            message = f"the texts of the workbook need more than {MOST_BYTES} bytes of memory; send it in several files"
            raise Rejected(message, code="TOO_LARGE")

    def step(name: str, by: int) -> None:
        depth[name] += by

    def text(data: str) -> None:
        if depth["t"] and not depth["rPh"]:  # how a text is pronounced is not part of it
            pieces.append(data)

    starts = {"si": begin, "t": lambda _: step("t", 1), "rPh": lambda _: step("rPh", 1)}
    ends = {"si": end, "t": lambda: step("t", -1), "rPh": lambda: step("rPh", -1)}
    if part and part in package:
        read_xml(package.read(part), part, starts, ends, text)
    return found
