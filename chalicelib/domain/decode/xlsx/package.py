"""The parts of a workbook: files in a zip, found by name and unpacked in blocks, within the contract's limits."""

from __future__ import annotations

from collections.abc import Iterator
from zipfile import ZipInfo

from chalicelib.domain.contract.contract import FileFormat, Limits
from chalicelib.domain.contract.dialect import Compression
from chalicelib.domain.decode.bounds import bounded
from chalicelib.domain.decode.feed import refused
from chalicelib.domain.decode.file_kind import wrong_format
from chalicelib.domain.decode.packed import MAGIC, unpacked_member
from chalicelib.domain.decode.xlsx.xml_events import damaged
from chalicelib.domain.decode.zip_member import directory, encrypted, member
from chalicelib.domain.raw.bytesource import ByteSource

HEAD_BYTES = 16_384


class Package:
    """An open workbook."""

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        """Read the directory. Raises Rejected if the file is no zip."""
        _refuse_other_kinds(source)
        self.source, self.limits = source, limits
        self._parts = dict[str, ZipInfo]()
        for found in directory(source):
            name = _folded(found.filename)
            if name in self._parts:
                raise damaged(found.filename, "the zip has two parts with this name")
            self._parts[name] = found

    def __contains__(self, part: str) -> bool:
        return _folded(part) in self._parts

    def read(self, part: str) -> Iterator[bytes]:
        """Yield a part's bytes. Raises Rejected if it is missing, damaged or too large."""
        found = self._parts.get(_folded(part))
        if found is None:
            raise damaged(part, "the part is missing")
        if encrypted(found):
            raise refused("the workbook is encrypted; send it without a password")
        return bounded(unpacked_member(self.source, member(self.source, found)), self.source.size, self.limits)


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _refuse_other_kinds(source: ByteSource) -> None:
    head = source.read(0, min(HEAD_BYTES, source.size))
    if not head.startswith(MAGIC[Compression.ZIP]):
        fix = "save it as an Excel workbook (xlsx) without a password, and send that unpacked"
        raise wrong_format(head, FileFormat.XLSX, fix)
