"""The sums of columns are exact over all rows, however the file is cut, or they are unknown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect, ShortRows, Trailer
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.rejects import Reject
from landfall.check.checking import Checked, Outputs, check_file
from tests.support.files.engine import contract, text


def things(scale: int, **dialect: ShortRows) -> Contract:
    trailer = Trailer(starts_with="T,", sum_fields=(("n", 2),))
    kind = ColumnType(kind=TypeName.DECIMAL, precision=38, scale=scale) if scale else ColumnType(kind=TypeName.BIGINT)
    columns = (Column(name="n", type=kind), Column(name="t", type=text(5)))
    made = contract(*columns, dialect=Dialect(trailer=trailer, **dialect))
    return replace(made, limits=replace(made.limits, max_reject_ratio=1.0))


def checked(rows: list[str], total: object, object_: Contract, chunk_bytes: int = 1000) -> tuple[Checked, list[Reject]]:
    rejects: list[Reject] = []
    data = "n,t\n" + "".join(f"{row}\n" for row in rows) + f"T,{total}\n"
    found = check_file(InMemory(data.encode()), object_, Outputs(reject=rejects.append), chunk_bytes)  # type: ignore[arg-type]
    return found, rejects


def code(checked: Checked) -> str | None:
    return checked.refusal.code if checked.refusal else None


ROOMY = Context(prec=100)
NUMBERS = st.one_of(st.integers(-99, 99), st.sampled_from([9223372036854775807, -9223372036854775808, 10**18]))


@settings(max_examples=100, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=20), st.integers(1, 60))
def test_whole_numbers_of_any_size_add_up(numbers: list[int], chunk_bytes: int) -> None:
    rows = [f"{number},a" for number in numbers]
    assert code(checked(rows, sum(numbers), things(0), chunk_bytes)[0]) is None
    assert code(checked(rows, sum(numbers) + 1, things(0), chunk_bytes)[0]) == "TOTALS_DIFFER"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.decimals(-(10**30), 10**30, places=4), min_size=1, max_size=20), st.integers(1, 60))
def test_decimals_add_up_to_the_last_digit(numbers: list[Decimal], chunk_bytes: int) -> None:
    rows = [f"{number:f},a" for number in numbers]
    total = Decimal(sum(int(number.scaleb(4, ROOMY)) for number in numbers)).scaleb(-4, ROOMY)
    assert code(checked(rows, f"{total:f}", things(4), chunk_bytes)[0]) is None
    assert code(checked(rows, f"{ROOMY.add(total, Decimal('0.0001')):f}", things(4), chunk_bytes)[0]) == "TOTALS_DIFFER"


@pytest.mark.parametrize(
    ("row", "total", "found"),
    [
        (",a", "1", None),
        ('"2",a', "3", None),
        ("5,too long", "6", None),
        ("2.5,a", "3.5", None),
        ("x,a", "1", "TOTALS_UNKNOWN"),
        ("2", "3", "TOTALS_UNKNOWN"),
        ('2,a"b', "3", "TOTALS_UNKNOWN"),
        ("1,a", "", "TRAILER_MALFORMED"),
        ("1,a", "2x", "TRAILER_MALFORMED"),
    ],
)
def test_bad_rows_count_as_far_as_they_have_a_number(row: str, total: str, found: str | None) -> None:
    object_ = things(0)
    assert code(checked(["1,a", row], total, object_)[0]) == found


def test_a_row_that_is_filled_counts() -> None:
    assert code(checked(["1,a", "2"], 3, things(0, short_rows=ShortRows.FILL))[0]) is None
