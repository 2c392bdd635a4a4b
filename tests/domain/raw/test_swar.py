"""Words of eight bytes give what the bytes give one by one, also where a field ends inside a word."""

from __future__ import annotations

import numpy as np
import pytest

from chalicelib.domain.raw.swar import (
    all_digits,
    as_digits,
    equal,
    hashes,
    longest,
    numbers,
    table_of,
    without_end,
    without_front,
    word,
    zero_bytes,
)
from tests.support.files.fields import fields_with

LENGTHS = (0, 1, 7, 8, 9, 15, 16, 17)


def test_a_word_has_no_byte_of_the_next_field() -> None:
    found, count = word(fields_with(["abc", "abcdefghij", "abcdefgh"]), 1)
    assert found.tolist() == [0, int.from_bytes(b"ij", "little"), 0]
    assert count.tolist() == [0, 2, 0]


@pytest.mark.parametrize("length", LENGTHS)
def test_equal_is_of_the_whole_field(length: int) -> None:
    value = "x" * length
    fields = fields_with([value, value + "x", value[:-1] + "y", value])
    assert equal(fields, value.encode()).tolist() == [True, False, False, True]


TRIMMED = ["", " ", "   ", "a", " a", "a ", "  a b  ", "\t a\t", "é ", " \n"]


def test_a_table_has_a_place_for_each_byte() -> None:
    table = table_of(b"a\xff")
    assert len(table) == 256
    assert np.flatnonzero(table).tolist() == [ord("a"), 255]


@pytest.mark.parametrize("characters", [b"", b" ", b" \t", b"a"])
def test_characters_around_a_field_end_with_the_field(characters: bytes) -> None:
    fields, table = fields_with(TRIMMED), table_of(characters)
    raw = [value.encode() for value in TRIMMED]
    assert without_front(fields, table).raw() == [value.lstrip(characters) if characters else value for value in raw]
    assert without_end(fields, table).raw() == [value.rstrip(characters) if characters else value for value in raw]


@pytest.mark.parametrize("other", ["/", ":", " ", "\0", "é", "\x7f"])
@pytest.mark.parametrize("length", LENGTHS)
def test_a_byte_that_is_no_digit_is_found_anywhere(length: int, other: str) -> None:
    digits = ("1234567890" * 2)[:length]
    fields = fields_with([digits, *(digits[:at] + other + digits[at:] for at in range(length + 1))])
    assert all_digits(fields, most=30).tolist() == [True] + [False] * (length + 1)


def test_bytes_beyond_the_most_are_not_looked_at() -> None:
    assert all_digits(fields_with(["12345678x", "x2345678"]), most=8).tolist() == [True, False]


@pytest.mark.parametrize("value", [0, 9, 10**7, 10**8 - 1, 10**8, 10**16, 2**63, 10**19 - 1])
def test_numbers_of_up_to_nineteen_digits_are_exact(value: int) -> None:
    written = [str(value), str(value).zfill(19), ""]
    assert numbers(fields_with(written)).tolist() == [value, value, 0]


@pytest.mark.parametrize("value", [0, 7, 99, 100, 9_999, 10_000, 12_345_678, 10**8 - 1])
def test_digits_are_written_with_leading_zeros(value: int) -> None:
    assert as_digits(np.array([value], np.uint64)).tobytes() == f"{value:08}".encode()


@pytest.mark.parametrize("place", range(8))
def test_a_zero_byte_is_found_at_each_place(place: int) -> None:
    text = bytearray(b"\x01\x80\xff\x7f\x01\x80\xff\x7f")
    whole = int.from_bytes(text, "little")
    text[place] = 0
    assert zero_bytes(np.array([whole, int.from_bytes(text, "little")], np.uint64)).tolist() == [False, True]


def test_hashes_depend_on_every_byte_and_the_length_only() -> None:
    values = [
        "",
        "\0",
        "\0\0",
        "a",
        "a\0",
        "12345678",
        "12345678\0",
        "x" * 16,
        "x" * 15 + "y",
        "x" * 17,
        "y" + "x" * 16,
    ]
    found = hashes(fields_with(values + values[::-1])).tolist()
    assert found == found[::-1]
    assert len(set(found)) == len(values)
    assert [hashes(fields_with([value]))[0] for value in values] == found[: len(values)]


def test_a_column_without_rows_has_no_length() -> None:
    assert longest(fields_with([])) == 0
    assert hashes(fields_with([])).tolist() == []
