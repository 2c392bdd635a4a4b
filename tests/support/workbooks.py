"""Workbooks written by hand, so that each can have what a careful program would not write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
FORMATS = ("General", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss", "0.00")
"""The number format of each style, by its number."""


@dataclass(frozen=True)
class Xml:
    """A cell's own XML; `@` stands for its name."""

    text: str


def styled(number: object, style: int) -> Xml:
    """A number with one of FORMATS."""
    return Xml(f'<c r="@" s="{style}"><v>{number}</v></c>')


ERROR = Xml('<c r="@" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
FORMULA = Xml('<c r="@"><f>A1+B1</f><v></v></c>')


def letters(column: int) -> str:
    """The letters of a column, from 0."""
    return (letters(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def cell(value: object, name: str) -> str:
    """The XML of a cell."""
    if value is None:
        return ""
    if isinstance(value, Xml):
        return value.text.replace("@", name)
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{name}"><v>{value!r}</v></c>'
    return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def sheet(rows: Mapping[int, Sequence[object]], after: str = "", dimension: str = "A1") -> str:
    """The XML of a sheet: rows by number, each from column A on; `after` follows the cells."""
    body = "".join(
        f'<row r="{number}">'
        + "".join(cell(value, f"{letters(column)}{number}") for column, value in enumerate(values))
        + "</row>"
        for number, values in rows.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/>'
        f"<sheetData>{body}</sheetData>{after}</worksheet>"
    )


def numbered(*rows: Sequence[object]) -> dict[int, Sequence[object]]:
    """Rows from row 1 on; an empty one is not in the sheet."""
    return {number: row for number, row in enumerate(rows, 1) if row}


def merged(*areas: str) -> str:
    """The list of merged cells."""
    cells = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return f'<mergeCells count="{len(areas)}">{cells}</mergeCells>'


def styles(*formats: str) -> str:
    """The XML of the styles: one for each number format."""
    formats = formats or FORMATS
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{escape(code)}"/>' for n, code in enumerate(formats))
    own = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    named, other = (
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>',
        '<dxf><numFmt numFmtId="164" formatCode="d"/></dxf>',
    )
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts>{named}<cellXfs>{own}</cellXfs>'
        f"<dxfs>{other}</dxfs></styleSheet>"
    )


def parts(
    *sheets: str,
    names: Sequence[str] = ("Orders",),
    states: Sequence[str] = (),
    settings: str = "",
    strings: Sequence[str] = (),
) -> dict[str, str]:
    """The parts of a workbook. `settings` is XML in the workbook; `strings` has the texts that cells share."""
    shown = [*states, *["visible"] * len(names)]
    tabs = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" state="{shown[n - 1]}" r:id="s{n}"/>'
        for n, name in enumerate(names, 1)
    )
    links = "".join(
        f'<Relationship Id="s{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="st" Type="{LINKS}/styles" Target="/xl/styles.xml"/>'
    links += f'<Relationship Id="sh" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
    main = f'<Relationship Id="m" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/>'
    shared = "".join(f"<si>{text}</si>" for text in strings)
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{main}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{tabs}</sheets>{settings}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        "xl/styles.xml": styles(),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        **{f"xl/worksheets/sheet{n}.xml": text for n, text in enumerate(sheets, 1)},
    }


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return out.getvalue()


def workbook(*rows: Sequence[object], after: str = "", **things: object) -> bytes:
    """A workbook with one sheet; `things` as in `parts`."""
    return zipped(parts(sheet(numbered(*rows), after), **things))  # type: ignore[arg-type]
