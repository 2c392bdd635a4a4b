"""A table of a contract is read strictly: each fault has its place, and one reading finds them all."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from enum import Enum

import pytest

from chalicelib.domain.contract_files.toml_section import Section


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def section(text: str, key_path: str = "") -> Section:
    return Section(tomllib.loads(text), file="a.toml", key_path=key_path, faults=[])


Read = Callable[[Section], object]
READS: dict[str, tuple[Read, object]] = {
    "text": (lambda s: s.text("k", default="d"), "d"),
    "boolean": (lambda s: s.boolean("k", default=True), True),
    "integer": (lambda s: s.integer("k", default=5, low=1, high=9), 5),
    "number": (lambda s: s.number("k", default=0.5, low=0, high=1), 0.5),
    "strings": (lambda s: s.strings("k", default=("x",)), ("x",)),
    "choice": (lambda s: s.choice("k", Colour.BLUE), Colour.BLUE),
    "scalar": (lambda s: s.scalar("k"), None),
}


@pytest.mark.parametrize(("read", "default"), READS.values(), ids=READS)
def test_an_absent_key_has_its_default_and_no_fault(read: Read, default: object) -> None:
    table = section("")
    assert (read(table), table.faults) == (default, [])


@pytest.mark.parametrize(("read", "default"), READS.values(), ids=READS)
def test_a_value_of_another_type_is_a_fault(read: Read, default: object) -> None:
    table = section("k = { a = 1 }", key_path="columns.id")
    assert read(table) == default
    assert [fault[:24] for fault in table.faults] == ["a.toml: columns.id.k: {'"]


@pytest.mark.parametrize("name", ["integer", "number"])
def test_true_is_no_number(name: str) -> None:
    read, default = READS[name]
    table = section("k = true")
    assert read(table) == default
    assert table.faults == [f"a.toml: k: True is not {'a whole number' if name == 'integer' else 'a number'}"]


def test_a_whole_number_is_a_number_but_not_the_reverse() -> None:
    assert section("k = 1").number("k", default=None, low=0, high=1) == 1.0
    table = section("k = 1.0")
    assert table.integer("k", default=5, low=1, high=9) == 5
    assert table.faults == ["a.toml: k: 1.0 is not a whole number"]


@pytest.mark.parametrize(("value", "faults"), [(0, 1), (1, 0), (9, 0), (10, 1)])
def test_bounds_belong_to_the_range(value: int, faults: int) -> None:
    table = section(f"k = {value}")
    table.integer("k", default=5, low=1, high=9)
    assert table.faults == [f"a.toml: k: {value} is out of range; write 1 to 9"] * faults


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_out_of_range(value: str) -> None:
    table = section(f"k = {value}")
    table.number("k", default=None, low=0, high=1)
    assert len(table.faults) == 1


@pytest.mark.parametrize(("text", "message"), [("", "is missing; every contract needs it"), ('k = ""', "is empty")])
def test_a_required_text_is_there_and_has_letters(text: str, message: str) -> None:
    table = section(text)
    table.text("k", required=True)
    assert [message in fault for fault in table.faults] == [True]


def test_a_choice_is_one_of_the_values_by_case() -> None:
    table = section('k = "Red"')
    assert table.choice("k", Colour.BLUE, "for now") is Colour.BLUE
    assert table.faults == ['a.toml: k: "Red" is not supported; red or blue only for now; write k = "blue"']


def test_lists_keep_their_order_and_lose_what_is_no_string() -> None:
    table = section('a = ["b", "", "a", "b", 1]\nb = "one"\nc = ["x", "", 2]')
    assert table.strings("a", default=()) == ("b", "", "a")
    assert table.string_list("b") == ("one",)
    assert table.string_list("c") == ("x",)
    assert table.faults == [
        "a.toml: a: 1 is not a string; write each entry in quotes",
        "a.toml: c: '' is not a string; write each entry in quotes",
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("true", "true"),
        ('"x"', "x"),
        ("0", "0"),
        ("1.5", "1.5"),
        ("2024-02-29", "2024-02-29"),
        ("2024-02-29T10:00:00", "2024-02-29 10:00:00"),
    ],
)
def test_a_scalar_is_written_as_its_column_writes_it(value: str, written: str) -> None:
    assert section(f"k = {value}").scalar("k") == written


def test_faults_of_inner_tables_are_found_at_their_place() -> None:
    table = section("[[checks]]\nname = 1\n[[checks]]\nname = 2\n[limits]\nmax = 1", key_path="x")
    for check in table.sections("checks"):
        check.text("name")
    limits = table.section("limits")
    limits.integer("most", default=1, low=0, high=9)
    limits.close()
    table.close()
    assert table.faults == [
        "a.toml: x.checks[1].name: 1 is not a string in quotes",
        "a.toml: x.checks[2].name: 2 is not a string in quotes",
        "a.toml: x.limits.max: is not known; use one of most",
    ]


def test_an_unknown_key_has_the_nearest_known_one() -> None:
    table = section("delimeter = 1")
    table.text("delimiter")
    table.text("quote")
    table.close()
    assert table.faults == ["a.toml: delimeter: is not known; did you mean delimiter?"]


def test_a_long_value_is_shown_in_part() -> None:
    table = section(f'k = ["{"x" * 100}"]')
    table.text("k")
    assert table.faults == [f"a.toml: k: ['{'x' * 55}... is not a string in quotes"]


def test_each_known_name_is_named_once() -> None:
    found = section('names = ["a"]\nmax = 1')
    assert found.string_list("names") == ("a",)
    found.string_list("names")
    found.close()
    assert found.faults == ["a.toml: max: is not known; use one of names"]
