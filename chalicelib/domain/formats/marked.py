"""The reader of texts that files of other formats are converted to."""

from __future__ import annotations

from chalicelib.domain.contract.contract import RESCUED, Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.transcoder import Transcoder
from chalicelib.domain.formats.format import Reader


def marked_reader(contract: Contract, layout: Layout) -> Reader:
    """Return a reader that turns marked fields into faults of their rows."""
    from chalicelib.domain.formats.marks import MarkedReader  # numpy: only readers need it

    inner = Transcoder(contract.dialect, contract.limits, layout.columns, dict(layout.rescued))
    return MarkedReader(inner, field_columns(layout))


def field_columns(layout: Layout) -> list[str]:
    """Return the column that each field of a row goes to."""
    rescued = {index for index, _ in layout.rescued}
    names = [column.name for column in layout.columns]
    kept = iter(names[:-1] if rescued else names)
    width = len(names) - bool(rescued) + len(rescued)
    return [RESCUED if index in rescued else next(kept) for index in range(width)]
