"""Recognise files that are not tables in text: workbooks, documents, columnar files, archives, pictures, markup.

The first bytes decide, whatever the file's name is. One sentence states what the file is and what the sender can do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.errors import Rejected

LOOKED_BYTES = 16
"""Bytes of the beginning in which a binary file whose mark is letters has a control character."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_AS_CSV = "save it as CSV"
_AS_XLSX = 'save it as CSV, or write format = "xlsx" in the contract'
_EXPORT = "export its rows as CSV"
_AS_PARQUET = 'export its rows as CSV, or write format = "parquet" in the contract'
_UNPACK = "unpack it and send the CSV file, alone or packed by gzip, bzip2, Zstandard or zip"
_SEND = "send the table itself, as CSV"
_ONCE = "pack a file only once, and let the contract have the compression"


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """A kind of file that is not a table in text."""

    name: str
    """With its article: `an Excel workbook (xlsx)`."""
    fix: str
    """What the sender can do."""

    def refusal(self) -> Rejected:
        return Rejected(f"the file is {self.name}, not a table in text: {self.fix}", code="WRONG_FORMAT", line=1)


_PDF = FileKind(name="a PDF document", fix="export the table as CSV from the program that made it")
_OLD_OFFICE = FileKind(name="an Excel workbook (xls) or another old Office file", fix=_AS_CSV)
_TAR = FileKind(name="a tar archive", fix=_UNPACK)
_BINARY = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": _OLD_OFFICE,
    b"\x09\x08\x10\x00": _OLD_OFFICE,
    b"PAR1": FileKind(name="a Parquet file", fix=_AS_PARQUET),
    b"PARE": FileKind(name="an encrypted Parquet file", fix=_EXPORT),
    b"Obj\x01": FileKind(name="an Avro file", fix=_EXPORT),
    b"ORC": FileKind(name="an ORC file", fix=_EXPORT),
    b"ARROW1": FileKind(name="an Arrow (Feather) file", fix=_EXPORT),
    b"\xff\xff\xff\xff": FileKind(name="an Arrow stream", fix=_EXPORT),
    b"FEA1": FileKind(name="a Feather file", fix=_EXPORT),
    b"SQLite format 3\0": FileKind(name="an SQLite database", fix=_EXPORT),
    b"\0\x01\0\0Standard ": FileKind(name="an Access database", fix=_EXPORT),
    b"\x89HDF\r\n\x1a\n": FileKind(name="an HDF5 file", fix=_EXPORT),
    b"\0" * 12 + b"\xc2\xea\x81\x60": FileKind(name="a SAS data set", fix=_EXPORT),
    b"$FL2@(#) SPSS": FileKind(name="an SPSS file", fix=_EXPORT),
    b"RDX": FileKind(name="an R data file", fix=_EXPORT),
    b"\x80\x04\x95": FileKind(name="a Python pickle", fix=_EXPORT),
    b"7z\xbc\xaf\x27\x1c": FileKind(name="a 7z archive", fix=_UNPACK),
    b"Rar!\x1a\x07": FileKind(name="a RAR archive", fix=_UNPACK),
    b"MSCF\0": FileKind(name="a CAB archive", fix=_UNPACK),
    b"\xfd7zXZ\0": FileKind(name="packed by xz", fix=_UNPACK),
    b"\x04\x22\x4d\x18": FileKind(name="packed by LZ4", fix=_UNPACK),
    b"\xff\x06\0\0sNaPpY": FileKind(name="packed by Snappy", fix=_UNPACK),
    b"LZIP": FileKind(name="packed by lzip", fix=_UNPACK),
    b"\x1f\x9d": FileKind(name="packed by compress (.Z)", fix=_UNPACK),
    b"\x1f\x8b": FileKind(name="packed by gzip inside", fix=_ONCE),
    b"BZh91AY&SY": FileKind(name="packed by bzip2 inside", fix=_ONCE),
    b"\x28\xb5\x2f\xfd": FileKind(name="packed by Zstandard inside", fix=_ONCE),
    b"\x89PNG\r\n\x1a\n": FileKind(name="a picture (PNG)", fix=_SEND),
    b"\xff\xd8\xff": FileKind(name="a picture (JPEG)", fix=_SEND),
    b"GIF8": FileKind(name="a picture (GIF)", fix=_SEND),
    b"II*\0": FileKind(name="a picture (TIFF)", fix=_SEND),
    b"MM\0*": FileKind(name="a picture (TIFF)", fix=_SEND),
    b"BM": FileKind(name="a picture (BMP)", fix=_SEND),
    b"RIFF": FileKind(name="a picture, sound or film (RIFF)", fix=_SEND),
    b"\x7fELF": FileKind(name="a program", fix=_SEND),
    b"MZ": FileKind(name="a program", fix=_SEND),
}
"""The first bytes of binary files. Letters could begin a table, too: so a control character must follow them."""
_MARKUP = {
    rb"<!doctype html|<(?:html|head|body|table|meta)\b": FileKind(
        name="an HTML page, perhaps of an error", fix="look at it in a browser, and save the table as CSV"
    ),
    rb"<\?xml[^>]*>\s*<\?mso-application": FileKind(name="an Excel workbook (XML)", fix=_AS_CSV),
    rb"<\?xml|<[a-z][^<>\n]*>(?:\r?\n[ \t]*)?<": FileKind(name="XML", fix=_EXPORT),
    rb"\{\\rtf": FileKind(name="an RTF document", fix=_AS_CSV),
    rb"[\[{]\s*[\[\]{}\"]": FileKind(
        name="JSON", fix='let its contract have format = "json", or export its rows as CSV'
    ),
    rb"-----BEGIN PGP MESSAGE": FileKind(name="encrypted by PGP", fix="send it decrypted"),
}
"""How files begin that are text and no table. A row could begin so, too; a header could not."""
_MARKED = [(re.compile(rb"\s*(?:" + pattern + rb")", re.IGNORECASE), kind) for pattern, kind in _MARKUP.items()]
_IN_ZIP = {
    "xl/workbook.": FileKind(name="an Excel workbook (xlsx)", fix=_AS_XLSX),
    "word/document.xml": FileKind(name="a Word document (docx)", fix=_AS_CSV),
    "ppt/presentation.xml": FileKind(name="a PowerPoint presentation (pptx)", fix=_SEND),
    "[Content_Types].xml": FileKind(name="an Office file, perhaps an Excel workbook (xlsx)", fix=_AS_XLSX),
    "mimetype": FileKind(name="an OpenDocument file (ods, odt) or an e-book", fix=_AS_CSV),
    "Index/Document.iwa": FileKind(name="a Numbers or Pages document", fix=_AS_CSV),
    "META-INF/MANIFEST.MF": FileKind(name="a Java archive", fix=_SEND),
}
"""Names in a zip that is a document; the first of these that occurs counts."""
_ZIP = FileKind(name="a zip inside", fix=_ONCE)
_ZIP_MAGIC, _LOCAL_HEAD = b"PK\x03\x04", 30


