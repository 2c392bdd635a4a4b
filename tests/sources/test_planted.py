"""Bugs planted in copies of the code that reads sources: the tests beside this one must notice each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.cuts import Bug, bug
from tests.simulation.planted import apply
from tests.support.paths import ROOT

LANDING = "chalicelib/sources/landing.py"
PROGRESS = "chalicelib/domain/source/progress.py"
EXTRACTION = "chalicelib/orchestration/extraction.py"
SUITE = (
    "tests/sources/test_extraction.py",
    "tests/sources/test_http.py::test_a_paused_source_is_read_after_the_pause",
    "tests/operations/test_sources.py",
    "tests/sources/test_every_source.py",
)
"""The quick ones first: the first test that fails ends it."""
SLOW = "not (postgresql or mysql or connect or sheets)"
"""The bugs are in what all sources share."""
PUT = "self.put(file_key(self.object, window, files + 1, body), body)"
MOVE = "self.ctx.bookmarks.move(bookmark_of(self.object), self.seen, text)"
BUGS = (
    bug(
        "a file replaces that of another window",
        (LANDING, "window.start, window.stop, hashlib.sha256(body).hexdigest())", ")"),
    ),
    bug(
        "the record says that a file has landed before it has",
        (LANDING, f"        {PUT}\n", ""),
        (LANDING, "        return files + 1", f"        {PUT}\n        return files + 1"),
    ),
    bug(
        "the last pages of a window do not land",
        (LANDING, "        if content:\n", "        if content and not token:\n"),
    ),
    bug(
        "a lease keeps no worker out",
        (PROGRESS, "return max(self.lease_until, self.not_before) > now", "return self.not_before > now"),
    ),
    bug(
        "a worker stores a record that another one has changed",
        (EXTRACTION, f"if not {MOVE}:", "if self.ctx.bookmarks.set(bookmark_of(self.object), text):"),
    ),
    bug("a lost message is never sent again", (PROGRESS, "self.asked_until <= now and", "not self.asked_until and")),
    bug("a killed worker is no try", (PROGRESS, "tries=self.tries + 1,", "tries=self.tries,")),
    bug("support is notified of each failure", (EXTRACTION, "if lasts and not lease.progress.notified:", "if lasts:")),
    bug(
        "a window that is read again moves the position",
        (PROGRESS, "self.done if self.again else self.until", "self.until"),
    ),
    bug(
        "what was read before a pause is read again and again",
        (LANDING, "            if token:\n", "            if not token:\n"),
    ),
    bug(
        "an expired token is sent again and again",
        (PROGRESS, 'replace(self, files=0, token="", steps=0, marked="")', "self"),
    ),
    bug("a window that begins again lands in other files", (PROGRESS, "replace(self, files=0,", "replace(self,")),
    bug(
        "a pause counts as a reading",
        (EXTRACTION, "lease.progress.paused(ctx.clock.now() + pause_.seconds)", "lease.progress.closed(0)"),
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("planted", BUGS, ids=lambda planted: planted.name)
def test_a_planted_bug_is_noticed(tmp_path: Path, planted: Bug) -> None:
    for name in ("chalicelib", "infra", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for cut in planted.cuts:
        apply(tmp_path / cut.file, cut)
    options = ("-n0", "-q", "-x", "-p", "no:cacheprovider", "-k", SLOW)
    command = [sys.executable, "-m", "pytest", *options, *SUITE]
    around = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    done = subprocess.run(command, cwd=tmp_path, env=around, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED tests/" in done.stdout, done.stdout
