"""What is left out of the functions' zip is needed by no function."""

from __future__ import annotations

import subprocess
import sys

from deploy.bundle.vendor import UNIMPORTED
from tests.support.paths import ROOT

READS = """
import sys
import chalicelib.sources.postgresql
import sqlalchemy as sa
engine = sa.create_engine("postgresql+pg8000://user@127.0.0.1:1/none")
assert "SELECT" in str(sa.select(sa.column("a")).compile(engine))
print(*sys.modules)
"""


def test_no_source_imports_what_is_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=True)
    left_out = {path.replace("/", ".") for path in UNIMPORTED}
    assert "sqlalchemy.dialects.postgresql" in done.stdout.split()
    assert not left_out & set(done.stdout.split())
