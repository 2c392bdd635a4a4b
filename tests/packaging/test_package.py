"""The gates of `make package`: too large, not whole, not clean."""

from __future__ import annotations

import ast
import json
import platform
import re
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from deploy.bundle.binaries import binaries
from deploy.bundle.package import MIB, UNZIPPED_LIMIT, ZIP_LIMIT, check, measure
from deploy.bundle.started import MACHINES, runs_here, started, unpacked
from deploy.bundle.vendor import PackageError
from deploy.stage import ROOT


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


def test_a_zip_that_needs_something_from_outside_is_refused(tmp_path: Path) -> None:
    with (
        unpacked(_zip(tmp_path / "a.zip", app="import boto3")) as where,
        pytest.raises(PackageError, match="No module named 'boto3'"),
    ):
        started(where)


def test_a_zip_for_another_machine_is_not_tried() -> None:
    assert not runs_here("z80")
    assert runs_here(MACHINES[platform.machine()]) == (sys.platform == "linux")


def _elf(machine: int) -> bytes:
    """The beginning of a file of compiled code, 64 bits, little-endian, for a processor."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + machine.to_bytes(2, "little")


def _compiled(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", "import numpy")
        for name, data in files.items():
            archive.writestr(name.replace("_so", ".so"), data)
    return path


X86_64, AARCH64 = _elf(62), _elf(183)


@pytest.mark.parametrize(("architecture", "code"), [("x86_64", X86_64), ("arm64", AARCH64)])
def test_compiled_code_for_the_processor_is_counted(tmp_path: Path, architecture: str, code: bytes) -> None:
    assert binaries(_compiled(tmp_path / "a.zip", a_so=code, unnamed=code), architecture) == 2


@pytest.mark.parametrize(
    ("architecture", "files", "named"),
    [
        ("x86_64", {"a_so": X86_64, "b_so": AARCH64}, "b.so"),
        ("arm64", {"a_so": AARCH64, "unnamed": X86_64}, "unnamed"),
        ("arm64", {"a_so": AARCH64, "c_so": b"\xcf\xfa\xed\xfe of macOS"}, "c.so"),
        ("x86_64", {}, "none at all"),
    ],
)
def test_compiled_code_for_another_processor_is_refused_by_name(
    tmp_path: Path, architecture: str, files: dict[str, bytes], named: str
) -> None:
    with pytest.raises(PackageError, match=rf"does not run on {architecture}: (there are )?{named}$"):
        binaries(_compiled(tmp_path / "a.zip", **files), architecture)


def test_a_template_with_a_fault_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "long"}}
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Q": queue}}))
    with pytest.raises(PackageError, match="E3012"):
        check(template)


def _names(lock: str) -> set[str]:
    """The packages of a lock."""
    return {line.split("==")[0].strip() for line in (ROOT / lock).read_text().splitlines() if line[:1].isalpha()}


def _imported(path: Path) -> set[str]:
    """Top-level modules that a file imports anywhere, but for what only type checkers read."""
    tree = ast.parse(path.read_text())
    typing = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    skipped = {id(node) for block in typing for node in ast.walk(block)}
    nodes = [n for n in ast.walk(tree) if id(n) not in skipped]
    whole = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    parts = {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level}
    return {name.split(".")[0] for name in whole | parts}


LAYERED = {"parquet": "chalicelib/domain/decode/parquet", "transforms": "chalicelib/transforms"}
"""The code that imports each layer. Its functions have the layer besides."""


@pytest.mark.parametrize(
    ("name", "code", "modules"),
    [("parquet", LAYERED["parquet"], {"pyarrow"}), ("transforms", LAYERED["transforms"], {"pandas", "numpy"})],
)
def test_the_lock_of_a_layer_has_all_that_its_code_imports(name: str, code: str, modules: set[str]) -> None:
    imported = set().union(*map(_imported, (ROOT / code).rglob("*.py"))) - sys.stdlib_module_names - {"chalicelib"}
    assert imported == modules <= _names(f"requirements/{name}.txt") | {"numpy"}


def test_the_lock_of_the_zip_has_all_that_the_functions_import() -> None:
    layered = {file for code in LAYERED.values() for file in (ROOT / code).rglob("*.py")}
    shipped = {ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")} - layered
    modules = set().union(*map(_imported, shipped)) - sys.stdlib_module_names - {"chalicelib", "chalice"}
    found, locked = packages_distributions(), _names("requirements.txt")
    assert {"boto3", "numpy", "backports"} <= modules
    modules -= {"deploy"}  # only if a command of Chalice loads app.py: on the machine that deploys
    assert {m for m in modules if not {re.sub("[._]", "-", d).lower() for d in found[m]} & locked} == set()
