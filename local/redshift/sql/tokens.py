"""Splits SQL into tokens, so that no text in a literal, a comment or a dollar-quoted body is mistaken for SQL.

The texts of all tokens, joined, are the input, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from local.redshift.sql.errors import SqlRefusedError


class TokenKind(Enum):
    """The kind of a token; the value is the name of its group in the pattern."""

    COMMENT = "comment"
    BODY = "body"  # $$ ... $$
    LITERAL = "literal"  # '...'
    QUOTED = "quoted"  # "..."
    CAST = "cast"  # ::
    PARAMETER = "parameter"  # :name
    WORD = "word"
    NUMBER = "number"
    SPACE = "space"
    PLACE = "place"  # $1
    SIGN = "sign"  # an operator or a single other character
    OPEN = "open"  # a literal, quoted name or comment that never ends


_PATTERN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<body>\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$)
    |(?P<literal>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<open>'|"|/\*)
    |(?P<cast>::)
    |(?P<parameter>:[A-Za-z_]\w*)
    |(?P<word>[A-Za-z_\u0080-\U0010ffff][\w$]*)
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<place>\$\d+)
    |(?P<space>\s+)
    |(?P<sign>:=|(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])+|.)""",
    re.S | re.X,
)


@dataclass(frozen=True)
class Token:
    """One piece of SQL. Keywords and names are compared by `low`."""

    kind: TokenKind
    text: str

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def silent(self) -> bool:
        """Whether the server ignores it: white space and comments."""
        return self.kind in (TokenKind.SPACE, TokenKind.COMMENT)

    def instead(self, text: str) -> Token:
        return replace(self, text=text)


def tokenize(sql: str) -> list[Token]:
    tokens = []
    for match in _PATTERN.finditer(sql):
        name = match.lastgroup if match.lastgroup != "tag" else "body"
        tokens.append(Token(TokenKind(name), match[0]))
    return tokens


def text_of(tokens: Iterable[Token]) -> str:
    return "".join(token.text for token in tokens)


def loud(tokens: Iterable[Token]) -> list[Token]:
    """Return the tokens without white space and comments."""
    return [token for token in tokens if not token.silent]


def words(tokens: Iterable[Token], count: int) -> list[str]:
    """Return the first `count` loud tokens in lower case, padded with ''."""
    found = [token.low for token in loud(tokens)[:count]]
    return found + [""] * (count - len(found))


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the index of the bracket that closes the one at `opening`; the last index if none does."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0)
        if depth == 0:
            return index
    return len(tokens) - 1


def cut(tokens: Sequence[Token], separator: str) -> list[list[Token]]:
    """Split at each separator that is not inside brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def spaced(tokens: Iterable[Token]) -> str:
    """Join loud tokens to SQL again."""
    return " ".join(token.text for token in tokens)


def statements(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the statements of a script, without empty ones."""
    return [part for part in cut(tokens, ";") if loud(part)]


def string_value(token: Token) -> str:
    """Return the value of a string literal."""
    return token.text[1:-1].replace("''", "'")


def word_set(text: str) -> frozenset[str]:
    """Make a set of words from one line, which is easier to read than a column of quotes."""
    return frozenset(text.split())


def name_value(token: Token) -> str:
    """Return the name of a word or quoted name. Redshift folds both to lower case."""
    if token.kind is TokenKind.QUOTED:
        return token.text[1:-1].replace('""', '"').lower()
    return token.low


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Reader:
    """Reads loud tokens from the left. `accept` moves on only if the words match."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = loud(tokens)
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    @property
    def next(self) -> str:
        """The next token in lower case, '' at the end."""
        return "" if self.done else self.tokens[self.at].low

    @property
    def rest(self) -> list[Token]:
        return self.tokens[self.at :]

    def accept(self, *expected: str) -> bool:
        found = [token.low for token in self.tokens[self.at : self.at + len(expected)]]
        if found == list(expected):
            self.at += len(expected)
            return True
        return False

    def accept_any(self, *options: str) -> bool:
        return any(self.accept(*option.split()) for option in options)

    def take(self) -> Token:
        if self.done:
            raise SqlRefusedError("syntax error at end of input")
        self.at += 1
        return self.tokens[self.at - 1]

    def bracket(self) -> list[Token]:
        """Read the tokens between brackets if a bracket opens here, else none."""
        if self.next != "(":
            return []
        end = closing(self.tokens, self.at)
        inner = self.tokens[self.at + 1 : end]
        self.at = end + 1
        return inner

    def name(self) -> list[Token]:
        """Read a name, with its schema if it has one."""
        parts = [self.take()]
        while self.next == ".":
            parts += [self.take(), self.take()]
        return parts

    def fail(self) -> SqlRefusedError:
        if self.done:
            return SqlRefusedError("syntax error at end of input")
        return SqlRefusedError(f'syntax error at or near "{self.tokens[self.at].text}"')
