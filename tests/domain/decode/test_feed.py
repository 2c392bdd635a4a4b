"""Packed bytes come in order and once, whatever is peeked at, given back or skipped between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.domain.decode.feed import EMPTY_PARTS_A_FULL_ONE, FREE_EMPTY_PARTS, Feed, Steps
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.errors import Rejected, SourceChanged

DATA = bytes(range(100))


def feed(start: int = 10, stop: int = 90, read: int = 7) -> Feed:
    return Feed(InMemory(DATA), start, stop, Steps(read=read))


@pytest.mark.parametrize("read", [1, 7, 80, 1000])
def test_all_bytes_come_once_and_none_beyond(read: int) -> None:
    assert b"".join(iter(feed(read=read).take, b"")) == DATA[10:90]


@pytest.mark.parametrize("read", [1, 7, 1000])
def test_a_peek_leaves_the_bytes(read: int) -> None:
    fed = feed(read=read)
    assert (fed.peek(20), fed.offset) == (DATA[10:30], 10)
    assert (fed.exactly(20), fed.offset) == (DATA[10:30], 30)
    assert fed.peek(1000) == DATA[30:90]
    assert fed.offset == 30


def test_what_is_given_back_comes_again_first() -> None:
    fed = feed()
    fed.give_back(fed.exactly(3))
    assert fed.exactly(3) == DATA[10:13]
    taken = fed.take()
    fed.give_back(taken[2:])
    assert fed.offset == 15
    assert b"".join(iter(fed.take, b"")) == DATA[15:90]


@pytest.mark.parametrize("length", [0, 3, 6, 7, 8, 40])
def test_a_skip_moves_on_within_what_is_held_and_beyond(length: int) -> None:
    fed = feed()
    fed.peek(1)
    fed.skip(length)
    assert (fed.offset, fed.exactly(2)) == (10 + length, DATA[10 + length :][:2])


def test_a_skip_may_end_at_the_end() -> None:
    fed = feed()
    fed.skip(80)
    assert (fed.offset, fed.take()) == (90, b"")


@pytest.mark.parametrize("act", [lambda f: f.exactly(81), lambda f: f.skip(81)], ids=["exactly", "skip"])
def test_bytes_that_are_missing_are_damage(act: Callable[[Feed], object]) -> None:
    with pytest.raises(Rejected, match="it ends too early") as caught:
        act(feed())
    assert caught.value.code == "COMPRESSION_BROKEN"


def test_at_the_end_some_bytes_cannot_be_taken() -> None:
    fed = feed(start=88)
    assert fed.take_some() == DATA[88:90]
    with pytest.raises(Rejected, match="at or before byte 90: it ends too early"):
        fed.take_some()


def test_a_file_that_shrank_is_another_version() -> None:
    with pytest.raises(SourceChanged):
        feed(stop=120, read=1000).take()


@pytest.mark.parametrize(("tail", "zeros"), [(b"", True), (b"\0" * 50, True), (b"\0" * 49 + b"\1", False)])
def test_only_zeros_looks_at_every_byte_left(tail: bytes, zeros: bool) -> None:
    assert Feed(InMemory(b"x" + tail), 1, 1 + len(tail), Steps(read=7)).only_zeros() is zeros


def test_full_parts_allow_more_empty_ones() -> None:
    fed = feed()
    fed.count_part(full=True)
    for _ in range(FREE_EMPTY_PARTS + EMPTY_PARTS_A_FULL_ONE):
        fed.count_part(full=False)
    with pytest.raises(Rejected) as caught:
        fed.count_part(full=False)
    assert (caught.value.code, caught.value.byte_offset) == ("COMPRESSION_BOMB", 10)


def test_only_the_named_errors_become_damage() -> None:
    fed = feed()
    with pytest.raises(Rejected, match="at or before byte 10: its bytes are not consistent"), fed.sound(EOFError):
        raise EOFError
    with pytest.raises(KeyError), fed.sound(EOFError):
        raise KeyError
