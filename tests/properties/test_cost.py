"""The cost of a month grows with the work, and its lines add up."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.run.cost import LEAST_SECONDS, RPUS, Usage, Workload, costs, glue_month, month_of, wake_ups

amounts = st.floats(min_value=0, max_value=10_000, allow_nan=False)
factors = st.floats(min_value=1, max_value=100)
workloads = st.builds(
    Workload,
    files_per_day=amounts,
    gb_per_file=st.floats(min_value=0, max_value=100),
    files_per_load=st.floats(min_value=1, max_value=500),
    load_every=st.sampled_from((0.0, 60.0, 300.0, 900.0, 3600.0)),
)


def _dearer(more: Workload, less: Workload) -> bool:
    a, b = asdict(month_of(more)), asdict(month_of(less))
    slack = 1 - 1e-9
    ours = all(a[name] >= b[name] * slack for name in a)
    return ours and sum(glue_month(more).values()) >= sum(glue_month(less).values()) * slack


@given(workloads, factors)
def test_more_files_never_cost_less(work: Workload, factor: float) -> None:
    assert _dearer(replace(work, files_per_day=work.files_per_day * factor), work)


@given(workloads, factors)
def test_larger_files_never_cost_less(work: Workload, factor: float) -> None:
    assert _dearer(replace(work, gb_per_file=work.gb_per_file * factor), work)


@given(workloads, workloads)
def test_lines_add_up(one: Workload, two: Workload) -> None:
    both = month_of(one).plus(month_of(two))
    each = sum(costs(month_of(one)).values()) + sum(costs(month_of(two)).values())
    assert sum(costs(both).values()) == pytest.approx(each)
    assert not any(costs(Usage()).values())


@given(workloads)
def test_load_windows_never_wake_the_warehouse_more_often(work: Workload) -> None:
    plain = replace(work, load_every=0.0)
    assert wake_ups(work) <= wake_ups(plain)
    assert month_of(work).rpu_seconds <= month_of(plain).rpu_seconds * (1 + 1e-9)


@given(workloads)
def test_half_the_capacity_halves_redshifts_line(work: Workload) -> None:
    half = month_of(replace(work, rpus=RPUS / 2))
    assert half.rpu_seconds == pytest.approx(month_of(work).rpu_seconds / 2)
    assert half.lambda_requests == month_of(work).lambda_requests


def test_a_load_costs_a_minute_at_least_and_only_once() -> None:
    lone = month_of(Workload(files_per_day=1, gb_per_file=0.001, days=1))
    assert lone.rpu_seconds == RPUS * LEAST_SECONDS
    many = month_of(Workload(files_per_day=10_000, gb_per_file=0.001, days=1))
    assert many.rpu_seconds == RPUS * 86_400
