"""The text of an UNLOAD."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.export.settings import ExportSettings
from chalicelib.domain.warehouse.unload import UnloadOrder, render_unload
from chalicelib.errors import Broken
from tests.support.contracts import COLUMNS, toml

ORDER = UnloadOrder(
    contract=read_contract("thing.toml", toml(columns=COLUMNS + 'city = { type = "varchar(9)" }\n')),
    settings=ExportSettings(key="dashboard_data/thing.csv"),
    folder="s3://bucket-1/unload/thing/0a/",
    iam_role="arn:aws:iam::123456789012:role/landfall-dev-copy",
)


def test_a_target_is_sorted_by_its_key() -> None:
    assert render_unload(ORDER) == (
        """UNLOAD ('SELECT "id", "city" FROM "landing"."thing" ORDER BY "id"')\n"""
        "TO 's3://bucket-1/unload/thing/0a/'\n"
        "IAM_ROLE 'arn:aws:iam::123456789012:role/landfall-dev-copy'\n"
        "FORMAT AS CSV HEADER PARALLEL OFF ALLOWOVERWRITE ENCRYPTED AUTO"
    )


def test_a_view_is_not_sorted() -> None:
    settings = ExportSettings(key="dashboard_data/thing.csv.gz", view="by_city", columns=("city", "total"))
    text = render_unload(replace(ORDER, settings=settings, iam_role="default"))
    assert """UNLOAD ('SELECT "city", "total" FROM "landing"."by_city"')\n""" in text
    assert "\nIAM_ROLE default\nFORMAT AS CSV HEADER GZIP PARALLEL OFF" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"iam_role": "x' GZIP"},
        {"folder": "s3://bucket/a'b/"},
        {"folder": "s3://bucket/no-slash"},
        {"settings": ExportSettings(key="dashboard_data/a.csv", view="a'; drop table b; --", columns=("id",))},
        {"settings": ExportSettings(key="dashboard_data/a.csv", columns=("a b",))},
    ],
)
def test_no_other_text_reaches_the_warehouse(changes: dict[str, object]) -> None:
    with pytest.raises(Broken):
        render_unload(replace(ORDER, **changes))  # type: ignore[arg-type]
