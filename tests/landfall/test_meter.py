"""Progress is one line on a terminal, gone in the end; nothing goes where standard error is none."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.console import Console

from landfall.remote.meter import Meter, in_notebook
from landfall.remote.runs import _Watch
from tests.landfall.fake_api import status


def terminal(width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, legacy_windows=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def lines(console: Console) -> list[str]:
    """What was written, without the terminal's own signs."""
    return [line.strip() for line in re.split(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", written(console)) if line.strip()]


def watched(*looks: dict[str, object], width: int = 100) -> list[str]:
    console = terminal(width)
    with Meter(console=console) as meter:
        watch = _Watch(meter, quiet=False)
        watch.waiting("waiting for it to arrive ...")
        for look in looks:
            watch.show(look)
            meter.refresh()
    return lines(console)


def test_a_run_shows_its_percent_state_and_counts() -> None:
    last = watched(status("STAGING", percent=40.0, eta_seconds=3.0))[-1]
    assert last.endswith("40 % STAGING  1/1 chunks  3 rows, 3.0 s to go")
    assert "━" in last


def test_a_run_in_its_load_window_shows_when_it_ends() -> None:
    last = watched(status("STAGED", percent=85.0, loads_at="2026-05-20T15:00:00.000Z"))[-1]
    assert last.endswith("3 rows, loads at 2026-05-20T15:00:00.000Z")


def test_a_run_that_ended_badly_shows_no_percent() -> None:
    last = watched(status("STAGING", percent=40.0), status("REJECTED"))[-1]
    assert "REJECTED" in last
    assert "%" not in last


@pytest.mark.parametrize("width", [20, 60, 300])
def test_the_line_fits_and_goes(width: int) -> None:
    console = terminal(width)
    with Meter(console=console) as meter:
        meter.show("a long name " * 30 + "\x1b[31m\n", 50)
        meter.refresh()
    assert max(map(len, lines(console))) <= width
    assert "\x1b[31m" not in written(console)
    assert written(console).endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_a_quiet_one_writes_nothing() -> None:
    console = terminal()
    with Meter(quiet=True, console=console) as meter:
        meter.show("x", 50)
        meter.refresh()
    assert (meter.shown, written(console)) == (False, "")


def test_standard_error_that_is_no_terminal_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter() as meter:
        meter.show("x", None)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kernel", "widgets", "shown"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_notebook_shows_progress_if_it_can(kernel: bool, widgets: bool, shown: bool) -> None:
    modules, name = {"ipykernel": sys} if kernel else {}, "json" if widgets else "no_such_module"
    assert in_notebook(modules, name) is shown
