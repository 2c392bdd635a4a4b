"""What an UNLOAD writes, in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from chalicelib.domain.warehouse.unload import UnloadOrder, packed


def unloaded(order: UnloadOrder, rows: Iterable[Mapping[str, object]]) -> tuple[str, str, bytes]:
    """Return bucket, key and content of the file. It is named by a number, and by its compression."""
    bucket, _, folder = order.folder.removeprefix("s3://").partition("/")
    compression = order.settings.compression
    return bucket, f"{folder}000{compression.value.removeprefix('.csv')}", packed(_text(order, rows), compression)


def _text(order: UnloadOrder, rows: Iterable[Mapping[str, object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(order.columns)
    writer.writerows([_written(row[name]) for name in order.columns] for row in rows)
    return out.getvalue().encode()


def _written(value: object) -> str:
    if value is None:
        return ""
    return ("f", "t")[value] if isinstance(value, bool) else str(value)
