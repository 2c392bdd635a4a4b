"""Rules of layout: the size of folders and files, and how the tests stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

TESTS = ROOT / "tests"
LONGEST_NAME = 60
FILES = sorted(TESTS.rglob("*.py"))
PRODUCT = ("chalicelib", "landfall", "deploy", "local", "bench")
MOST_MODULES, MOST_LINES, LONGEST_FUNCTION = 16, 300, 40


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, also one that is imported as a name of its package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


def from_test_modules(source: str) -> list[str]:
    """Imports of a file of which no other file may import."""
    names = {name for name in imported(ast.parse(source)) if any(part.startswith("test_") for part in name.split("."))}
    return sorted(names)


def long_names(source: str) -> list[str]:
    """Names of tests that are too long."""
    functions = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [f.name for f in functions if f.name.startswith("test_") and len(f.name) > LONGEST_NAME]


def long_functions(source: str) -> list[str]:
    """Functions with too many lines. Decorators do not count."""
    functions = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno >= LONGEST_FUNCTION]


def test_no_file_imports_from_a_test_module() -> None:
    found = {str(path.relative_to(ROOT)): from_test_modules(path.read_text(encoding="utf-8")) for path in FILES}
    assert {path: names for path, names in found.items() if names} == {}


def test_names_of_tests_are_short() -> None:
    found = {str(path.relative_to(ROOT)): long_names(path.read_text(encoding="utf-8")) for path in FILES}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.sql.test_load import row",
        "from tests.sql import test_load",
        "import tests.sql.test_load",
        "from .test_load import row",
        "def late():\n    from tests.sql.test_load import row",
    ],
)
def test_an_import_from_a_test_module_is_found(source: str) -> None:
    assert from_test_modules(source)


@pytest.mark.parametrize("source", ["from tests.support.paths import ROOT", "from chalice.test import Client", "x = 1"])
def test_other_imports_are_allowed(source: str) -> None:
    assert not from_test_modules(source)


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_long_name_is_found(kind: str) -> None:
    name = "test_".ljust(LONGEST_NAME + 1, "x")
    assert long_names(f"{kind} {name}(): ...\nclass A:\n    {kind} {name}(self): ...") == [name, name]
    assert not long_names(f"{kind} {name[:-1]}(): ...\n{kind} {name[5:] * 2}(): ...")


ROOMS = ("api", "operations", "orchestration", "pipeline", "domain")


def matches(test: Path) -> bool:
    """Whether the test's folder is one of the code's."""
    return (ROOT / "chalicelib" / test.relative_to(TESTS).parent).is_dir()


@pytest.mark.parametrize("room", ROOMS)
def test_the_tests_of_a_room_are_in_folders_of_its_code(room: str) -> None:
    tests = list((TESTS / room).rglob("test_*.py"))
    assert tests
    assert [test for test in tests if not matches(test)] == []


def test_a_folder_has_few_modules() -> None:
    folders = {path.parent for top in PRODUCT for path in (ROOT / top).rglob("*.py")}
    counts = {folder: sum(path.name != "__init__.py" for path in folder.glob("*.py")) for folder in folders}
    assert len(counts) > 20
    assert {str(f.relative_to(ROOT)): n for f, n in counts.items() if n > MOST_MODULES} == {}


def test_a_file_is_short() -> None:
    files = [ROOT / "app.py", *FILES, *(path for top in PRODUCT for path in (ROOT / top).rglob("*.py"))]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {str(path.relative_to(ROOT)): n for path, n in lines.items() if n > MOST_LINES} == {}


def test_a_function_is_short() -> None:
    files = [ROOT / "app.py", *(path for top in PRODUCT for path in (ROOT / top).rglob("*.py"))]
    found = {str(path.relative_to(ROOT)): long_functions(path.read_text(encoding="utf-8")) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_long_function_is_found(kind: str) -> None:
    body = "    x = 1\n" * (LONGEST_FUNCTION - 1)
    assert long_functions(f"@decorated\n{kind} most():\n{body}") == []
    assert long_functions(f"class A:\n  {kind} long(self):\n{body}    x = 2\n") == ["long"]
