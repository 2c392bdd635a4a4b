"""What a workbook says of its sheets before any cell is read: names, parts, number formats, the epoch of its dates."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.decode.xlsx.number_formats import BUILT_IN, Shown, shown_by
from chalicelib.domain.decode.xlsx.package import Package
from chalicelib.domain.decode.xlsx.xml_events import Attributes, End, Start, attribute, damaged, read_xml
from chalicelib.errors import Rejected
from chalicelib.visible import first_of

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""The limits of a sheet."""
NAMED = 20
"""The most sheets that an error names."""
MOST_STYLES = 200_000
"""Excel allows 65,490 cell styles."""
TRUE = ("1", "true", "on")


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A link from one part to another."""

    kind: str
    """The last word of its type, such as `worksheet`."""
    part: str


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """The chosen sheet, and what its cells need."""

    sheet: str
    """The sheet's name."""
    part: str
    """The part with its cells."""
    strings: str
    """The part with the texts that cells share; empty if there is none."""
    styles: tuple[Shown, ...]
    """What the number format of each cell style shows."""
    from_1904: bool
    """Days count from 1904, as old workbooks of a Mac do."""
    recalculates: bool
    """The program that wrote it asks for its formulas to be calculated when it is opened."""


@dataclass(frozen=True, kw_only=True)
class _Tab:
    name: str
    relation: str
    hidden: bool


def read_workbook(package: Package, wanted: Sheet) -> Workbook:
    """Read the workbook's own parts, and choose the sheet. Raises Rejected."""
    tabs, links, settings = _contents(package)
    chosen = _chosen(tabs, wanted.name)
    by_kind = {link.kind: link.part for link in links.values()}
    return Workbook(
        sheet=chosen.name,
        part=links[chosen.relation].part,
        strings=by_kind.get("sharedStrings", ""),
        styles=_styles(package, by_kind["styles"]) if by_kind.get("styles", "") in package else (),
        from_1904=attribute(settings.get("dates", {}), "date1904").casefold() in TRUE,
        recalculates=attribute(settings.get("formulas", {}), "fullCalcOnLoad").casefold() in TRUE,
    )


def visible_sheets(package: Package) -> list[str]:
    """Return the names of the sheets that are not hidden. Raises Rejected."""
    return [tab.name for tab in _contents(package)[0] if not tab.hidden]


def _contents(package: Package) -> tuple[list[_Tab], dict[str, Relation], dict[str, Attributes]]:
    """Return the sheets, the links of the workbook, and its settings."""
    main = next((link.part for link in _relations(package, "").values() if link.kind == "officeDocument"), "")
    if main.casefold().endswith(".bin"):
        what = "the file is an Excel binary workbook (xlsb): save it as an Excel workbook (xlsx)"
        raise Rejected(what, code="WRONG_FORMAT", line=1)
    if not main or main not in package:
        raise Rejected("the file is a zip, but not an Excel workbook (xlsx)", code="WRONG_FORMAT", line=1)
    links = _relations(package, main)
    tabs, settings = list[_Tab](), dict[str, Attributes]()
    read_xml(
        package.read(main),
        main,
        {
            "sheet": lambda found: tabs.append(_tab(found)),
            "workbookPr": lambda found: settings.update(dates=dict(found)),
            "calcPr": lambda found: settings.update(formulas=dict(found)),
        },
        {},
    )
    sheets = [tab for tab in tabs if tab.relation in links and links[tab.relation].kind == "worksheet"]
    return sheets, links, settings


def _tab(found: Attributes) -> _Tab:
    hidden = attribute(found, "state").casefold() in ("hidden", "veryhidden")
    return _Tab(name=attribute(found, "name"), relation=attribute(found, "id"), hidden=hidden)


def _chosen(sheets: list[_Tab], name: str) -> _Tab:
    """Return the sheet with this name; without a name, the only visible one. Raises Rejected."""
    names = first_of([repr(tab.name) for tab in sheets], NAMED)
    if name:
        found = [tab for tab in sheets if tab.name.casefold() == name.casefold()]
        if not found:
            message = (
                f"the workbook has no sheet {name!r}, but {names}; correct the file, or sheet.name in the contract"
            )
            raise Rejected(message, code="SHEET_MISSING")
        return found[0]
    visible = [tab for tab in sheets if not tab.hidden]
    if len(visible) != 1:
        what = f"{len(visible)} visible sheets" if sheets else "no sheet with cells"
        raise Rejected(f"the workbook has {what} ({names}); write sheet.name in the contract", code="SHEET_MISSING")
    return visible[0]


def _relations(package: Package, part: str) -> dict[str, Relation]:
    """Return the links of a part by id; of the package itself for an empty name."""
    folder, name = posixpath.split(part)
    links = posixpath.join(folder, "_rels", f"{name}.rels")
    found = dict[str, Relation]()
    if links not in package:
        return found

    def take(link: Attributes) -> None:
        target = attribute(link, "Target").replace("\\", "/")
        whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        kind = attribute(link, "Type").rpartition("/")[2]
        if attribute(link, "TargetMode") != "External":
            found[attribute(link, "Id")] = Relation(kind=kind, part=whole)

    read_xml(package.read(links), links, {"Relationship": take}, {})
    return found


def _styles(package: Package, part: str) -> tuple[Shown, ...]:
    """Return what each cell style's number format shows."""
    codes, ids, inside = dict[str, Shown](), list[str](), set[str]()

    def take_code(found: Attributes) -> None:
        if "numFmts" in inside:  # differential styles have number formats of their own
            codes[attribute(found, "numFmtId")] = shown_by(attribute(found, "formatCode"))

    def take_style(found: Attributes) -> None:
        if "cellXfs" in inside:  # named styles have others
            ids.append(attribute(found, "numFmtId"))
        if len(ids) > MOST_STYLES:
            raise damaged(part, "it has too many cell styles")

    def enter(name: str) -> Start:
        return lambda _: inside.add(name)

    def leave(name: str) -> End:
        return lambda: inside.discard(name)

    sections = ("numFmts", "cellXfs")
    starts = {"numFmt": take_code, "xf": take_style, **{name: enter(name) for name in sections}}
    read_xml(package.read(part), part, starts, {name: leave(name) for name in sections})
    return tuple(_shown(ids, codes))


def _shown(ids: list[str], codes: dict[str, Shown]) -> Iterator[Shown]:
    for number in ids:
        built_in = BUILT_IN.get(int(number), Shown.NUMBER) if number.isdecimal() and len(number) < 9 else Shown.NUMBER
        yield codes.get(number, built_in)
