"""The documents name what the code has."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import app as chalice_app
from chalicelib.config import Settings, SettingsError
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.file.books import UNBALANCED
from chalicelib.domain.run.load_errors import FILE_FAULTS
from chalicelib.domain.run.model import RunState
from chalicelib.observe import METRICS
from deploy.metrics.alarms import alarms
from landfall.main import app
from landfall.stack.stack_commands import SAMPLE
from tests.shipped import copied
from tests.simulation.meetings import SCENARIOS

ROOT = Path(__file__).parents[2]
routes = chalice_app.routes


@pytest.mark.parametrize("field", fields(Settings), ids=lambda f: f.name)
def test_every_setting_is_documented(field) -> None:
    lines = (ROOT / "docs/reference/settings.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith(f"| `LANDFALL_{field.name.upper()}` |")]
    assert len(rows) == 1
    expected = "required" if field.default is MISSING else f"{field.default}" or "empty"
    assert rows[0].split("|")[2].strip(" `") == expected


@pytest.mark.parametrize("state", RunState, ids=lambda s: s.value)
def test_every_state_is_documented(state: RunState) -> None:
    assert f"`{state.value}`" in (ROOT / "docs/design/guarantees.md").read_text()


@pytest.mark.parametrize("kind", [*LeftOut, *Altered])
def test_what_is_not_loaded_as_written_is_documented(kind: str) -> None:
    assert f"\n| `{kind}` | " in (ROOT / "docs/reference/api.md").read_text()


def _codes() -> set[str]:
    texts = (path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    return {
        *FILE_FAULTS,
        UNBALANCED,
        *(code for text in texts for code in re.findall(r"""\bcode ?= ?"([A-Z_]+)\"""", text)),
    }


@pytest.mark.parametrize("code", sorted(_codes()))
def test_every_error_code_has_an_entry_of_what_to_do(code: str) -> None:
    entries = (ROOT / "docs/operate/runbook.md").read_text() + (ROOT / "docs/reference/api.md").read_text()
    assert f"`{code}`" in entries


METRIC_NAMES = sorted(name for fields in METRICS.values() for name, _, _ in fields.values())


@pytest.mark.parametrize("name", METRIC_NAMES)
def test_every_metric_has_an_entry_in_the_runbook(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs/operate/runbook.md").read_text()


ALARMS = sorted(alarm.removeprefix("Alarm") for alarm in alarms(["api_handler"], executions=True))


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_has_an_entry_in_the_runbook(name: str) -> None:
    hyphenated = "-".join(re.findall("[A-Z][a-z]*", name)).lower()
    assert f"| `{hyphenated}` |" in (ROOT / "docs/operate/runbook.md").read_text()


@pytest.mark.parametrize("path", sorted({path for path in routes if path.count("/") < 3}))
def test_every_route_is_documented(path: str) -> None:
    headings = re.findall(r"^## ([A-Z]+) (/\S+)", (ROOT / "docs/reference/api.md").read_text(), re.MULTILINE)
    named = {(method, re.sub(r"\{\w+\}", "{}", shown)) for method, shown in headings}
    assert {(method, re.sub(r"\{\w+\}", "{}", path)) for method in routes[path]} <= named


ROOMS = ("chalicelib", "deploy", "infra", "landfall", "local", "sql", "tests")
KINDS = (".py", ".sql", ".toml", ".yaml")


def test_every_document_that_code_names_exists() -> None:
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in KINDS]
    named = {name for path in sources for name in re.findall(r"docs/[a-z/-]+\.md", path.read_text())}
    assert named
    assert not {name for name in named if not (ROOT / name).exists()}


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
PLACES = [ROOT, ROOT / "chalicelib", *(path for path in (ROOT / "chalicelib").rglob("*") if path.is_dir())]


