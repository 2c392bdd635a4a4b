"""What `pip install .` gives: a command that starts with the dependencies it declares, without the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves files beside its sources."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for package in ("chalicelib", "landfall", "local", "deploy", "tests/landfall"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", source)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the command in an environment that holds the wheel and the declared dependencies only."""
    here = tmp_path_factory.mktemp("installed")
    venv.create(here / "venv", with_pip=False)
    (site,) = (here / "venv").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    for found in closure("landfall"):
        link(found, site)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(here / "venv/bin/python"), "-m", "landfall.main", *arguments]
        env = {"PATH": "/usr/bin:/bin", "HOME": str(here), "NO_COLOR": "1"}
        return subprocess.run(command, cwd=here, env=env, capture_output=True, text=True, check=False)

    return run


def closure(name: str) -> Iterator[Distribution]:
    """The distributions that a package needs here, direct and indirect, without itself."""
    seen, waiting = {name}, [name]
    while waiting:
        for text in distribution(waiting.pop()).requires or []:
            needed = Requirement(text)
            if needed.name not in seen and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                seen.add(needed.name)
                waiting.append(needed.name)
                yield distribution(needed.name)


def link(found: Distribution, site: Path) -> None:
    for top in {path.parts[0] for path in found.files or [] if path.parts[0] != ".."} - {"__pycache__"}:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(found.locate_file(top))))


def test_the_wheel_claims_two_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"chalicelib", "landfall"}
    packages = ("chalicelib", "landfall")
    sources = {str(path.relative_to(ROOT)) for top in packages for path in (ROOT / top).rglob("*.py")}
    assert sources <= set(names)


def test_the_locks_meet_the_bounds() -> None:
    for text in distribution("landfall").requires or []:
        needed = Requirement(text)
        assert distribution(needed.name).version in needed.specifier


def test_it_tells_its_version(installed: Run) -> None:
    assert installed("--version").stdout == f"landfall {distribution('landfall').version}\n"


def test_it_checks_a_file(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "transactions.csv"
    file.write_text(
        "transaction_id,account_id,transaction_date,amount,currency,merchant,category\nT,1,2025-01-05,1.5,EUR,m,c\n"
    )
    plain = installed("check", str(file))
    assert (plain.returncode, plain.stderr) == (0, "")
    subprocess.run([sys.executable, "-c", PACK, str(file)], check=True)
    packed = installed("check", f"{file}.zst")
    assert (packed.returncode, packed.stderr) == (0, "")


PACK = """
import sys
from backports import zstd
text = open(sys.argv[1], "rb").read()
open(sys.argv[1] + ".zst", "wb").write(zstd.compress(text))
"""


@pytest.mark.parametrize(
    "command",
    [["ddl"], ["cost", "--files-per-day", "1", "--gb-per-file", "1"], ["infer", "--help"]],
    ids=lambda c: c[0],
)
def test_commands_without_a_deployment_work(installed: Run, command: list[str]) -> None:
    done = installed(*command)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [["status"], ["push", "pyvenv.cfg", "--object", "task"]], ids=lambda c: c[0])
def test_commands_of_a_deployment_look_for_it(installed: Run, command: list[str]) -> None:
    done = installed(*command)
    assert (done.returncode, done.stderr.splitlines()[0][:29]) == (3, "landfall: there is no deploym")


@pytest.mark.parametrize("command", ["up", "down", "demo", "migrate"])
def test_the_others_need_the_repository(installed: Run, command: str) -> None:
    done = installed(command)
    assert done.returncode == 3
    assert done.stderr.startswith("landfall: this command needs the repository")
