"""The gates of `make package`: too large, not whole, not clean."""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.package import MIB, UNZIPPED_LIMIT, ZIP_LIMIT, check, measure
from deploy.stage import ROOT
from deploy.started import started
from deploy.vendor import LEFT_OUT, PackageError, _wanted


def _zip(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return path


def test_what_is_in_the_zip_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure(_zip(tmp_path / "a.zip", boto3="x" * MIB, app="y"))
    said = capsys.readouterr().out
    assert said.startswith("a.zip: 2 files, 0.0 MiB zipped, 1.0 MiB unzipped\n  boto3.py ")


@pytest.mark.parametrize("limits", [(100, UNZIPPED_LIMIT), (ZIP_LIMIT, MIB - 1)])
def test_a_zip_beyond_the_limits_of_lambda_is_refused(tmp_path: Path, limits: tuple[int, int]) -> None:
    with pytest.raises(PackageError, match="Lambda takes"):
        measure(_zip(tmp_path / "a.zip", boto3="x" * MIB), limits)


def test_the_limits_are_those_of_lambda() -> None:
    assert (ZIP_LIMIT, UNZIPPED_LIMIT) == (52_428_800, 262_144_000)


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="the zip is for Linux on x86_64")
def test_a_zip_that_needs_something_from_outside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="No module named 'boto3'"):
        started(_zip(tmp_path / "a.zip", app="import boto3"), "x86_64")


def test_a_zip_for_another_machine_is_not_tried(tmp_path: Path) -> None:
    assert not started(tmp_path / "none.zip", "z80")


def test_a_template_with_a_fault_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "long"}}
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Q": queue}}))
    with pytest.raises(PackageError, match="E3012"):
        check(template)


def test_what_no_function_imports_is_left_out_of_the_lock_with_its_hashes() -> None:
    lock = (ROOT / "requirements.txt").read_text()
    kept = _wanted(lock)
    names = {line.split("==")[0] for line in kept.splitlines() if line[:1].isalpha()}
    all_names = {line.split("==")[0] for line in lock.splitlines() if line[:1].isalpha()}
    assert all_names - names == LEFT_OUT
    assert kept.count("--hash") < lock.count("--hash")
