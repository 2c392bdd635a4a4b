"""Shows the demo: a live table on a terminal, a line for each change elsewhere, and the books at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from landfall.text import cut, cut_front, plural
from local.demo.books import Books, FileBook, TableBook
from local.demo.story import Show, Watched
from local.demo.world import Status

BAR, NOTE, GAP = 12, 48, 2
SHORTEST_NAME = 16
OTHER_COLUMNS = 50
"""Width of state, chunks and the counts of a million rows, with the gaps between."""
WITH_BAR, WITH_NOTE = 100, 150
"""Widths from which a screen has room for the bar, and for the note."""
BOOK_COLUMNS, CHANGES = 65, 52
"""Width of the books beside a file's name, and of its changes, which need a screen of WITH_CHANGES."""
WITH_CHANGES = 140
SHOWN_KINDS = 6
COLOURS = {"LOADED": "green", "REJECTED": "yellow", "FAILED": "red"}
RIGHT = ("chunks", "read", "loaded", "rejected", "duplicate", "rows", "sum", "line", "code")


@contextmanager
def moving(console: Console) -> Iterator[Show]:
    """Show the files as they move."""
    if not console.is_terminal:
        yield _Lines(console).show
        return
    with Live(console=console, refresh_per_second=8) as live:
        yield lambda files: live.update(_progress(files, console.width))


