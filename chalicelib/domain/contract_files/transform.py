"""The `transform` of a contract, read and checked: the function must be in the code beside the contract."""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import replace
from pathlib import Path

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.transform import Transform
from chalicelib.domain.contract_files.toml_section import Section

NAME = re.compile(r"([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*):([A-Za-z_][A-Za-z0-9_]*)")


def read_transform(top: Section, columns: tuple[Column, ...], directory: Path | str | None) -> Transform | None:
    """Read which function changes the rows; record every fault in the section.

    Without the directory, its code is not looked at.
    """
    name = top.text("transform")
    if columns and not name:
        top.fault("input_columns", "is for a transform; put the columns into [columns], or name the function")
    if not name:
        return None
    found = NAME.fullmatch(name)
    if not found:
        top.fault("transform", f'"{name}" is not module:function; write it as cases:tidy, for tidy in cases.py')
        return None
    module, function = found.groups()
    transform = Transform(module=module, function=function, columns=columns)
    if directory is None:
        return transform
    folder = Path(directory)
    if fault := _code_fault(folder, transform):
        top.fault("transform", fault)
    return replace(transform, folder=str(folder.resolve()), code=code_of(folder))


def code_of(folder: Path) -> str:
    """Return a hash of all Python files of a folder and those below it."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        found.update(f"{file.relative_to(folder)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _code_fault(folder: Path, transform: Transform) -> str:
    """Return what is wrong with the module, without running it; empty if the function is there."""
    place = f"{transform.module.replace('.', '/')}.py"
    try:
        tree = ast.parse((folder / place).read_bytes())
    except OSError:
        return f"there is no {place} beside the contract; add it with a function {transform.function}(frame)"
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        return f"line {line} of {place} is not Python; fix it there"
    if transform.function not in _functions(tree):
        return f"{place} has no function {transform.function}; add it, or correct the name"
    return ""


def _functions(tree: ast.Module) -> set[str]:
    """Return the names of the functions that a module defines or imports."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return names | {alias.asname or alias.name for node in imports for alias in node.names}
