"""A plan is read as it was written."""

from __future__ import annotations

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats.cells import Cells
from tests.support.files.engine import contract, text

THINGS = (Column(name="id", type=text(), required=True), Column(name="note", type=text()))


def test_a_plan_remembers_what_is_rescued():
    plan = FilePlan(columns=("id", "_rescued"), header_lines=1, ranges=(), rescued=((0, "x"),))
    assert FilePlan.from_json(plan.to_json()) == plan
    super_ = Column(name="_rescued", type=ColumnType(kind=TypeName.SUPER))
    assert Layout.of(contract(*THINGS, super_), plan.columns, plan.rescued).columns == (THINGS[0], super_)


def test_a_plan_keeps_the_names_of_cells():
    cells = Cells(sheet="Orders", letters={"id": "B"})
    plan = FilePlan(columns=("id",), header_lines=3, ranges=(), cells=cells)
    assert FilePlan.from_json(plan.to_json()) == plan
