"""Names of the cells of a sheet's rows, for their rejects. `sources/sheets` writes the rows."""

from __future__ import annotations

from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.source.cells import CELL, OWN_FIELDS, beside


class SheetCells:
    """Finds the cells of columns in the objects of one file."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects

    def name(self, record: bytes, column: str) -> str:
        """Return the name of a column's cell, or of the whole row; empty if the object does not have it."""
        try:
            value, _ = self._objects.scan(record.decode())
        except (ValueError, RecursionError):
            return ""
        fields = dict(value) if isinstance(value, tuple) else {}
        first = fields.get(CELL)
        if not isinstance(first, str):
            return ""
        names = [name for name, _ in value if name not in OWN_FIELDS]
        own = (n for n, name in enumerate(names) if column and self._column(name) == column)
        return beside(first, next(own, None))

    def _column(self, name: str) -> str:
        found = self._objects.tree.find(name)
        return self._objects.columns[found].name if isinstance(found, int) else ""
