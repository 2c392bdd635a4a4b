"""Finds the function of a contract in the code beside it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from chalicelib.domain.contract.transform import Transform
from chalicelib.domain.run.ids import digest
from chalicelib.errors import Broken

FAILED = "TRANSFORM_FAILED"


@cache
def function_of(transform: Transform) -> Callable[[Any], object]:
    """Import the function. Raises Broken.

    The folder is a package of its own, so that a module may have the name of another one, such as `queue`.
    """
    package = f"landfall_transforms_{digest(transform.folder, transform.code)}"
    if package not in sys.modules:
        made = ModuleType(package)
        made.__path__ = [transform.folder]
        sys.modules[package] = made
    try:
        found: Callable[[Any], object] = getattr(import_module(f"{package}.{transform.module}"), transform.function)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the function is not ours
        failed = failure(transform, error)
    else:
        return found
    raise failed


def failure(transform: Transform, error: BaseException) -> Broken:
    """Return the error of a function that raised: its type and its line. Its text may have values of rows."""
    folder, where = Path(transform.folder), ""
    for step in traceback.extract_tb(error.__traceback__):
        if Path(step.filename).is_relative_to(folder):
            where = f" in line {step.lineno} of {Path(step.filename).relative_to(folder)}"
    raised = f"raised {type(error).__name__}{where}"
    return Broken(f"the transform {transform.name} {raised}; correct it, and run the file again", code=FAILED)
