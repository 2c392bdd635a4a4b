"""docs/reference/cli.md names every command, option, exit code and variable there is."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from landfall.faults import ExitCode
from landfall.main import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_documented() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", TEXT, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(commands)
    for name, command in commands.items():
        options = {option for p in command.params for option in p.opts if option.startswith("--")}
        missing = {option for option in options if not re.search(rf"{option}(?![a-z-])", sections[name])}
        assert not missing, f"{name}: {missing}"
        assert command.help


def test_every_exit_code_is_documented() -> None:
    for code in ExitCode:
        assert f"| {code.value} | `{code.name}` |" in TEXT


def test_every_variable_is_documented() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "landfall").rglob("*.py"))
    used = set(re.findall(r"\bLANDFALL_[A-Z_]+\b", sources))
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")  # a stage's, which some commands read
    assert used <= set(re.findall(r"\bLANDFALL_[A-Z_]+\b", TEXT + settings))


def test_every_verb_of_make_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    assert phony == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
