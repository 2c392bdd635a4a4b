"""The tokens of a data check's condition, read once from left to right.

Guarantees that strings and quoted names begin and end where Redshift and PostgreSQL begin and end them. Text that the
two may read differently is refused: backslashes, dollar signs, control characters, letters beyond ASCII outside quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

LONGEST_NAME = 63
"""Length of the longest name that is compared with known names."""


class TokenKind(Enum):
    """The kind of a token; the value is the name of its group in the pattern."""

    TEXT = "text"  # '...'
    QUOTED = "quoted"  # "..."
    WORD = "word"
    NUMBER = "number"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, kw_only=True)
class Token:
    """One piece of a condition."""

    kind: TokenKind
    text: str
    at: int
    """Position of its first character in the condition, counted from 1."""

    @property
    def name(self) -> str:
        """The name in lower case, for comparisons: Redshift folds names to lower case, quoted names too."""
        return (self.text[1:-1].replace('""', '"') if self.kind is TokenKind.QUOTED else self.text).lower()


class ConditionError(Exception):
    """The condition is refused; the message gives the reason and the position."""


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>'(?:[^'\\\x00-\x1f\x7f-\x9f]|'')*'(?!'))
    |(?P<quoted>"(?:[^"\\\x00-\x1f\x7f-\x9f]|"")+"(?!"))
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.]))
    |(?P<refused>--|/\*)
    |(?P<sign>::|<>|!=|<=|>=|\|\||!~\*|!~|~\*|[-+*/%^<>=~(),.\[\]])""",
    re.VERBOSE,
)
_NAMES = {
    "--": "a comment",
    "/*": "a comment",
    ";": "a semicolon",
    "\\": "a backslash",
    "$": "a dollar sign",
    "'": "a string that is not closed, or has a backslash or a control character",
    '"': "a quoted name that is empty or not closed, or has a backslash or a control character",
}


def tokens(condition: str) -> list[Token]:
    """Return the tokens, and an END. Raises ConditionError."""
    found, at = list[Token](), 0
    while at < len(condition):
        match = _TOKEN.match(condition, at)
        kind = str(match.lastgroup) if match else "refused"
        if match is None or kind == "refused":
            raise ConditionError(f"{_named(condition, at)} at character {at + 1}")
        if kind != "space":
            found.append(Token(kind=TokenKind(kind), text=match[0], at=at + 1))
        at = match.end()
    return [*found, Token(kind=TokenKind.END, text="", at=len(condition) + 1)]


def _named(condition: str, at: int) -> str:
    """Return a name for the refused text at `at`; only a plain character is shown itself."""
    found = _NAMES.get(condition[at : at + 2]) or _NAMES.get(condition[at])
    if found:
        return found
    code = ord(condition[at])
    return f'"{condition[at]}"' if 32 < code < 127 else f"the character U+{code:04X} outside of quotes"


def hint(token: Token, known: Iterable[str]) -> str:
    """Return a suggestion to replace an unknown name; empty if no known name is similar."""
    close = get_close_matches(token.name, sorted(known), 1) if len(token.name) <= LONGEST_NAME else []
    if close:
        return f"; did you mean {close[0]}?"
    return "; put a string in single quotes" if token.kind is TokenKind.QUOTED else ""
