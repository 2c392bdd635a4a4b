"""Files as nobody should write them, from a seed: quotes, delimiters, line ends and bytes where they do not belong."""

from __future__ import annotations

import random

from chalicelib.domain.contract.contract import Contract

PIECES = [
    b"a", b"7", b"-", b'"', b'"', b'""', b",", b",", b"|", b"'", b"\n", b"\n", b"\r", b"\r\n", b" ", b"\0",
    "é".encode(), "日".encode(), "😀".encode(), b"\xff", b"\xc3", b"\xe6\x97", b"\x80",
]  # fmt: skip
TEXT = [b"a", b"b c", b",", b"|", b"\n", b"\r\n", b"\r", b'""', b"''", "ü".encode(), "日本".encode()]
PLAIN = [b"", b"0", b"12", b"-7", b"99999", b"abc", b"b c", "é".encode(), b"x\ry", b"2024-02-30", b"much too long"]
LINE_ENDS = [b"\n"] * 12 + [b"\r\n"] * 5 + [b"\n\n", b"\n\r\n", b"\r\r\n", b"\r", b""]
POLLUTIONS = [b'"', b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xe9", b'""', b'","', b'\n"']


def hostile_file(dice: random.Random, things: Contract, rows: int) -> bytes:
    """About so many rows: well-formed, ragged, polluted and senseless ones, some about as long as the contract allows.

    Pieces are written with commas and double quotes and then turned into the contract's dialect.
    """
    body = b"".join(_row(dice, len(things.columns), things.limits.max_record_bytes) for _ in range(rows))
    body = body if dice.random() < 0.5 else body.rstrip(b"\r\n")
    spoken = {ord(","): ord(things.dialect.delimiter), ord('"'): ord(things.dialect.quote)}
    swap = {**spoken, **{new: old for old, new in spoken.items()}}
    return body.translate(bytes(swap.get(byte, byte) for byte in range(256)))


def _row(dice: random.Random, width: int, longest: int) -> bytes:
    if dice.random() < 0.02:
        return b"".join(dice.choices(PIECES, k=dice.randint(1, 3 * longest)))[: 3 * longest]
    width = width if dice.random() < 0.9 else dice.randint(1, width + 2)
    row = b",".join([_number(dice), *(_field(dice, longest) for _ in range(width - 1))])
    if dice.random() < 0.15:
        at = dice.randint(0, len(row))
        row = row[:at] + dice.choice(POLLUTIONS) + row[at + dice.randint(0, 1) :]
    return row + dice.choice(LINE_ENDS)


def _number(dice: random.Random) -> bytes:
    number = b"%d" % dice.randint(-40_000, 40_000)
    return b'"%s"' % number if dice.random() < 0.3 else number


def _field(dice: random.Random, longest: int) -> bytes:
    kind = dice.random()
    if kind < 0.50:
        return dice.choice(PLAIN)
    if kind < 0.90:
        return b'"%s"' % b"".join(dice.choices(TEXT, k=dice.randint(0, 4)))
    if kind < 0.96:
        return b"".join(dice.choices(PIECES, k=dice.randint(1, 5)))
    filler = dice.choice([b"x", b"x\n", "é".encode(), b'""']) * longest
    long = filler[: longest + dice.randint(-12, 3)]
    return b'"%s"' % long if dice.random() < 0.7 else long.replace(b"\n", b"y").replace(b'"', b"z")
