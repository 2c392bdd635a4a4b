"""What each function imports while it starts, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chalicelib.bootstrap import PRELOADED
from tests.support.paths import ROOT

HANDLERS = {"authorize": set(), "app": {"pipeline"}, "on_statement": {"pipeline"}, "stage_chunk": {"pipeline", "numpy"}}
HEAVY = {"numpy": "numpy", "pipeline": "chalicelib.pipeline.pipeline", "pandas": "pandas", "gspread": "gspread"}
HEAVY["driver"] = "redshift_connector"


def modules_of(handler: str) -> set[str]:
    script = "import app, sys; print(*sys.modules)"
    around = {**os.environ, "_HANDLER": f"app.{handler}"}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=around, capture_output=True, check=True)
    return set(done.stdout.decode().split())


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_imports_only_its_parts(handler: str) -> None:
    modules = modules_of(handler)
    assert {name for name, module in HEAVY.items() if module in modules} == HANDLERS[handler]


def test_preloaded_modules_exist_for_real_handlers() -> None:
    import app

    assert all(callable(getattr(app, handler)) or handler == "app" for handler in PRELOADED)
    assert not modules_of("no_such_handler") - modules_of("on_statement")
