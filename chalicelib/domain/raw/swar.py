"""Eight bytes at a time: tests of short fields through an overlapping view of a buffer as 64-bit words.

SWAR means SIMD within a register: one numpy operation on words tests eight characters of thousands of fields at once.
Words are little-endian, so a field's first character is a word's lowest byte. Every buffer ends with PADDING, so a word
may be loaded at any byte of the data. Sources: Lemire, "Quickly parsing eight digits" (2018); Mula, SWAR itoa (2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PADDING = b"\n" + bytes(95)
"""Follows the data: a line end, so that a last record without one reads like the others, and room to load words."""


def word_of(text: bytes) -> np.uint64:
    """Return the word with these characters, at most eight; the others are NUL."""
    return np.uint64(int.from_bytes(text, "little"))


def every(byte: int) -> np.uint64:
    """Return the word whose eight bytes all equal `byte`."""
    return word_of(bytes([byte]) * 8)


ZEROS, HIGH_NIBBLES, SIXES = every(0x30), every(0xF0), every(0x06)
LOW = np.array([(1 << (8 * k)) - 1 for k in range(9)], dtype=np.uint64)
"""LOW[k] keeps a word's first k characters."""
POWER = np.array([10**k for k in range(9)], dtype=np.uint64)
EIGHT, U64 = np.int64(8), np.uint64


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """One column of a block: the bounds of one value per record, without quotes."""

    data: Bytes
    """The block and its padding."""
    words: Words
    """The same memory: words[i] holds bytes i to i + 7."""
    start: Ints
    length: Ints

    @property
    def stop(self) -> Ints:
        return self.start + self.length

    def at(self, offset: Ints | int) -> Bytes:
        """Return the byte at `offset` from each field's start; outside the field that is some other byte."""
        if isinstance(offset, int) and offset >= 0:
            return self.data[self.start + offset] if offset else self.data[self.start]
        found: Bytes = self.data[np.maximum(self.start + offset, 0)]
        return found

    def part(self, start: Ints, length: Ints) -> Fields:
        """Return other bounds over the same bytes."""
        return Fields(data=self.data, words=self.words, start=start, length=length)

    def pick(self, rows: Ints | Mask) -> Fields:
        """Return the fields of these rows."""
        return self.part(self.start[rows], self.length[rows])

    def raw(self) -> list[bytes]:
        """Return the bytes of each field as they stand in the file."""
        return [bytes(self.data.data[a:b]) for a, b in zip(self.start.tolist(), self.stop.tolist(), strict=True)]


def words_of(data: bytes | memoryview) -> Words:
    """Return an overlapping view of a padded buffer as little-endian words, one per byte except the last seven."""
    return np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))


def windows_of(data: Bytes, length: int) -> npt.NDArray[np.void]:
    """Return an overlapping view of a buffer: item i is the `length` bytes from i on."""
    return np.ndarray((len(data) - length + 1,), dtype=f"V{length}", buffer=data, strides=(1,))


def fields_of(data: bytes) -> Fields:
    """Wrap a padded buffer, without bounds so far."""
    none = np.empty(0, np.int64)
    return Fields(data=np.frombuffer(data, np.uint8), words=words_of(data), start=none, length=none)


def longest(fields: Fields) -> int:
    """Return the length of the longest field, in bytes."""
    return int(np.max(fields.length)) if len(fields.length) else 0


def word(fields: Fields, index: int) -> tuple[Words, Ints]:
    """Return characters 8*index to 8*index + 7 of each field, and how many belong to it; the others are NUL."""
    count = np.minimum(np.maximum(fields.length - 8 * index, 0), EIGHT)
    found = fields.words[fields.start + 8 * index]
    found &= LOW[count]
    return found, count