def test_every_path_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`([\w./]+(?:/|\.py))`", ARCHITECTURE)) - {
        "processed/",
        "rejected/",
        "archive/",
        "dashboard_data/",
    }
    assert not {name for name in named if not any((place / name).exists() for place in PLACES)}


@pytest.mark.parametrize("room", sorted(p.parent.name for p in (ROOT / "chalicelib").rglob("__init__.py")))
def test_every_room_is_in_the_architecture(room: str) -> None:
    assert f"{room}/" in ARCHITECTURE


README = (ROOT / "README.md").read_text()


def test_the_changelog_has_each_section_and_entry_once() -> None:
    for release in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        sections, entries = (re.findall(form, release, re.MULTILINE) for form in (r"^### .*", r"^- .*"))
        assert len(set(sections)) == len(sections)
        assert len(set(entries)) == len(entries)


def test_readme_counts_the_scenarios() -> None:
    assert f"single faults of {len(SCENARIOS)} scenarios" in README


def _block(language: str, having: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if having in block)


def test_the_sample_is_the_one_that_up_prints() -> None:
    assert f"<<'EOF'\n{SAMPLE}EOF\n" in _block("sh", "my-transactions")


@pytest.fixture
def _shipped_only(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("LANDFALL_CONTRACTS", str(copied(tmp_path_factory.mktemp("contracts"))))


@pytest.mark.usefixtures("_shipped_only")
def test_the_reject_that_is_shown_is_a_real_one(tmp_path: Path) -> None:
    bad = tmp_path / "bad-transactions.csv"
    bad.write_text(SAMPLE.replace("12.34", "12.345"))
    done = CliRunner().invoke(app, ["check", str(bad), "--rejects", str(tmp_path / "rejects")])
    assert done.exit_code == 1
    (reject,) = map(json.loads, (tmp_path / "rejects").read_text().splitlines())
    assert {"file": str(bad), **json.loads(_block("json", "byte_offset"))} == reject


@pytest.mark.usefixtures("_shipped_only")
def test_the_file_to_be_corrected_is_loaded_with_one_reject(tmp_path: Path) -> None:
    (tmp_path / "my-transactions.csv").write_text(SAMPLE)
    made = [line for line in _block("sh", "some-bad").splitlines() if line.endswith("some-bad.csv")]
    subprocess.run(["sh", "-ec", "\n".join(made)], cwd=tmp_path, check=True)
    some_bad, rejects = tmp_path / "some-bad.csv", tmp_path / "rejects"
    assert CliRunner().invoke(app, ["check", str(some_bad), "--rejects", str(rejects)]).exit_code == 0
    (reject,) = map(json.loads, rejects.read_text().splitlines())
    assert (reject["line"], reject["column"]) == (42, "transaction_date")
    assert "# 41 read = 40 good + 1 corrected + 0 rejected" in _block("sh", "some-bad")


def test_the_contract_that_is_shown_is_the_shipped_one_shortened() -> None:
    shown = tomllib.loads(_block("toml", "lands_at"))
    shipped = tomllib.loads((ROOT / "chalicelib/contracts/transactions.toml").read_text())
    assert set(shown["columns"]["currency"]["values"]) < set(shipped["columns"]["currency"].pop("values"))
    del shown["columns"]["currency"]["values"]
    assert shown["limits"].items() <= shipped.pop("limits").items()
    del shown["limits"]
    assert shown.items() <= shipped.items()


def test_all_faulty_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(
            {"LANDFALL_MAX_ATTEMPTS": "many", "LANDFALL_LOAD_EVERY_SECONDS": "7", "LANDFALL_IGNORE": "*.tmp, {"}
        )
    missing = ("LANDFALL_BUCKET", "LANDFALL_WORKGROUP", "LANDFALL_COPY_ROLE")
    for name in (*missing, "LANDFALL_MAX_ATTEMPTS", "LANDFALL_LOAD_EVERY_SECONDS", "LANDFALL_IGNORE"):
        assert name in str(caught.value)
