"""The layer that reads Parquet keeps what reading needs, and its size is checked."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from deploy.bundle import layer
from deploy.bundle.package import MIB
from deploy.bundle.vendor import PackageError

INSTALLED = Path(sysconfig.get_path("purelib"))


def test_what_is_left_of_the_reader_reads(tmp_path: Path) -> None:
    shutil.copytree(INSTALLED / "pyarrow", tmp_path / "pyarrow", symlinks=False)
    whole = layer.size_of(tmp_path)
    layer.prune(tmp_path)
    assert layer.size_of(tmp_path) < 0.75 * whole
    layer.tried(tmp_path, tmp_path)


def test_a_layer_that_does_not_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="No module named 'pyarrow'"):
        layer.tried(tmp_path, tmp_path)


@pytest.mark.parametrize(("zipped", "unzipped", "functions"), [(51, 1, 1), (1, 200, 51)])
def test_a_layer_beyond_the_limits_is_refused(zipped: int, unzipped: int, functions: int) -> None:
    with pytest.raises(PackageError, match="beyond Lambda's limits"):
        layer.measured(zipped * MIB, unzipped * MIB, functions * MIB)


def test_sizes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    layer.measured(32 * MIB, 100 * MIB, 62 * MIB)
    assert "162.0 of 250 MiB" in capsys.readouterr().out
