"""docs/glossary.md has the terms of the code, and the code has no second word for one of them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from enum import Enum
from pathlib import Path

import pytest

from chalicelib import ports
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract import column, contract, dialect, notation, tally
from chalicelib.domain.run import group, model
from chalicelib.domain.run.group import GroupState
from chalicelib.domain.run.model import ChunkState, RunState
from chalicelib.domain.warehouse.statement import StatementState

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ROW_CODES = (ROOT / "docs/reference/row-codes.md").read_text(encoding="utf-8")

KEY_CLASSES = sorted(
    name
    for module in (ports, model, group, contract, column, dialect, notation, tally)
    for name, value in vars(module).items()
    if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
)
STATES: list[Enum] = [*RunState, *ChunkState, *GroupState, *StatementState]
TERMS = """run, chunk, part, generation, seal, settle, ledger, gate, fence, sweep, reject, redrive, backfill, landing,
contract, dialect, mark, share, group, slot, lease, books, fault, correction, resubmit, rerun, notifier, archive,
bookmark, load queue, file plan, row origin, data check, notation, canonical, left out, altered, preamble, footer,
trailer, side file, transform, source, window, accept rejects, copy round, letter"""

ENTRY = re.compile(r"^- \*\*(.+?)\*\*", re.MULTILINE)
SECTIONS = [section for section in re.split(r"^## ", PAGE, flags=re.MULTILINE) if ENTRY.search(section)]
OTHER_WORDS = """mend mends mended amend amended bell spelling spelt transcriber nudge misfit rehearsal afresh filed
filing questions heard setbacks bury drive driven remember recall told world"""
"""Words that have a term of the glossary in their place."""


@pytest.mark.parametrize("name", KEY_CLASSES)
def test_each_key_class_has_its_entry(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("state", STATES, ids=str)
def test_each_state_has_its_entry(state: Enum) -> None:
    assert f"`{state.value}`" in PAGE


@pytest.mark.parametrize("term", re.split(r",\s", TERMS))
def test_each_term_has_one_entry_of_one_line(term: str) -> None:
    assert len(re.findall(rf"^- \*\*{term}\*\*: \S.*[.]$", PAGE, re.MULTILINE)) == 1


def test_no_term_is_listed_twice() -> None:
    listed = ENTRY.findall(PAGE)
    assert listed
    assert [term for term, count in Counter(listed).items() if count > 1] == []


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.split("\n")[0])
def test_the_terms_of_a_section_are_in_order(section: str) -> None:
    listed = ENTRY.findall(section)
    assert listed == sorted(listed)


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_glossary_is_linked(page: str) -> None:
    assert "glossary.md)" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("code", RowCode, ids=lambda c: c.name)
def test_each_row_code_is_on_its_page(code: RowCode) -> None:
    assert re.search(rf"^\| {code.value} \| `{code.name}` \| \S", ROW_CODES, re.MULTILINE)


def test_the_page_of_row_codes_has_no_other_code() -> None:
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \|", ROW_CODES, re.MULTILINE)
    assert listed == [(str(code.value), code.name) for code in RowCode]


def _names(path: Path) -> set[str]:
    """The names of a module, its classes and its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {path.stem, *(node.name for node in ast.walk(tree) if isinstance(node, kinds))}


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("path", sorted((ROOT / "chalicelib").rglob("*.py")), ids=lambda p: p.stem)
def test_no_name_has_a_word_that_a_term_replaced(path: Path) -> None:
    assert not {name for name in _names(path) if _words(name) & set(OTHER_WORDS.split())}
