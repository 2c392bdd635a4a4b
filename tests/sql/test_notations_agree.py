"""What a contract's notation reads is what the table holds: 2,000 values of each form, loaded by one COPY."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from tests.support.redshift.agreement import Form, Pair, agree
from tests.support.redshift.desk import Desk

CENT = Decimal("0.01")
BLANKS = (" ", "\u00a0", "\u202f")


def amount(of: random.Random, places: int = 2) -> Decimal:
    digits = of.choice([1, 3, 4, 6, 9])
    return Decimal(of.randint(-(10**digits), 10**digits)) / 10**places


def grouped(number: Decimal, thousands: str, decimal: str) -> str:
    return f"{number:,}".translate(str.maketrans({",": thousands, ".": decimal}))


def european(of: random.Random) -> Pair:
    number = amount(of)
    return grouped(number, of.choice([".", ""]), ","), number


def blank(of: random.Random) -> Pair:
    number = amount(of)
    return grouped(number, of.choice(BLANKS), ","), number


def money(of: random.Random) -> Pair:
    number = amount(of)
    mark, gap = of.choice(["$", "EUR", "€", ""]), of.choice(["", *BLANKS])
    text = grouped(abs(number), ",", ".")
    text = of.choice([f"{mark}{gap}{text}", f"{text}{gap}{mark}"]) if mark else text
    return (of.choice([f"({text})", f"-{text}"]) if number < 0 else text), number


def trailing(of: random.Random) -> Pair:
    number = amount(of)
    return f"{abs(number)}{'-' if number < 0 else ''}", number


def percent(of: random.Random) -> Pair:
    number = amount(of)
    return f"{number}{of.choice(['%', ' %'])}", number / 100


def padded(of: random.Random) -> Pair:
    number = of.randint(-(2**31), 2**31 - 1)
    text = f"{number}{of.choice(['', '.0', '.000'])}"
    return of.choice(["", " ", "\u00a0", "\u200b "]) + text + of.choice(["", " ", "\t", "\ufeff"]), number


def rounded(of: random.Random) -> Pair:
    number = amount(of, of.choice([2, 3, 5]))
    return str(number), number.quantize(CENT, ROUND_HALF_UP)


def cut_number(of: random.Random) -> Pair:
    number = amount(of, of.choice([2, 3, 5]))
    return str(number), number.quantize(CENT, ROUND_DOWN)


def null_word(of: random.Random) -> Pair:
    word = of.choice(["NA", "0000-00-00", ""])
    moment = datetime.fromisoformat("2000-01-01") + timedelta(days=of.randint(0, 20_000))
    return (word, None) if of.random() < 0.3 else (f"{moment:%Y-%m-%d}",) * 2


def answer(of: random.Random) -> Pair:
    word, meant = of.choice([("Ja", "true"), ("active", "true"), ("\x01", "true"), ("Nein", "false"), ("off", "false")])
    word, meant = of.choice([(word, meant), (word.upper(), meant), ("t", "true"), ("no", "false")])
    return word, meant


def letters(of: random.Random) -> str:
    return "".join(of.choices("abcXYZ019 ,;'\"\n.éß€日\U0001f600", k=of.randint(1, 14)))


def cut_text(of: random.Random) -> Pair:
    text = letters(of)
    kept = text
    while len(kept.encode()) > 9:
        kept = kept[:-1]
    return text, kept


def spreadsheet(of: random.Random) -> Pair:
    text = letters(of)
    doubled = text.replace('"', '""')
    return f'="{doubled}"', text


def fine_moment(of: random.Random) -> Pair:
    second = datetime.fromisoformat("1970-01-01") + timedelta(seconds=of.randint(0, 2 * 10**9))
    nanos = of.choice([0, 999_999_500, 999_999_499, of.randint(0, 10**9 - 1)])
    micros = (nanos + 500) // 1_000
    return f"{second:%Y-%m-%d %H:%M:%S}.{nanos:09d}", second + timedelta(microseconds=micros)


FORMS = {
    "european": Form(settings='type = "decimal(12,2)", decimal = ",", thousands = "."', make=european),
    "blank": Form(settings='type = "decimal(12,2)", decimal = ",", thousands = " "', make=blank),
    "money": Form(
        settings='type = "decimal(12,2)", thousands = ",", currency = ["$", "EUR", "€"], negative = "parentheses"',
        make=money,
    ),
    "sap": Form(settings='type = "decimal(12,2)", negative = "trailing"', make=trailing),
    "fraction": Form(settings='type = "decimal(12,4)", percent = "fraction"', make=percent),
    "padded": Form(settings='type = "integer", trim = "unicode"', make=padded, read=int),
    "rounded": Form(settings='type = "decimal(12,2)", excess = "round"', make=rounded),
    "cut_number": Form(settings='type = "decimal(12,2)", excess = "cut"', make=cut_number),
    "null_word": Form(settings='type = "date", null = ["NA", "0000-00-00"]', make=null_word, read=str),
    "answer": Form(
        settings='type = "boolean", true = ["Ja", "active", "\\u0001"], false = ["Nein", "off"]', make=answer, read=str
    ),
    "cut_text": Form(settings='type = "varchar(9)", too_long = "cut"', make=cut_text, read=str),
    "spreadsheet": Form(settings='type = "varchar(60)", spreadsheet_text = true', make=spreadsheet, read=str),
    "fine_moment": Form(settings='type = "timestamp", excess = "round"', make=fine_moment, read=datetime.fromisoformat),
}


def test_check_and_table_agree_value_by_value(desk: Desk) -> None:
    agree(desk, FORMS, "notations")
