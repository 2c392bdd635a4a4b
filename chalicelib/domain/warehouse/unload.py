"""An export as one UNLOAD: the rows of a target, or of a view, as one CSV file with a header in a folder of its own.

Pure text. It has no value of a row and no parameter: the names come from the contract, and are checked again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import qualified, quote_identifiers
from chalicelib.domain.export.settings import Compression, ExportSettings
from chalicelib.domain.warehouse.load import ROLE
from chalicelib.errors import Broken

OPTIONS = {Compression.NONE: "", Compression.GZIP: " GZIP", Compression.ZSTD: " ZSTD"}
MOST_BYTES = "6.2 GB"
"""Beyond which UNLOAD begins another file. It is the most that MAXFILESIZE may be."""
_FOLDER_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9_./=-]{1,900}/")


@dataclass(frozen=True, kw_only=True)
class UnloadOrder:
    """An UNLOAD to be submitted."""

    contract: Contract
    settings: ExportSettings
    folder: str
    """s3:// URL of the folder, with the slash at its end. It is empty before the UNLOAD."""
    iam_role: str
    """The role UNLOAD assumes, or `default`."""

    @property
    def relation(self) -> str:
        """The table or view, without its schema."""
        return self.settings.view or self.contract.table

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file, in order."""
        return self.settings.columns or tuple(column.name for column in self.contract.columns)


def render_unload(order: UnloadOrder) -> str:
    """Return the statement. Raises Broken for a bad order.

    A table's rows are sorted by its key, so that the same rows are the same file. With ENCRYPTED AUTO the file has the
    bucket's own encryption.
    """
    if not (_FOLDER_URL.fullmatch(order.folder) and ROLE.fullmatch(order.iam_role)):
        raise Broken("the order of an export is not sound: folder or iam_role", code="BAD_EXPORT_ORDER")
    role = "default" if order.iam_role == "default" else f"'{order.iam_role}'"
    relation = qualified(order.contract.schema, order.relation)
    rows = f"SELECT {quote_identifiers(order.columns)} FROM {relation}"  # noqa: S608 (quoted names)  # nosec B608
    if not order.settings.view:
        rows += f" ORDER BY {quote_identifiers(order.contract.key)}"
    return (
        f"UNLOAD ('{rows}')\nTO '{order.folder}'\nIAM_ROLE {role}\n"
        f"FORMAT AS CSV HEADER{OPTIONS[order.settings.compression]} PARALLEL OFF ALLOWOVERWRITE ENCRYPTED AUTO"
    )


def only_header(order: UnloadOrder) -> bytes:
    """Return the file of an export without rows: UNLOAD writes none."""
    return packed(",".join(order.columns).encode() + b"\n", order.settings.compression)


def packed(text: bytes, compression: Compression) -> bytes:
    """Return the content of a file with this text."""
    match compression:
        case Compression.NONE:
            return text
        case Compression.GZIP:
            import gzip  # only an export without rows needs it

            return gzip.compress(text, mtime=0)
        case Compression.ZSTD:
            from backports import zstd

            return zstd.compress(text)
