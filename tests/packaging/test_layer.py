"""Each layer keeps what its work needs, sizes are checked, and contracts that need one are not deployed without it."""

from __future__ import annotations

import re
import shutil
import sysconfig
from pathlib import Path

import pytest

from deploy.bundle import attached, layer
from deploy.bundle.attached import RUN_TRANSFORMS, must_be_attached
from deploy.bundle.package import MIB
from deploy.bundle.vendor import PackageError, prune
from deploy.stage import ROOT
from landfall.contracts import FOLDER_VARIABLE
from tests.packaging.policies import contracts

INSTALLED = Path(sysconfig.get_path("purelib"))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in use with one contract."""
    found = contracts(tmp_path / "own", "incoming/orders/*")
    monkeypatch.setenv(FOLDER_VARIABLE, str(found))
    return found


def transforming(folder: Path) -> None:
    """Give the contract a transform."""
    (folder / "o0.toml").write_text('transform = "o0:tidy"\n' + (folder / "o0.toml").read_text())
    (folder / "o0.py").write_text("def tidy(frame):\n    return frame\n")


@pytest.mark.parametrize("made", layer.LAYERS, ids=lambda made: made.name)
def test_what_is_left_of_a_package_works(made: layer.Layer, tmp_path: Path) -> None:
    shutil.copytree(INSTALLED / made.package, tmp_path / made.package, symlinks=False)
    whole = layer.size_of(tmp_path)
    prune(tmp_path, layer.unused(tmp_path, made))
    assert layer.size_of(tmp_path) < 0.75 * whole
    layer.tried(tmp_path, INSTALLED, made)


@pytest.mark.parametrize("made", layer.LAYERS, ids=lambda made: made.name)
def test_a_layer_that_does_not_work_is_refused(made: layer.Layer, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=f"No module named '{made.package}'"):
        layer.tried(tmp_path, tmp_path, made)


@pytest.mark.parametrize("sizes", [(51, 1, 1, 1, 1), (1, 100, 1, 100, 51), (1, 1, 51, 1, 1)])
def test_layers_beyond_the_limits_are_refused(sizes: tuple[int, ...]) -> None:
    one, its, other, more, functions = (size * MIB for size in sizes)
    with pytest.raises(PackageError, match="beyond Lambda's limits"):
        layer.measured([(one, its), (other, more)], functions)


def test_sizes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    layer.measured([(32 * MIB, 100 * MIB), (12 * MIB, 36 * MIB)], 62 * MIB)
    assert "198.0 of 250 MiB" in capsys.readouterr().out


def test_the_lock_for_transforms_has_only_what_the_zip_lacks() -> None:
    locks = [(ROOT / name).read_text() for name in ("requirements/transforms.txt", "requirements/dev.txt")]
    (pinned,) = re.findall(r"^\S+==\S+", locks[0], re.MULTILINE)
    assert pinned.startswith("pandas==")
    assert f"\n{pinned} " in locks[1], "tests use the same version"


def test_contracts_without_such_needs_need_no_layer(own: Path) -> None:
    assert own.is_dir()
    must_be_attached("prod")


def test_a_stage_without_its_layers_is_refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transforming(own)
    with pytest.raises(PackageError, match="stage prod has not attached to stage_chunk and advance_run"):
        must_be_attached("prod")
    functions = {name: {"layers": ["arn"]} for name in RUN_TRANSFORMS}
    monkeypatch.setattr(attached, "functions", lambda _stage: functions)
    must_be_attached("prod")
    (own / "o0.toml").write_text('format = "parquet"\n' + (own / "o0.toml").read_text())
    with pytest.raises(PackageError, match="stage prod has not attached to advance_run: see"):
        must_be_attached("prod")


def test_a_faulty_transform_is_found_before_anything_is_made(own: Path) -> None:
    transforming(own)
    (own / "o0.py").write_text("def tidy(frame):\nreturn\n")
    with pytest.raises(PackageError, match=r"line 2 of o0\.py is not Python") as refused:
        must_be_attached("prod")
    assert str(refused.value).count("is not Python") == 1
