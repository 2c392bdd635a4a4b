"""Properties may take their time: the machine that runs the tests has other things to do."""

import gc
import os
import sys

from hypothesis import settings

if not os.environ.get("CI"):
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")

# Many tests start programs. Without bytecode on disk, each of these compiles its libraries again, for seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What was imported and collected stays: no later search for garbage has to look at it."""
    gc.freeze()
    gc.enable()
