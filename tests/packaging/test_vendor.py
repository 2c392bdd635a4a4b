"""What is left out of the functions' zip is needed by no function."""

from __future__ import annotations

import re
import sysconfig

from deploy.bundle.layer import PATHS
from deploy.bundle.started import bare
from deploy.bundle.vendor import SERVICES, UNIMPORTED
from tests.support.paths import ROOT

READS = f"""{PATHS}
import chalicelib.sources.database.mysql
import chalicelib.sources.database.postgresql
import redshift_connector
import sqlalchemy as sa
for driver in ("postgresql+pg8000", "mysql+pymysql"):
    engine = sa.create_engine(driver + "://user@127.0.0.1:1/none")
    assert "SELECT" in str(sa.select(sa.column("a")).compile(engine))
print(*sys.modules)
"""


def test_no_function_imports_what_is_left_out() -> None:
    modules = bare(READS, str(ROOT), sysconfig.get_path("purelib")).split()
    left_out = {path.replace("/", ".") for path in UNIMPORTED}
    assert {"sqlalchemy.dialects.mysql", "sqlalchemy.dialects.postgresql", "redshift_connector"} <= set(modules)
    assert not left_out & set(modules)


def test_the_zip_has_a_model_of_each_called_service() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "chalicelib").rglob("*.py")]
    called = {name for text in texts for name in re.findall(r"\bclient\(\"([a-z0-9-]+)\"", text)}
    assert {"dynamodb", "stepfunctions"} <= called <= SERVICES
