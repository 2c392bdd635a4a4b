"""Outputs of a check: files for good rows and rejects, and each file's report. Memory does not grow with the file."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from chalicelib.domain.file.control_totals import ENDING
from chalicelib.domain.run.rejects import Reject
from landfall.check.good_rows import GoodRows
from landfall.faults import usage
from landfall.screen import print_lines

SPOOLED_BYTES = 4 << 20
"""Most bytes of a file's rejects in memory, for the report; more go to a temporary file."""
SHOWN_REJECTS = 5
COPIED_CHARACTERS = 1 << 16


class RejectSpool:
    """One file's rejects as the report shows them: without the record, as JSON objects with commas between."""

    def __init__(self, stack: ExitStack) -> None:
        spool = tempfile.SpooledTemporaryFile(SPOOLED_BYTES, mode="w+", encoding="utf-8")  # noqa: SIM115
        self._text = stack.enter_context(spool)
        self._any = False

    def add(self, reject: Reject) -> None:
        shown = {
            "line": reject.line,
            "byte_offset": reject.byte_offset,
            "column": reject.column,
            "code": int(reject.code),
            "reason": reject.reason,
        }
        self._text.write((", " if self._any else "") + json.dumps(shown))
        self._any = True

    def pieces(self) -> Iterator[str]:
        """Yield the objects, in pieces of text."""
        self._text.seek(0)
        while text := self._text.read(COPIED_CHARACTERS):
            yield text


@dataclass
class Seen:
    """The part of a file's rejects that the operator sees: the first few, and the count of each code."""

    first: list[Reject] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    def add(self, reject: Reject) -> None:
        self.codes[int(reject.code)] += 1
        if len(self.first) < SHOWN_REJECTS:
            self.first.append(reject)


@dataclass
class RejectLines:
    """All rejects of all files as JSON lines; each names its file and has the record."""

    out: TextIO

    def add(self, file: str, reject: Reject) -> None:
        self.out.write(f'{{"file": {json.dumps(file)}, {reject.to_json()[1:]}\n')


def open_good(path: Path | None, stack: ExitStack) -> GoodRows | None:
    if not path:
        return None
    good = GoodRows(stack.enter_context(_opened(path).open("wb")))
    stack.callback(_end_good, good, path)
    return good


def _end_good(good: GoodRows, path: Path) -> None:
    """Finish the file, and write its side file. Remove it if it is empty: no contract accepts such a file."""
    if good.end():
        if side := good.side_file():
            side_of(path).write_bytes(side)
    elif path.is_file():
        path.unlink()
        print_lines(f"{path} is not written: there is no good row, and no line around the rows", stderr=True)


def open_rejects(path: Path | None, stack: ExitStack) -> RejectLines | None:
    return RejectLines(stack.enter_context(_opened(path).open("w", encoding="utf-8"))) if path else None


def refuse_overwriting(inputs: list[Path], good: Path | None, rejects: Path | None) -> None:
    """Raises CommandError if an output is an input, or two outputs are one. Side files count as well."""
    outputs = [*_with_side_file(good), *([rejects] if rejects else [])]
    places = {path.resolve() for path in outputs}
    if len(places) < len(outputs) or any(path.resolve() in places for file in inputs for path in _with_side_file(file)):
        raise usage(f"--good, --rejects, the files to check and their {ENDING} files must all be different files")


def _with_side_file(path: Path | None) -> list[Path]:
    return [path, side_of(path)] if path else []


def side_of(path: Path) -> Path:
    """Return where the side file of a file is."""
    return path.parent / f"{path.name}{ENDING}"


def _opened(path: Path) -> Path:
    if str(path) == "-":
        raise usage("- is not a file: --good and --rejects write files, and the report goes to standard output")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise usage(f"{path} cannot be written: it is a folder, or its folder does not exist")
    return path
