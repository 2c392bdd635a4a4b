"""Read a part of a workbook as XML, block by block, with a handler for each element that matters.

Names count without their prefix, because programs differ in it. Memory stays bounded: a document type, which can define
entities, is refused, and so is a token of more than MOST_TOKEN_BYTES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from xml.parsers import expat

from chalicelib.errors import Rejected

MOST_TOKEN_BYTES = 4 << 20
"""The longest tag. Text comes in pieces of any size."""
MOST_DEPTH = 1_000
"""The deepest element; expat keeps a record of each open one."""

Attributes = Mapping[str, str]
Start = Callable[[Attributes], None]
End = Callable[[], None]
Handler = Callable[..., Any]
Text = Callable[[str], None]


def read_xml(
    blocks: Iterable[bytes], part: str, starts: Mapping[str, Start], ends: Mapping[str, End], text: Text | None = None
) -> None:
    """Call the handlers of elements by local name, and `text` with all text, in order. Raises Rejected."""
    for _ in xml_steps(blocks, part, starts, ends, text):
        pass


def xml_steps(
    blocks: Iterable[bytes], part: str, starts: Mapping[str, Start], ends: Mapping[str, End], text: Text | None = None
) -> Iterator[None]:
    """Do the same, and yield after each block, so that the caller can use what the handlers found."""
    parser = expat.ParserCreate()
    parser.buffer_text, depth = text is not None, 0
    by_start, by_end = _ByName(starts, lambda _: None), _ByName(ends, lambda: None)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise damaged(part, "its elements are nested too deep")
        by_start[name](attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        by_end[name]()

    def refuse_types(*_: object) -> None:
        raise damaged(part, "it has a document type, which workbooks do not have")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse_types
    if text:
        parser.CharacterDataHandler = text
    yield from _feed(parser, blocks, part)


def _feed(parser: expat.XMLParserType, blocks: Iterable[bytes], part: str) -> Iterator[None]:
    fed = 0
    try:
        for block in blocks:
            parser.Parse(block, False)
            fed += len(block)
            if fed - parser.CurrentByteIndex > MOST_TOKEN_BYTES:
                raise damaged(part, f"it has a tag of more than {MOST_TOKEN_BYTES} bytes")
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged(part, f"it is not XML: {error}") from error
    yield


class _ByName(dict[str, Handler]):
    """Handlers by an element's name as it is written, prefix and all."""

    def __init__(self, by_local_name: Mapping[str, Handler], other: Handler) -> None:
        super().__init__()
        self._known, self._other = by_local_name, other

    def __missing__(self, name: str) -> Handler:
        found = self._known.get(name.rpartition(":")[2], self._other)
        if len(self) < MOST_DEPTH:
            self[name] = found
        return found


def attribute(attributes: Attributes, name: str) -> str:
    """Return an attribute by its local name; empty if there is none."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def damaged(part: str, what: str) -> Rejected:
    """Return the error for a workbook that cannot be read."""
    message = f"the workbook is damaged in {part}: {what}; open it, save it again and send it again"
    return Rejected(message, code="WORKBOOK_BROKEN")
