"""Every case, alone."""

from __future__ import annotations

import pytest

from tests.cases import files, fixed_width_files, joined_files, json_files, parquet_files, records, workbooks
from tests.cases.case import Layout, differences
from tests.cases.values import layouts

TEXTS = (*files.LAYOUTS, *joined_files.LAYOUTS, *records.LAYOUTS, *json_files.LAYOUTS, *fixed_width_files.LAYOUTS)
CASES = (*TEXTS, *workbooks.LAYOUTS, *parquet_files.LAYOUTS, *layouts())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_becomes_what_its_sender_meant(case: Layout) -> None:
    assert differences(case) == []


def test_each_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 240