def equal(fields: Fields, value: bytes) -> Mask:
    """Return which fields equal `value`, byte for byte."""
    same: Mask = fields.length == len(value)
    for index in range((len(value) + 7) // 8):
        same &= word(fields, index)[0] == word_of(value[8 * index : 8 * index + 8])
    return same


def table_of(characters: bytes) -> Mask:
    """Return, for each of the 256 bytes, whether it is one of these characters."""
    found: Mask = np.isin(np.arange(256), list(characters))
    return found


def without_front(fields: Fields, characters: Mask) -> Fields:
    """Return the fields without the characters of a table at their front."""
    start, stop = fields.start.copy(), fields.stop
    rows = np.flatnonzero(start < stop)
    while len(rows):
        rows = rows[characters[fields.data[start[rows]]]]
        start[rows] += 1
        rows = rows[start[rows] < stop[rows]]
    return fields.part(start, stop - start)


def without_end(fields: Fields, characters: Mask) -> Fields:
    """Return the fields without the characters of a table at their end."""
    length = fields.length.copy()
    rows = np.flatnonzero(length > 0)
    while len(rows):
        rows = rows[characters[fields.data[fields.start[rows] + length[rows] - 1]]]
        length[rows] -= 1
        rows = rows[length[rows] > 0]
    return fields.part(fields.start, length)


def zero_bytes(words: Words) -> Mask:
    """Return which words have a zero byte."""
    found: Mask = ((words - every(0x01)) & ~words & every(0x80)) != 0
    return found


def all_digits(fields: Fields, most: int) -> Mask:
    """Return which fields have only ASCII digits in their first `most` characters; empty fields count as such."""
    proven = _eight_digits(fields, 0)
    for index in range(1, (min(most, longest(fields)) + 7) // 8):
        rows = np.flatnonzero(fields.length > 8 * index)
        if 2 * len(rows) > len(proven):
            proven &= _eight_digits(fields, index)
        else:
            proven[rows] &= _eight_digits(fields.pick(rows), index)
    return proven


def _eight_digits(fields: Fields, index: int) -> Mask:
    """Return which of the fields' words have only digits."""
    values = fields.words[fields.start + 8 * index] ^ ZEROS  # a digit becomes 0 to 9, any other byte more
    values &= LOW[np.minimum(np.maximum(fields.length - 8 * index, 0), EIGHT)]
    values |= values + SIXES  # only a byte that is not a digit can carry into the next
    digits: Mask = (values & HIGH_NIBBLES) == 0
    return digits


def numbers(fields: Fields) -> Words:
    """Return the values of fields of at most 19 ASCII digits; empty fields are 0."""
    value = np.zeros(len(fields.start), np.uint64)
    for index in range((longest(fields) + 7) // 8):
        found, count = word(fields, index)
        value = value * POWER[count] + eight_digits(found & every(0x0F), count)
    return value


def eight_digits(digits: Words, count: Ints) -> Words:
    """Return the number of each word: its first `count` bytes are digit values 0 to 9, its other bytes are 0."""
    shifted = digits << (np.minimum(64 - 8 * count, 56)).astype(np.uint64)  # leading zeros instead of trailing ones
    pairs = shifted * U64(10) + (shifted >> U64(8))
    mask = U64(0x000000FF000000FF)
    high = (pairs & mask) * U64(0x000F424000000064)
    low = ((pairs >> U64(16)) & mask) * U64(0x0000271000000001)
    value: Words = (high + low) >> U64(32)
    return value


def as_digits(values: Words) -> Words:
    """Return numbers below 10^8 as words of eight ASCII digits."""
    split = values // U64(10_000) | (values % U64(10_000)) << U64(32)
    hundreds = ((split * U64(10_486)) >> U64(20)) & U64(0x7F0000007F)
    split = hundreds | ((split - U64(100) * hundreds) << U64(16))
    tens = ((split * U64(103)) >> U64(10)) & U64(0x000F000F000F000F)
    digits: Words = (tens | ((split - U64(10) * tens) << U64(8))) + ZEROS
    return digits


def mix(values: Words) -> Words:
    """Spread every bit over the word (Stafford's variant 13 of MurmurHash3's finaliser)."""
    values = (values ^ (values >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> U64(27))) * U64(0x94D049BB133111EB)
    return values ^ (values >> U64(31))


def hashes(fields: Fields) -> Words:
    """Return a 64-bit hash of each field.

    Equal bytes have equal hashes. Different bytes have the same hash in one of about 1.8e19 pairs.
    """
    result = mix(fields.length.astype(np.uint64))
    index, shortest = 0, int(np.min(fields.length)) if len(fields.length) else 0
    while shortest > 8 * index:  # all fields have this word
        result = mix(result * U64(0x9E3779B97F4A7C15) ^ word(fields, index)[0])
        index += 1
    rows = np.flatnonzero(fields.length > 8 * index)
    while len(rows):
        found, _ = word(fields.part(fields.start[rows] + 8 * index, fields.length[rows] - 8 * index), 0)
        result[rows] = mix(result[rows] * U64(0x9E3779B97F4A7C15) ^ found)
        index += 1
        rows = rows[fields.length[rows] > 8 * index]
    return result
