"""The beginning of a file that is converted to text."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.decode.decode import text_of
from landfall.infer.layout.sample import SAMPLE_BYTES
from landfall.localfile import LocalFile


def first_text(source: LocalFile, form: FileFormat, sheet: Sheet | None = None) -> tuple[bytes, bool]:
    """Return whole lines of a file's text, and whether they are all. Raises Rejected."""
    contract = Contract(
        name="sample", schema="", table="", lands_at=(), columns=(), key=(), format=form, sheet=sheet or Sheet()
    )
    text, whole = bytearray(), True
    for block in text_of(source, contract):
        if len(text) > SAMPLE_BYTES:
            whole = False
            break
        text += block
    return bytes(text), whole
