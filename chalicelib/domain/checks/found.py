"""What keeps a value from being a number, in words that hold nothing of the value itself."""

from __future__ import annotations

import re
import unicodedata

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


def found_in_number(value: bytes) -> str:
    """Return what a value has that a number may not have: "a comma", "an invisible sign (U+00A0)"."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "bytes that are not text"
    return _invisible(text) or _as_a_whole(text) or _first_sign(text)


def _invisible(text: str) -> str:
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


def _first_sign(text: str) -> str:
    seen = ""
    for character in text:
        seen += character
        if character in "0123456789" or (character == "." and seen.count(".") == 1):
            continue
        if character in "+-" and len(seen) == 1:
            continue
        if unicodedata.category(character) == "Sc":
            return "a currency sign"
        if character.isdigit():
            return "digits other than 0-9"
        if character.isalpha():
            return "letters"
        return _SIGNS.get(character, "a sign that is not part of a number")
    return "no digit"
