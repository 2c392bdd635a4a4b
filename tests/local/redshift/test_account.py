"""Folders that data folders which are gone have left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.redshift import account
from local.redshift.account import Account

ME = Account(uid=os.geteuid(), gid=os.getegid(), other=False, maker=os.geteuid())


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(account, "_public", lambda: tmp_path)
    return tmp_path


def left_behind(public: Path, name: str, *, pointer: Path) -> Path:
    folder = public / f"{account._ELSEWHERE}{name}"
    folder.mkdir()
    (folder / account._OWNER).write_text(str(pointer))
    return folder


def test_only_what_no_pointer_names_is_removed(public: Path) -> None:
    kept = left_behind(public, "kept", pointer=public)
    gone = left_behind(public, "gone", pointer=public / "nowhere")
    account._sweep(ME)
    assert (kept.exists(), gone.exists()) == (True, False)


def test_a_folder_that_vanishes_during_the_sweep_stops_nothing(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = left_behind(public, "gone", pointer=public / "nowhere")
    vanished = public / f"{account._ELSEWHERE}vanished"
    listed = [vanished, gone]
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(listed))
    account._sweep(ME)
    assert not gone.exists()
