"""A command whose reader has left does its work to the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import Stack
from tests.local.stack.conftest import REPO, SAMPLE


def to_a_reader_that_left(state: Path, command: str, *, both: bool = False) -> tuple[int, str]:
    """The exit code, and what went to standard error; `both`: that has the same reader."""
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [sys.executable, "-m", "local", command, "--state", str(state), "--app", SAMPLE.app_dir]
    try:
        done = subprocess.run(
            [*arguments, "--no-warehouse"], cwd=REPO, stdout=writer,
            stderr=writer if both else subprocess.PIPE, text=True, check=False, timeout=120,
        )  # fmt: skip
    finally:
        os.close(writer)
    return done.returncode, done.stderr or ""


@pytest.mark.slow
def test_each_verb_is_completed(tmp_path: Path) -> None:
    stack = Stack(REPO, tmp_path / "state", options=SAMPLE)
    try:
        assert to_a_reader_that_left(stack.paths.state, "up") == (0, "")
        first = stack.status()
        assert first.up
        assert first.record
        assert to_a_reader_that_left(stack.paths.state, "restart") == (0, "")
        second = stack.status()
        assert second.up
        assert second.record
        assert second.record.process("worker").pid != first.record.process("worker").pid
        assert to_a_reader_that_left(stack.paths.state, "in-flight") == (0, "")
        assert to_a_reader_that_left(stack.paths.state, "down", both=True) == (0, "")
        assert not stack.status().up
    finally:
        stack.down()
