"""Reports of `landfall check`: a JSON line a file for programs, or a table and a few rejects for the operator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TextIO

from chalicelib.domain.contract.tally import listed
from chalicelib.domain.run.duplicate_keys import DUPLICATE_KEYS
from chalicelib.errors import LandfallError
from landfall.check.check_outputs import RejectSpool, Seen
from landfall.check.checking import Checked
from landfall.remote.meter import Meter
from landfall.screen import Grid, console, print_lines, show

VERDICTS = {
    "TOO_MANY_REJECTS": "too many bad rows",
    "TOO_FEW_ROWS": "too few rows",
    "TOTALS_DIFFER": "other totals",
    "TOTALS_UNKNOWN": "unknown totals",
    "TRAILER_MALFORMED": "bad trailer",
    "CONTROL_TOTALS_MALFORMED": "bad side file",
    DUPLICATE_KEYS: "duplicate keys",
}
LARGE_BYTES = 50_000_000
"""A file of at least this size shows its progress on a terminal."""

Done = Callable[[int], None]
"""Receives the number of bytes of a file that are done."""


class Report(Protocol):
    """Receives the result of every file, in order."""

    def progress(self, path: Path, size: int) -> AbstractContextManager[Done]:
        """Return a context whose callback receives the bytes done while a file is read."""

    def checked(self, path: Path, checked: Checked, spool: RejectSpool, seen: Seen) -> None:
        """Report a file that was read to its end."""

    def refused(self, path: Path, object_: str, error: LandfallError) -> None:
        """Report a file that was not read to its end, with its object if one was chosen."""

    def end(self) -> None:
        """Finish after the last file."""


def explained(error: LandfallError) -> dict[str, Any]:
    """Return an error as a JSON object, without the fields that it lacks."""
    fields = {"code": error.code, "message": error.message, "line": error.line, "byte_offset": error.byte_offset}
    return {name: value for name, value in {**fields, "column": error.column}.items() if value not in (None, "")}


class JsonLines:
    """One line for each file, written as soon as the file is checked."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def progress(self, path: Path, size: int) -> AbstractContextManager[Done]:  # noqa: ARG002
        return nullcontext(lambda _done: None)

    def checked(self, path: Path, checked: Checked, spool: RejectSpool, seen: Seen) -> None:  # noqa: ARG002
        head = {
            "file": str(path),
            "object": checked.object,
            "accepted": checked.refusal is None,
            "rows_read": checked.read,
            "rows_good": checked.good,
            "rows_rejected": checked.rejected,
            "rows_duplicate": checked.duplicate,
        }
        head |= {name: tally for name in ("left_out", "altered") if (tally := getattr(checked, name))}
        if checked.left_to_load:
            head["left_to_load"] = checked.left_to_load
        if checked.refusal:
            head["refusal"] = explained(checked.refusal)
        chunks = [{"start": c.start, "end": c.end, "rows": c.rows_read} for c in checked.chunks]
        self._out.write(json.dumps(head)[:-1] + ', "rejects": [')
        for piece in spool.pieces():
            self._out.write(piece)
        self._out.write(f'], "chunks": {json.dumps(chunks)}}}\n')
        self._out.flush()

    def refused(self, path: Path, object_: str, error: LandfallError) -> None:
        head = {"file": str(path), "object": object_} if object_ else {"file": str(path)}
        self._out.write(json.dumps({**head, "error": explained(error)}) + "\n")
        self._out.flush()

    def end(self) -> None:
        return


class ForPeople:
    """A table of all files at the end, after the first rejects of each."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []

    @contextmanager
    def progress(self, path: Path, size: int) -> Iterator[Done]:
        with Meter(quiet=size < LARGE_BYTES) as meter:
            yield lambda done: meter.show(path.name, 100 * done / size)

    def checked(self, path: Path, checked: Checked, spool: RejectSpool, seen: Seen) -> None:  # noqa: ARG002
        counts = (checked.read, checked.good, checked.rejected, checked.duplicate, len(checked.chunks))
        verdict = VERDICTS[checked.refusal.code] if checked.refusal else "good"
        name = path.name or str(path)
        self._rows.append((name, checked.object, *(f"{n:,}" for n in counts), verdict))
        for reject in seen.first:
            where = f"{path}:{reject.line}"
            print_lines(f"{where}: {reject.reason} (code {int(reject.code)})")
        if checked.rejected > len(seen.first):
            each = ", ".join(f"{count:,} of code {code}" for code, count in seen.codes.most_common())
            print_lines(f"{path}: {checked.rejected:,} rejected in all: {each}")
        for what, tally in (("left out", checked.left_out), ("altered values", checked.altered)):
            if tally:
                print_lines(f"{path}: {what}: {listed(tally)}")
        if checked.left_to_load:
            names = ", ".join(f'"{name}"' for name in checked.left_to_load)
            print_lines(f"{path}: data checks that only the load makes, in the warehouse: {names}")
        if checked.refusal:
            print_lines(f"{path}: would be REJECTED: {checked.refusal.message}")

    def refused(self, path: Path, object_: str, error: LandfallError) -> None:
        other = "; --contract NAME checks it by another one" if error.code == "HEADER_MISMATCH" else ""
        print_lines(f"{path}: {error.message} ({error.code}){other}")
        self._rows.append((path.name or str(path), object_, "", "", "", "", "", error.code))

    def end(self) -> None:
        counts = ("rows", "good", "rejected", "duplicate", "chunks")
        columns = ("file", "object", *counts, "verdict")
        drop = ("chunks", "duplicate", "object")
        show(console(), Grid(columns=columns, rows=self._rows, right=counts, cut="file", drop=drop))