def binary_kind(head: bytes) -> FileKind | None:
    """Return the kind of a file that begins with these bytes; None if they can be text."""
    if head.startswith(b"%PDF-"):
        return _PDF
    if head.startswith(_ZIP_MAGIC):
        name = head[_LOCAL_HEAD : _LOCAL_HEAD + int.from_bytes(head[26:28], "little")]
        return zip_kind([name.decode("cp437")]) or _ZIP
    if head[257:262] == b"ustar" and b"\0" in head[:257]:
        return _TAR
    controls = _CONTROL.search(head[:LOOKED_BYTES]) is not None
    found = (kind for magic, kind in _BINARY.items() if head.startswith(magic) and (controls or not magic.isalnum()))
    return next(found, None)


def wrong_format(head: bytes, wanted: FileFormat, fix: str) -> Rejected:
    """Return the refusal of a file that begins with these bytes, which are not those of the contract's format."""
    kind = binary_kind(head)
    what = kind.name if kind else "text or of an unknown kind"
    message = f'the file is {what}, but the contract has format = "{wanted.value}": {fix}'
    return Rejected(message, code="WRONG_FORMAT", line=1)


def zip_kind(names: Iterable[str]) -> FileKind | None:
    """Return the kind of document whose parts have these names in a zip."""
    held = list(names)
    return next((kind for part, kind in _IN_ZIP.items() if any(name.startswith(part) for name in held)), None)


def markup_kind(head: bytes) -> FileKind | None:
    """Return the kind of text that begins so and is not a table with a header."""
    return next((kind for pattern, kind in _MARKED if pattern.match(head)), None)
