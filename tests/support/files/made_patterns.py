"""Patterns from a seed: such as take a backtracking matcher exponential time, and such as people write."""

from __future__ import annotations

import random
from collections.abc import Callable

LETTERS = ["a", "[a-z]", "[^!]", ".", r"\w", "é", "[a-é]", "(?:a|b)", "(?i:A)"]
NESTED = [
    "({0}+)+{1}",
    "({0}*)*{1}",
    "({0}|{0}{0})+{1}",
    "({0}|{0}?)+{1}",
    "({0}+{0}+)+{1}",
    "(({0}+)+)+{1}",
    "(?:{0}*)+{1}",
    "({0}*)*?{1}",
    "^({0}+)*${1}",
    "(?:{0}|{0}|{0})*{1}",
    "({0}{{1,9}}){{1,9}}{1}",
    "({0}?){{30}}{0}{{30}}{1}",
    "({0}|{0}{0}|{0}{0}{0})*{1}",
    "{0}*{0}*{0}*{0}*{0}*{1}",
    ".*{0}.*{0}.*{0}.*{0}.*{1}",
    "({0}|b)*{0}.{{12}}{1}",
    "(?=({0}+)+{1}).*",
    "(?!({0}*)*{1}).{{5000}}",
    "(?s:(.*)*){1}",
    "(?im)({0}+)+{1}",
    "(?:(?:{0}?){{20}}){{20}}{1}",
    "(){{900000}}({0}+)+{1}",
    "({0}{{1,300}}){{1,300}}{1}",
    "({0}+)\\1+{1}",
    "(?:(?={0}+)a)+{1}",
    "({0}++)+{1}",
    "(?>{0}+)+{1}",
    "(\\b{0}+)+{1}",
]
ENDS = ["", "b", "!", "$", "[0-9]", "é!"]


def hostile_patterns(count: int, seed: int = 14) -> list[str]:
    """So many different expressions that are ambiguous or huge."""
    dice = random.Random(seed)
    return _different(lambda: dice.choice(NESTED).format(dice.choice(LETTERS), dice.choice(ENDS)), count)


def hostile_values(longest: int) -> list[str]:
    """Values that nearly match: much of what repeats, then what ends it wrongly."""
    dice = random.Random(longest)
    texts = ["a", "ab", "aé", "é", "A", "a1"]
    made = [(text * longest)[: longest - len(end)] + end for text in texts for end in ("", "!", "\0", "é", "b!")]
    letters = [chr(code) for code in range(0x100, 0x3000)]
    made += ["".join(dice.choices("ab", k=longest)), "".join(dice.choices(letters, k=longest))]
    return [value.encode()[:longest].decode("utf-8", "ignore") for value in made]


SHIPPED = [
    "[^@ ]+@[^@ ]+",
    "[A-Z]{3}",
    r"\+[0-9]{6,15}",
    "[0-9]{2,8}",
    "[^@]+@[^@]+",
    "[A-Z]{3}-[0-9]{6}",
    r"[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}",
    r"\+[1-9][0-9]{7,14}",
    "[0-9]{5}(-[0-9]{4})?",
    "(?:A|B|C)[+-]?",
    "[A-D]+",
    "[a-z0-9]+",
    "[A-Za-z0-9 ]*",
]
WRITTEN = [
    *SHIPPED,
    r"(?:[0-9a-f]{8})-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)",
    r"^https?://[^\s/$.?#].[^\s]*$",
    r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    r"^(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{8,64}$",
    r"(?!0+$)[0-9]{5,10}",
    r"(?i)^(mr|mrs|ms|dr)\.? .+$",
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$",
    r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
    r"^[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?$",
    r"^\$?\d{1,3}(?:,\d{3})*(?:\.\d{2})?$",
    r"^[\w.%+-]+@(?:[\w-]+\.)+\w{2,}$",
    r"^[a-z]+(?:-[a-z]+)*$",
    r"^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$",
    r"[^,;|]{1,200}",
    r".{1,4000}",
    r"\S.*\S|\S",
    r"[\u00c0-\u017fA-Za-z' -]{1,80}",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})",
    r"(?a:\w)+",
    "(?s).*",
    r"\A[A-Z]\d+\Z",
]
PARTS = ["[A-Z]", r"\d", "[a-z0-9]", "[^,]", r"\w", "[A-Za-z ]", "(?:A|B|C)", "[äöüß]", r"\S"]
COUNTS = ["", "?", "+", "*", "{2}", "{1,3}", "{3,}", "{0,40}", "{8}"]
JOINTS = ["-", "/", " ?", r"\.", "_", "", "(?:-|/)"]


def sound_patterns(count: int, seed: int = 14) -> list[str]:
    """So many different expressions that a contract may have: what ships, what people write, and parts with joints."""
    dice = random.Random(seed)

    def one() -> str:
        parts = [f"{dice.choice(PARTS)}{dice.choice(COUNTS)}{dice.choice(JOINTS)}" for _ in range(dice.randint(1, 5))]
        return dice.choice(["{}", "^{}$", "(?:{})?", "(?i){}", "{}|n/a"]).format("".join(parts))

    known = dict.fromkeys(WRITTEN)
    return [*known, *(made for made in _different(one, count) if made not in known)][:count]


def _different(make: Callable[[], str], count: int) -> list[str]:
    found = dict[str, None]()
    while len(found) < count:
        found[make()] = None
    return list(found)
