"""A plan is read as it was written."""

from __future__ import annotations

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.file.file_plan import FilePlan
from tests.support.files.engine import contract, text

THINGS = (Column(name="id", type=text(), required=True), Column(name="note", type=text()))


def test_a_plan_remembers_what_is_rescued():
    plan = FilePlan(columns=("id", "_rescued"), header_lines=1, ranges=(), rescued=((0, "x"),))
    assert FilePlan.from_json(plan.to_json()) == plan
    super_ = Column(name="_rescued", type=ColumnType(kind=TypeName.SUPER))
    assert Layout.of(contract(*THINGS, super_), plan.columns, plan.rescued).columns == (THINGS[0], super_)
