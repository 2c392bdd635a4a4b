"""Files for proposals, made from a seed: hostile bytes, and clean tables whose dialect is known."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass

from chalicelib.domain.decode import file_kind
from tests.support.files.packing import PACKS

MAGIC = [
    magic
    for table in vars(file_kind).values()
    if isinstance(table, dict)
    for magic in table
    if isinstance(magic, bytes)
]
SIGNS = [b"\r\n", b"\xff", b"\xef\xbb\xbf", *(bytes([sign]) for sign in b"\0\r\n\t\"',;|#=\\")]
WORDS = [*b"id NULL \\N 1,5 12% $5 (3) 2024-01-01 31.12.24 8E+18 a@b.c".split(), b" ", b""]


def hostile(dice: random.Random) -> bytes:
    """Bytes of any kind."""
    return dice.choice(
        [_noise, _magic, _mutated, _words, _one_column, _no_rows, _equal_names, _wide, _packed, _cut, _zeros, _long]
    )(dice)


def _noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(200))


def _magic(dice: random.Random) -> bytes:
    magic = dice.choice([*MAGIC, b"%PDF-", b"PK\x03\x04"])
    return magic[: dice.randrange(len(magic) + 1)] + dice.choice([_noise, _words, _table])(dice)


def _table(dice: random.Random) -> bytes:
    return clean(dice).data


def _mutated(dice: random.Random) -> bytes:
    data = bytearray(_table(dice))
    for _ in range(dice.randrange(1, 12)):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.choice([0, 0, 1, 5])] = dice.choice([*SIGNS, *WORDS])
    return bytes(data)


def _words(dice: random.Random) -> bytes:
    return b"".join(dice.choices([*SIGNS, *WORDS], k=dice.randrange(60)))


def _one_column(dice: random.Random) -> bytes:
    return b"\n".join(dice.choices(WORDS, k=dice.randrange(1, 20)))


def _no_rows(dice: random.Random) -> bytes:
    return _table(dice).splitlines(keepends=True)[0]


def _equal_names(dice: random.Random) -> bytes:
    names = dice.choices([b"a", b"A", b"a_", b"", b" ", b"column 2", b"a (2)"], k=dice.randrange(1, 8))
    return b",".join(names) + b"\n" + b",".join(dice.choices(WORDS, k=len(names))) + b"\n"


def _wide(dice: random.Random) -> bytes:
    columns = dice.choice([300, 1_500, 1_601, 10_000])
    row = b",".join(b"%d" % n for n in range(columns))
    return b",".join(b"c%d" % n for n in range(columns)) + b"\n" + row + b"\n"


def _packed(dice: random.Random) -> bytes:
    data = dice.choice(list(PACKS.values()))(_table(dice))
    return data[: dice.randrange(len(data) + 1)] if dice.random() < 0.5 else data


def _cut(dice: random.Random) -> bytes:
    data = _table(dice)
    return data[dice.randrange(len(data)) : dice.randrange(len(data) + 1)]


def _zeros(dice: random.Random) -> bytes:
    return bytes(dice.randrange(1, 400)) + dice.choice([b"", b"a,b\n"])


def _long(dice: random.Random) -> bytes:
    return b"id,t\n1," + dice.choice([b"x", b'"', b"\xff", b","]) * dice.choice([70_000, 1_100_000]) + b"\n2,y\n"


@dataclass(frozen=True, kw_only=True)
class Clean:
    """A table, and the file that has it."""

    data: bytes
    header: list[str]
    rows: list[list[str]]
    delimiter: str


KINDS = {
    "id": lambda dice, n: str(n),
    "name": lambda dice, n: dice.choice(["Ann", "Bob Ray", "Zoë, the 2nd", 'say "x"', "O'Neil", "semi;colon", ""]),
    "amount": lambda dice, n: f"{dice.randrange(10**6) / 100:.2f}",
    "price": lambda dice, n: f"{dice.randrange(10**6) / 100:.2f}".replace(".", ","),
    "day": lambda dice, n: f"2024-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
    "seen": lambda dice, n: f"2024-01-{dice.randrange(1, 29):02d} {dice.randrange(24):02d}:{dice.randrange(60):02d}:00",
    "clock": lambda dice, n: f"{dice.randrange(24):02d}:{dice.randrange(60):02d}",
    "mail": lambda dice, n: f"user{n}@example.org",
    "url": lambda dice, n: f"https://example.org/{n}?a=b&c=d",
    "code": lambda dice, n: f"{dice.randrange(1000):05d}",
    "tag": lambda dice, n: dice.choice(["#new", "#old", "a|b", "x:y"]),
    "flag": lambda dice, n: dice.choice(["true", "false"]),
    "note": lambda dice, n: dice.choice(["", "", "two words", "NA", "tab\there"]),
    "share": lambda dice, n: f"{dice.randrange(100)}%",
}
DELIMITERS = (",", ";", "\t", "|", "\x1f", "^", "~")


def clean(dice: random.Random) -> Clean:
    """A table with an id, some columns of other kinds, and a header."""
    header = ["id", *dice.sample([kind for kind in KINDS if kind != "id"], k=dice.randrange(1, 8))]
    rows = [[KINDS[kind](dice, n) for kind in header] for n in range(1, dice.choice([4, 12, 40]))]
    delimiter, end = dice.choice(DELIMITERS), dice.choice(["\n", "\r\n", "\r"])
    out = io.StringIO(newline="")
    notation = dice.choice([{}, {"quoting": csv.QUOTE_ALL}, {"escapechar": "\\", "doublequote": False}])
    csv.writer(out, delimiter=delimiter, lineterminator=end, **notation).writerows([header, *rows])
    data = out.getvalue().encode(dice.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    return Clean(data=data, header=header, rows=rows, delimiter=delimiter)
