"""scripts/no_secrets.py: what it finds in files that git knows, and what its baseline has to say."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KEY = "AKIA" + "QWERTYUIOPASDFGH"
LINE = f'key = "{KEY}"\n'


@pytest.fixture(scope="module")
def no_secrets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("no_secrets", ROOT / "scripts/no_secrets.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Files that git knows, one with a key, and our own baseline without its entries."""
    baseline = json.loads((ROOT / ".secrets.baseline").read_text())
    (tmp_path / ".secrets.baseline").write_text(json.dumps({**baseline, "results": {}}))
    (tmp_path / "sound.py").write_text('token = os.environ["TOKEN"]\n')
    (tmp_path / "leak.py").write_text("\n" + LINE)
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def test_a_key_that_is_committed_is_found(
    no_secrets: ModuleType, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert no_secrets.main(repository) == 1
    said = capsys.readouterr().out
    assert said.startswith("leak.py:2: AWS Access Key\n")
    assert "sound.py" not in said
    assert KEY not in said


def test_what_was_audited_may_stand_and_move_and_go(no_secrets: ModuleType, repository: Path) -> None:
    found = no_secrets.scanned(repository)
    audit(repository, found, is_secret=False)
    (repository / "leak.py").write_text("\n\n\n" + LINE)
    assert no_secrets.main(repository) == 0
    audit(repository, found)
    assert no_secrets.main(repository) == 1
    audit(repository, found, is_secret=True)
    assert no_secrets.main(repository) == 1
    audit(repository, found, is_secret=False)
    (repository / "leak.py").write_text("")
    assert no_secrets.main(repository) == 0


def audit(repository: Path, found: dict[Any, dict[str, Any]], **verdict: bool) -> None:
    place = repository / ".secrets.baseline"
    baseline = json.loads(place.read_text())
    results: dict[str, list[Any]] = {}
    for entry in found.values():
        results.setdefault(entry["filename"], []).append({**entry, **verdict})
    place.write_text(json.dumps({**baseline, "results": results}))
