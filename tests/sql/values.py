"""Texts that files may hold in a column of each type: valid, nearly valid and hostile, the same ones in every run."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

EPOCH = datetime.fromisoformat("0001-01-01")
Make = Callable[[random.Random], str]

ODD = [
    " ", "  ", "\t", "-", "+", ".", "--1", "+-1", "1-", "1 ", " 1", "0x1F", "1_000", "1,000", "１２", "٣", "²", "NaN",
    "nan", "inf", "-Infinity", "NULL", "null", "\\N", "None", "''", "é", "日本", "\U0001f600", "now", "today", "epoch",
    "infinity", "allballs", "1e5", "1E400", "t", "on", "off", "tr", "$5", "5%", "1;2", "'1'", "{}", "[]", "\\x61",
    "\x7f", "\u22121", "24:00:00", "a,b", 'say "so"', "line\nbreak", "back\\slash",
]  # fmt: skip


def integers(bits: int) -> Make:
    edges = [0, 1, 9, 10, 2 ** (bits - 1), 2**bits, 10 ** len(str(2 ** (bits - 1)))]

    def make(of: random.Random) -> str:
        near = of.choice(edges) * of.choice([1, -1]) + of.randint(-2, 2)
        number = of.choice([near, near, of.randint(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1), of.randint(-999, 999)])
        sign = of.choice(["", "", "", "+"]) if number >= 0 else ""
        return sign + str(number).replace("-", "-" + of.choice(["", "", "0", "0" * 25])) + of.choice(["", "", "", ".0"])

    return make


def decimals(precision: int, scale: int) -> Make:
    def make(of: random.Random) -> str:
        whole = "".join(of.choices("0123456789", k=max(0, of.choice([precision - scale, 1, 0]) + of.choice([0, 0, 1]))))
        part = "".join(of.choices("0123456789", k=max(0, of.choice([scale, 1, 0]) + of.choice([0, 0, 0, 1]))))
        point = of.choice([".", "", "."]) if part else of.choice(["", "", "."])
        return of.choice(["", "-", "+", "-0", "00"]) + (whole or of.choice(["", "0"])) + point + part

    return make


def floats(of: random.Random) -> str:
    number = of.choice([of.uniform(-1e6, 1e6), of.uniform(-1, 1) * 10 ** of.randint(-330, 307), of.gauss(0, 1) * 1e38])
    edges = [
        "1e400",
        "5e-324",
        "2e-324",
        "1.7976931348623157e308",
        "1.8e308",
        "3.4028235e38",
        "3.41e38",
        "1e-45",
        "1e-46",
    ]
    text = of.choice([repr(number), f"{number:.3f}", f"{number:e}", f"{number:E}", str(int(number)), of.choice(edges)])
    return of.choice(["", "", "+", "-0"]) + text + of.choice(["", "", "", ".", "e5", "E-3", "e", "f"])


def booleans(of: random.Random) -> str:
    word = of.choice(["t", "true", "y", "yes", "1", "f", "false", "n", "no", "0", "on", "off", "tr", "fals", "2", "01"])
    return "".join(of.choice([c, c.upper()]) for c in word) + of.choice(["", "", "", "", " ", "e"])


def texts(bytes_: int) -> Make:
    letters = "abcXYZ019 ,;|'\"\\\n\r\t.é߿€日\U0001f600"

    def make(of: random.Random) -> str:
        made = "".join(of.choices(letters, k=of.randint(1, bytes_ + 2)))
        return made if of.random() < 0.5 else "".join(c for c in made if c.isascii())

    return make


def days(of: random.Random) -> datetime:
    edges = [
        EPOCH,
        datetime.fromisoformat("9999-12-31"),
        datetime.fromisoformat("2000-02-28"),
        datetime.fromisoformat("1900-02-28"),
        datetime.fromisoformat("2024-02-28"),
    ]
    some = of.choice([*edges, EPOCH + timedelta(days=of.randint(0, 3_652_058))])
    return some if some.year == 9999 else some + timedelta(days=of.choice([0, 0, 1]))


def dates(form: str = "") -> Make:
    def make(of: random.Random) -> str:
        return _broken(of, written(of, days(of), of.choice(form.split("|")) if form else "YYYY-MM-DD"))

    return make


def clocks(zones: list[str]) -> Make:
    def make(of: random.Random) -> str:
        hour, minute = of.choice([0, 23, 24, of.randint(0, 23)]), of.choice([0, 59, 60, of.randint(0, 59)])
        second = of.choice([0, 0, 59, 60, of.randint(0, 59)])
        part = of.choice(["", "", ".5", ".123456", ".1234567", ".000"])
        return _broken(of, f"{hour:02d}:{minute:02d}:{second:02d}{part}{of.choice(zones)}")

    return make


def moments(zones: list[str], form: str = "") -> Make:
    clock = clocks(zones)

    def make(of: random.Random) -> str:
        if form:
            moment = days(of) + timedelta(seconds=of.randint(0, 86_399))
            return _broken(of, written(of, moment, of.choice(form.split("|"))))
        day = written(of, days(of), "YYYY-MM-DD")
        joint = of.choice([" ", " ", "T", "t", "  ", ""])
        noon = datetime.fromisoformat("2000-01-01T12:00:00")
        right = written(of, noon + timedelta(seconds=of.randint(-43_200, 43_199)), "HH24:MI:SS") + of.choice(zones)
        return _broken(of, day + joint + of.choice([clock(of), right, right]))

    return make


def written(of: random.Random, moment: datetime, form: str) -> str:
    names = [f"{moment:%b}", f"{moment:%B}", f"{moment:%b}".upper(), f"{moment:%B}".lower()]
    parts = {
        "YYYY": f"{moment.year:04d}", "MON": of.choice(names), "MM": f"{moment.month:02d}", "DD": f"{moment.day:02d}",
        "HH24": f"{moment.hour:02d}", "HH12": f"{moment:%I}", "MI": f"{moment.minute:02d}",
        "SS": f"{moment.second:02d}" + of.choice(["", "", ".5", ".123456"]), "AM": of.choice(["AM", "am", "PM", "Pm"]),
    }  # fmt: skip
    for name, part in parts.items():
        form = form.replace(name, f"\0{list(parts).index(name)}")
        del part
    for number, part in reversed(list(enumerate(parts.values()))):
        form = form.replace(f"\0{number}", part)
    return form


def documents(of: random.Random, depth: int = 3) -> str:
    """JSON of all sorts, some of it broken."""
    leaves = [
        "null", "true", "false", "0", "-0", "12", "-1.50", "1e5", '"a"', '"é\U0001f600"', '"\\u00e9"', '"q\\"q"',
        '""', '" "', '"\\ud83d\\ude00"', "123456789012345678901234567890", '"a\\\\u0000"', "0.1", "1.0", "{}", "[]",
    ]  # fmt: skip
    faulty = [
        "NaN", "Infinity", "-Infinity", "'a'", "01", "+1", "1.", ".5", "tru", "True", '"\\u0000"', '"\\ud800"',
        '"\\x41"', "{a:1}", "[1,]", '{"a":1,}', "1e999", "[", "}", '"open', '{"a" 1}', "// c", "[1 2]", '"tab\there"',
        '"\\udc00\\ud83d"', '{"k":1,"k":2}', "1" * 39, "1e-999", "undefined", "\ufeff1",
    ]  # fmt: skip
    if depth == 0 or of.random() < 0.3:
        return of.choice(faulty) if of.random() < 0.12 else of.choice(leaves)
    inner = [documents(of, depth - 1) for _ in range(of.randint(0, 3))]
    blank = of.choice(["", "", " ", "\n"])
    if of.random() < 0.5:
        return f"[{blank}{','.join(inner)}{blank}]"
    names = of.sample(["a", "b", "c d", "é", "A"], len(inner))
    return (
        "{" + blank + f",{blank}".join(f'"{name}":{blank}{one}' for name, one in zip(names, inner, strict=True)) + "}"
    )


def hexadecimal(bytes_: int) -> Make:
    def make(of: random.Random) -> str:
        size = of.choice([of.randint(1, bytes_), of.randint(1, 40), bytes_, bytes_ + 1, 1])
        text = "".join(of.choices("0123456789abcdefABCDEF", k=2 * size))
        return _broken(of, text)

    return make


def _broken(of: random.Random, text: str) -> str:
    """Mostly the same; else a character more, less or another."""
    chance, at = of.random(), of.randrange(len(text) + 1)
    if chance < 0.75:
        return text
    other = of.choice("0123456789-:./ TZxg+１")
    return (text[:at] + text[at + 1 :] or "?") if chance < 0.82 else text[:at] + other + text[at + (chance < 0.92) :]


def some(make: Make, count: int, seed: str) -> list[str]:
    """That many different values, none empty: an empty field is NULL whatever the type."""
    of = random.Random(seed)
    found = dict.fromkeys(ODD)
    for _ in range(20 * count):
        if len(found) >= count:
            break
        found[make(of)] = None
    return [value for value in found if value and "\0" not in value]
