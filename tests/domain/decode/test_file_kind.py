"""A file that is not a table in text is named, whatever its name is; a table is never taken for another file."""

from __future__ import annotations

import io
import sqlite3
import struct
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding
from chalicelib.domain.decode import file_kind
from chalicelib.domain.decode.decode import converted, readable_in_place
from chalicelib.domain.decode.file_kind import FileKind, binary_kind, markup_kind
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.errors import Rejected


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a.csv"))
    return out.getvalue()


def database(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / "x.db")) as opened:
        opened.execute("create table a (b int)")
    return (folder / "x.db").read_bytes()


XLSX = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
BINARY = {
    "an Excel workbook (xlsx)": zipped(*XLSX),
    "a Word document": zipped("[Content_Types].xml", "word/document.xml"),
    "a PowerPoint": zipped("[Content_Types].xml", "ppt/presentation.xml"),
    "an OpenDocument file": zipped("mimetype", "content.xml"),
    "a Java archive": zipped("META-INF/MANIFEST.MF", "a.class"),
    "an Excel workbook (xls)": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    "a PDF": b"%PDF-1.7\n1 0 obj\n",
    "a Parquet file": b"PAR1\x15\x04\x15\x10",
    "an Avro file": b"Obj\x01\x04\x16avro.schema",
    "an ORC file": b"ORC\x0a\x06\x0a\x04\x08\x01",
    "an Arrow (Feather) file": b"ARROW1\0\0\xff\xff\xff\xff",
    "an Arrow stream": b"\xff\xff\xff\xff\x70\0\0\0",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\0\4",
    "a RAR archive": b"Rar!\x1a\x07\x01\0",
    "packed by xz": b"\xfd7zXZ\0\0\4",
    "a picture (PNG)": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a picture (JPEG)": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "a picture (GIF)": b"GIF89a\x01\0\x01\0",
    "a program": b"MZ\x90\0\3\0",
    "a picture (BMP)": b"BM" + struct.pack("<IHH", 70, 0, 0),
    "a tar archive": tarred(),
}
MARKUP = {
    "an HTML page": b"\r\n<!DOCTYPE html>\n<html><body><table>",
    "an Excel workbook (XML)": b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>',
    "XML": b"<orders>\n  <order id='1'/>\n",
    "an RTF document": b"{\\rtf1\\ansi",
    "JSON": b'[\n  {"id": 1, "name": "x"}\n]\n',
    "encrypted by PGP": b"-----BEGIN PGP MESSAGE-----\n",
}


def refusal(data: bytes, dialect: Dialect) -> Rejected:
    with pytest.raises(Rejected) as refused:
        b"".join(converted(InMemory(data), dialect, Limits()))
    return refused.value


@pytest.mark.parametrize("what", BINARY)
@pytest.mark.parametrize("encoding", [Encoding.UTF_8, Encoding.CP1252])
def test_a_binary_file_is_named_with_a_way_out(what: str, encoding: Encoding) -> None:
    refused = refusal(BINARY[what], Dialect(encoding=encoding))
    assert refused.code == "WRONG_FORMAT"
    assert f"the file is {what}" in refused.message
    assert ": " in refused.message.partition("not a table in text")[2]


def test_a_database_of_sqlite_is_named(tmp_path: Path) -> None:
    assert "SQLite" in refusal(database(tmp_path), Dialect()).message


def test_a_plain_file_is_refused_before_it_is_read_in_place() -> None:
    with pytest.raises(Rejected, match="Parquet"):
        readable_in_place(InMemory(BINARY["a Parquet file"]), Dialect())


@pytest.mark.parametrize(
    "data",
    [zipped(*XLSX), zipped(*XLSX)[:60], zipped("a.csv"), b"PK\x03\x04", b"\x1f\x8b\x08x"],
    ids=["workbook", "cut workbook", "zip", "cut zip", "cut gzip"],  # a zip has the time in it
)
def test_a_file_packed_once_too_often_is_named(data: bytes) -> None:
    assert refusal(data, Dialect(compression=Compression.NONE)).code == "WRONG_FORMAT"


def test_a_folder_in_a_zip_is_not_a_document() -> None:
    assert b"".join(converted(InMemory(zipped("xl/sales.csv")), Dialect(), Limits())) == b"x"


@pytest.mark.parametrize("what", MARKUP)
def test_markup_is_named(what: str) -> None:
    kind = markup_kind(MARKUP[what])
    assert kind
    assert kind.name.startswith(what)
    assert binary_kind(MARKUP[what]) is None


@pytest.mark.parametrize(
    "text",
    [b"BMI,age\n1,2\n", b"MZ,ORC\n", b"PAR1,PARE\n", b"ORC\n1\n", b"GIF89a;b\n", b"RIFF|x\n", b"[Order ID],[Name]\n",
     b"<TICKER>,<PER>,<DATE>\n", b"<DATE>\t<TIME>\n", b"{id},{name}\n", b"7z,Rar!\n", b"%,PDF\n", b"-----\n"],
)  # fmt: skip
def test_a_header_is_not_taken_for_another_file(text: bytes) -> None:
    assert binary_kind(text) is markup_kind(text) is None


@given(st.text(st.characters(codec="latin-1", min_codepoint=32), max_size=400))
def test_text_of_latin_letters_is_not_a_binary_file(text: str) -> None:
    head = text.encode("latin-1")
    assert head.startswith((b"%PDF-", b"PK\x03\x04")) or binary_kind(head) is None


def test_every_kind_says_what_it_is_and_what_to_do() -> None:
    kinds = [kind for kind in vars(file_kind).values() if isinstance(kind, FileKind)]
    tables = [table for table in vars(file_kind).values() if isinstance(table, dict)]
    kinds += [kind for table in tables for kind in table.values() if isinstance(kind, FileKind)]
    assert len(kinds) > 40
    for kind in kinds:
        assert kind.name.startswith(("a ", "an ", "packed ", "encrypted ", "XML", "JSON"))
        assert kind.fix
