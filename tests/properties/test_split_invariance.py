"""A file is the same rows and rejects however it is cut, whatever stands at the cut and however wrong it was guessed.

That every byte is used once is part of what is compared: the chunks follow each other without gaps, their bytes add up
to the file's, the good rows are the file's own bytes, and each reject is found at its offset.
"""

from __future__ import annotations

import random

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from tests.support.files.engine import Staged, assert_as_reference, contract, header_of, stage_file, text
from tests.support.files.hostile import hostile_file

THINGS = contract(Column(name="a", type=text(60_000)), Column(name="b", type=text(60_000)))
STRICT = contract(Column(name="a", type=text(9)), Column(name="b", type=ColumnType(kind=TypeName.SMALLINT)), longest=70)
CHUNKS = (1, 2, 3, 5, 7, 16, 31, 64, 100, 257, 1000)

MEANT_WELL = {
    "plain": b"1,2\n33,44\n" * 20,
    "carriage returns at the cut": b"1,2\r\n333,44\r\n\r\n" * 12,
    "quoted newlines": b'"a\nb","c\n\nd"\n"\n",\n' * 12,
    "quoted carriage returns": b'"a\r\nb","\r\n"\r\n"\r",x\r\n' * 10,
    "multi-byte": '日本,"é\n😀"\n😀😀,ü\n'.encode() * 12,
    "doubled quotes": b'"""","x""y"\n"""a""",""""""\n' * 10,
    "no line end in the end": b'1,2\n"3\n",4' * 15,
    "blank lines only": b"\n\r\n\n" * 40,
    "long and short": (b"x" * 90 + b",y\n1,2\n") * 4,
}
MEANT_BADLY = {
    "a region of quotes": b"1,2\n" * 20 + b'"",""\n' * 40 + b"3,4\n" * 20,
    "one long field of quotes": b"1,2\n" * 20 + b'"' + b'""' * 300 + b'",x\n' + b"3,4\n" * 20,
    "delimiters in quotes": b'",",","\n' * 60,
    "line ends in quotes": b'"\n","\n"\n' * 60,
    "quote, comma, quote": b'1,"' + b'","\n' * 80 + b'x"\n' + b"3,4\n" * 20,
    "text like records": b"1,2\n" * 30 + b'5,"' + b"once,upon\n" * 40 + b'"\n' + b"3,4\n" * 30,
    "texts like records": (b"1,2\n" * 3 + b'5,"\n' + b"once,upon\n" * 9 + b'"\n') * 5,
    "a quote never closed": b"1,2\n" * 30 + b'5,"' + b"once,upon\n" * 40,
    "quotes astray": b'1,2\n5" x,6\n"7" y,8\n"9,\n' * 12,
    "quotes astray in texts": b'1,"\na,b\n"\n5" x,6\n"\nc,d\n",""\n' * 9,
}
FILES = MEANT_WELL | MEANT_BADLY


def assert_the_same(data: bytes, things: Contract, staged: Staged, whole: Staged) -> None:
    assert_as_reference(data, things, staged)
    assert (staged.good, staged.rejects) == (whole.good, whole.rejects)
    assert staged.repaired < max(len(staged.summaries), 1)  # no chunk is staged more than twice


@pytest.mark.parametrize("things", [THINGS, STRICT], ids=["lenient", "strict"])
@pytest.mark.parametrize("name", FILES)
def test_chunks_of_any_size_give_the_whole(name, things):
    data = header_of(things) + FILES[name]
    whole = stage_file(data, things, len(data))
    for chunk_bytes in CHUNKS:
        assert_the_same(data, things, stage_file(data, things, chunk_bytes, 64), whole)


@pytest.mark.parametrize("name", FILES)
def test_any_guess_at_any_byte_comes_right(name):
    """Each byte of the file in turn is taken for a record's first."""
    data = header_of(STRICT) + FILES[name][:150]
    whole = stage_file(data, STRICT, len(data))
    for cut in range(len(header_of(STRICT)), len(data)):
        assert_the_same(data, STRICT, stage_file(data, STRICT, len(data), guesses=[cut]), whole)


@pytest.mark.parametrize("seed", range(60))
def test_many_wrong_guesses_at_once_come_right(seed):
    dice = random.Random(seed)
    data = header_of(STRICT) + hostile_file(dice, STRICT, 40)
    whole = stage_file(data, STRICT, len(data))
    guesses = sorted(dice.sample(range(len(header_of(STRICT)), len(data)), 12))
    assert_the_same(data, STRICT, stage_file(data, STRICT, len(data), guesses=guesses), whole)


@pytest.mark.parametrize("name", ["text like records", "texts like records", "quotes astray in texts"])
def test_what_misleads_is_guessed_wrong_and_staged_again(name):
    data = header_of(THINGS) + MEANT_BADLY[name]
    repaired = [stage_file(data, THINGS, chunk_bytes).repaired for chunk_bytes in (31, 64, 100)]
    assert sum(repaired) > 0


def test_what_is_meant_well_is_rarely_staged_again():
    chunks = repaired = 0
    for body in MEANT_WELL.values():
        staged = stage_file(header_of(THINGS) + body * 10, THINGS, 100)
        chunks, repaired = chunks + len(staged.summaries), repaired + staged.repaired
    assert repaired < chunks / 20