class _Lines:
    """A line for each change of a file's state or of its staged chunks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, str] = {}

    def show(self, files: Sequence[Watched]) -> None:
        for file in files:
            line = self._line(file)
            if line and self._last.get(file.truth.key) != line:
                self._last[file.truth.key] = line
                self._console.print(f"  {file.truth.key}: {line}")

    def _line(self, file: Watched) -> str:
        if not (status := file.status):
            return "dropped" if file.dropped else ""
        chunks, rows = status["chunks"], status["rows"]
        counts = (
            f"{chunks['staged']}/{chunks['total']} chunks, {rows['read']:,} rows read, {rows['rejected']:,} rejected"
        )
        return f"{status['state']}, {counts}" + (f" ({file.note})" if file.note else "")


def _progress(files: Sequence[Watched], width: int) -> Table:
    """Return the table, with as many columns as the screen has room for. Names lose their front."""
    bar, note = width >= WITH_BAR, width >= WITH_NOTE
    table = _table(
        "file", "state", *([""] if bar else []), "chunks", "read", "good", "rejected", *([""] if note else [])
    )
    room = max(SHORTEST_NAME, width - OTHER_COLUMNS - (BAR + GAP if bar else 0) - (NOTE + GAP if note else 0))
    for file in files:
        text, (gauge, *counts) = file.note, _gauges(file)
        if not file.status and not file.dropped and file.truth.after:
            text = f"waits for {file.truth.after}"
        cells = [gauge, *counts] if bar else counts
        notes = [Text(cut(text, NOTE), no_wrap=True)] if note else []
        table.add_row(Text(cut_front(file.truth.key, room), no_wrap=True), _state(file), *cells, *notes)
    return table


def _state(file: Watched) -> Text:
    if status := file.status:
        return Text(status["state"], style=COLOURS.get(status["state"], "cyan"))
    return Text("dropped" if file.dropped else "waits" if file.truth.after else "")


def _gauges(file: Watched) -> list[RenderableType]:
    """Return the bar, then chunks and rows."""
    if not (status := file.status):
        return [Text("")] * 5
    chunks, rows = status["chunks"], status["rows"]
    counts = (f"{rows[name]:,}" for name in ("read", "good", "rejected"))
    return [_bar(status), *map(Text, (f"{chunks['staged']}/{chunks['total']}", *counts))]


def _bar(status: Status) -> ProgressBar:
    """Return a bar of the file's progress in the colour of its state: a rejected file's full bar is no success."""
    colour = COLOURS.get(status["state"], "green")
    return ProgressBar(completed=status["percent"], width=BAR, complete_style=colour, finished_style=colour)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, justify="right" if name in RIGHT or name == "good" else "left")
    return table


def show_books(console: Console, books: Books) -> None:
    """Print THE BOOKS, page by page, and whether they balance."""
    console.rule("THE BOOKS", align="left")
    console.print(_files(books.files, console.width))
    for page in books.files:
        if page.file.dropped_again_at:
            once = "one run, one row in the ledger, loaded once" if page.once else "NOT loaded once"
            console.print(f"\n{'✓' if page.once else '✗'} {page.file.truth.key} was dropped twice: {once}")
    for page in books.files:
        _explain(console, page)
    console.print("\nQueried back from the warehouse:")
    for table in books.tables:
        _table_page(console, table)
    _mail(console, books)
    console.print()
    for text in books.differences:
        console.print(f"DIFFERS  {text}", style="red")
    if not books.differences:
        console.print("✓ Everything balances: the runs, the warehouse's ledger, its tables and the files' truth agree.")


def _files(pages: Sequence[FileBook], width: int) -> Table:
    changes = width >= WITH_CHANGES
    room = max(SHORTEST_NAME - 1, width - BOOK_COLUMNS - (CHANGES if changes else 0))
    table = _table("file", "state", "read", "=", "loaded", "+", "rejected", "+", "duplicate", "")
    for page in pages:
        status = page.file.status
        state = status["state"] if status else "?"
        read, rejected, duplicate = (f"{page.rows[name]:,}" for name in ("read", "rejected", "duplicate"))
        counts = (read, "=", f"{page.loaded:,}", "+", rejected, "+", duplicate)
        name = Text(cut_front(page.file.truth.key, room), no_wrap=True)
        table.add_row(
            name, Text(state, style=COLOURS.get(state, "red")), *counts, _mark(page) if changes else _mark(page)[0]
        )
    return table


def _mark(page: FileBook) -> str:
    rows = page.rows
    parts = ", ".join(f"{rows[name]:,} {name}" for name in ("inserted", "updated", "unchanged") if rows[name])
    return ("✓ " if page.balanced else "✗ ") + parts


def _explain(console: Console, page: FileBook) -> None:
    """Print one example of each of the most frequent codes, or why a file as a whole was refused."""
    status = page.file.status
    if status and status["state"] != "LOADED" and status["first_error"]:
        console.print(f"\n{page.file.truth.key} is {status['state']}: {status['first_error']['message']}")
    if not page.rejects:
        return
    codes = [reject["code"] for reject in page.rejects]
    console.print(
        f"\n{page.file.truth.key}: {plural(len(codes), 'bad row')}, {plural(len(set(codes)), 'code')}; for example"
    )
    table = _table("rows", "code", "line", "reason")
    for code in sorted(set(codes), key=lambda c: (-codes.count(c), c))[:SHOWN_KINDS]:
        first = next(reject for reject in page.rejects if reject["code"] == code)
        table.add_row(f"{codes.count(code):,}", str(code), str(first["line"]), Text(first["reason"]))
    console.print(table)


def _table_page(console: Console, page: TableBook) -> None:
    same = "✓" if (page.rows, page.cents) == (page.truth.rows, page.truth.cents) else "✗"
    console.print(f"\n{same} {page.truth.table}: {page.rows:,} rows worth {page.cents / 100:,.2f}")
    table = _table(*page.sample.columns)
    for row in page.sample.rows:
        table.add_row(*(Text("" if value is None else str(value).strip()) for value in row))
    console.print(table)


def _mail(console: Console, books: Books) -> None:
    console.print("\nMessages:")
    for who, letters in (("business", books.mail.business), ("support", books.mail.support)):
        for letter in letters:
            problem = letter["problem"] if letter["state"] != "LOADED" else None
            rows = letter["rows"]
            text = problem["message"] if problem else f"{rows['good']:,} good rows, {rows['rejected']:,} rejected"
            console.print(f"  to {who}: {letter['file']} {letter['state']}: {text}")
