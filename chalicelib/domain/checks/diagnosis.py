"""What keeps a value from being a number, a date or a time, in words that hold nothing of the value itself."""

from __future__ import annotations

import re
import unicodedata

_SIZES = {"year": 4, "month": 2, "day": 2, "hour": 2, "minute": 2, "second": 2}
_DATE_PARTS = r"(?P<year>[0-9]{1,4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
_CLOCK_PARTS = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2}))?(?P<part>[.,][0-9]*)?"
_ZONE = r"(?P<zone> ?(?:[Zz]|UTC|GMT|[+-][0-9]{1,2}(?::?[0-9]{2})?))?"
_MOMENT = re.compile(f"(?:{_DATE_PARTS})?[ T]?(?:{_CLOCK_PARTS}{_ZONE})?")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_SIGNS = {",": "a comma", ".": "a second point", "%": "a percent sign", "'": "an apostrophe", "_": "an underscore"}
_FORMS = tuple(
    (re.compile(form), words)
    for form, words in (
        (r"=\".*", "the form of a spreadsheet's text"),
        (r"[+-]?[0-9.,]*[0-9][.,]?[eE][+-]?[0-9]+", "an exponent"),
        (r"[+-].*[+-]|[+-][+-].*|[+-]?\([+-].*|[+-]\(.*|\(.*[+-]\)?", "two signs"),
        (r"\(.*\)", "parentheses"),
        (r".+[+-]", "its sign at the end"),
        (r"[+-]?[0-9]*\.[0-9]+", "digits after the point"),
        (r"[+-]?[0-9]+\.", "no digit after the point"),
    )
)

_OTHER_MOMENTS = tuple(
    (re.compile(form), words)
    for form, words in (
        (r"^[0-9]{1,4}/[0-9]{1,2}/", "slashes instead of hyphens"),
        (r"^[0-9]{1,4}\.[0-9]{1,2}\.", "points instead of hyphens"),
        (r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}", "the year at its end"),
        (r"^[0-9]{8}$", "no hyphens"),
        (r"^[0-9]{9,}$", "only digits, as an epoch has"),
        (r"[A-Za-z]{3}", "letters"),
    )
)


def found_in_number(value: bytes) -> str:
    """Return what a value has that a number may not have: "a comma", "an invisible sign (U+00A0)".

    A blank is named only if it stands between digits, or if the value is a number without it.
    """
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "bytes that are not text"
    bare = "".join(character for character in text if not invisible(character))
    if bare != text and (not bare or _PLAIN.fullmatch(bare)):
        return invisible(text)
    return _as_a_whole(bare) or _signs(bare, _between_digits(text))


def found_in_moment(value: bytes) -> str:
    """Return what a date or time has that it may not have, or what it lacks; empty if that is not clear."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "bytes that are not text"
    if text != text.strip(" "):
        return "a blank around it"
    hidden = invisible(text.replace(" ", ""))
    found = _MOMENT.fullmatch(text)
    if hidden or not found:
        return hidden or next((words for form, words in _OTHER_MOMENTS if form.search(text)), "")
    short = next((part for part, size in _SIZES.items() if found[part] and len(found[part]) < size), "")
    if short:
        return f"{'an' if short == 'hour' else 'a'} {short} without all its {_SIZES[short]} digits"
    if len(found["part"] or "") > len(".123456"):
        return "more than six digits of a second's fraction"
    return _whole_parts(found)


def _whole_parts(found: re.Match[str]) -> str:
    """Return what is wrong with a moment whose parts have all their digits."""
    if (found["part"] or "")[:1] == "," or found["part"] == ".":
        return "a fraction of a second that is not a point and digits"
    if found["hour"] and not found["second"]:
        return "no seconds"
    if found["zone"]:
        return "a zone"
    if found["year"] and found["hour"]:
        in_range = int(found["hour"]) < 24 and int(found["minute"]) < 60 and int(found["second"]) < 60
        return "both a date and a time of day" if in_range else "an hour, minute or second out of range"
    return "no date" if found["hour"] else "no time of day"


def invisible(text: str) -> str:
    """Return the first blank or invisible sign of a text, by its code point; empty if there is none."""
    for character in text:
        if character == " ":
            return "a blank"
        if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs"):
            return f"an invisible sign (U+{ord(character):04X})"
    return ""


def _as_a_whole(text: str) -> str:
    for form, words in _FORMS:
        if form.fullmatch(text):
            return words
    return ""


def _between_digits(text: str) -> str:
    """Return the first blank or invisible sign between two digits; empty if there is none."""
    threes = zip(text, text[1:], text[2:], strict=False)
    return next((found for a, b, c in threes if a.isdigit() and c.isdigit() and (found := invisible(b))), "")


def _signs(bare: str, blank: str) -> str:
    """Return each kind of sign that no number has, behind `blank` if that is one. A value without digits has one."""
    kinds = {blank: None} if blank else {}
    point, digits = False, any(character.isdigit() for character in bare)
    for place, character in enumerate(bare):
        expected = character in "0123456789" or (character == "." and not point) or (character in "+-" and not place)
        point = point or character == "."
        if not expected:
            kinds[_sign(character)] = None
    if not digits:
        return "letters" if "letters" in kinds else next(iter(kinds), "no digit")
    *others, last = kinds or ["no digit"]
    return f"{', '.join(others)} and {last}" if others else last


def _sign(character: str) -> str:
    if unicodedata.category(character) == "Sc":
        return "a currency sign"
    if character.isdigit():
        return "digits other than 0-9"
    if character.isalpha():
        return "letters"
    return _SIGNS.get(character, "a sign that is not part of a number")
