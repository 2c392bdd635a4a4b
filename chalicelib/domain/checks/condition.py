"""Check that the condition of a data check is one expression over the contract's columns, and nothing else.

A condition without a fault is one expression with its brackets closed. It calls only functions of an allow-list. It
reads only the contract's columns, and in a subselect those of `staging`. Does not promise that the warehouse can
evaluate the condition: `landfall migrate` tests that by EXPLAIN.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from chalicelib.domain.checks.condition_tokens import ConditionError, Token, TokenKind, hint, tokens
from chalicelib.domain.checks.condition_words import (
    AGGREGATES,
    BEHIND,
    BETWEEN,
    CONSTANTS,
    FUNCTIONS,
    KEYWORDS,
    LONG_TYPES,
    MOMENTS,
    PARTED,
    PARTS,
    PREFIXES,
    SPLIT,
    TYPES,
    instead,
)
from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.contract import Contract, DataCheck

STAGING = "staging"
"""The name of the load's rows in a condition."""
MAX_CONDITION = 4_000
"""Length in bytes of the longest condition: the procedure accepts no more."""
MAX_DEPTH = 40
SHOWN = 40
"""Most characters of a token in a message."""
_QUANTIFIERS = ("any", "all", "some")


def check_fault(contract: Contract, check: DataCheck) -> str:
    """Return the fault in the condition of a contract's check, and how to fix it; empty without a fault."""
    documents = tuple(column.name for column in contract.columns if column.type.kind is TypeName.SUPER)
    return condition_fault(check.bad_rows, tuple(column.name for column in contract.columns), documents)


@lru_cache(maxsize=1_024)
def condition_fault(condition: str, columns: tuple[str, ...], documents: tuple[str, ...] = ()) -> str:
    """Return the fault in a condition over these columns; `documents` are the SUPER columns among them."""
    if len(condition.encode("utf-8", "surrogatepass")) > MAX_CONDITION:
        return f"is longer than {MAX_CONDITION} bytes; split it into two checks"
    try:
        _Parser(tokens(condition), columns, documents).whole()
    except ConditionError as fault:
        return f"must be one condition over the contract's columns: it has {fault}"
    return ""


class _Parser:
    """Reads tokens from the left. Each method reads the construct it is named after, or raises ConditionError."""

    def __init__(self, found: list[Token], columns: Iterable[str], documents: Iterable[str]) -> None:
        self._tokens, self._at, self._depth = found, 0, 0
        self._columns, self._documents = set(columns), set(documents)
        self._rows = {STAGING}
        self._selecting = False

    def whole(self) -> None:
        self._expression()
        if self._next.kind is not TokenKind.END:
            raise self._refused()

    # ---- reading ----------------------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _word(self, ahead: int = 0) -> str:
        """Return an unquoted word or sign in lower case; empty for any other token."""
        token = self._tokens[min(self._at + ahead, len(self._tokens) - 1)]
        return token.text.lower() if token.kind in (TokenKind.WORD, TokenKind.SIGN) else ""

    def _accept(self, *expected: str) -> bool:
        if all(self._word(ahead) == word for ahead, word in enumerate(expected)):
            self._at += len(expected)
            return True
        return False

    def _expect(self, *expected: str) -> None:
        if not self._accept(*expected):
            raise self._refused()

    def _take(self, *kinds: TokenKind) -> Token:
        token = self._next
        if token.kind not in kinds:
            raise self._refused()
        self._at += 1
        return token

    def _refused(self, why: str = "") -> ConditionError:
        token = self._next
        if token.kind is TokenKind.END:
            return ConditionError("an unexpected end: a bracket is not closed, or an operator has no operand")
        text = token.text if len(token.text) <= SHOWN else f"{token.text[:SHOWN]}..."
        return ConditionError(f"{text} at character {token.at}{why or ', which is not allowed there'}")

    # ---- expressions ------------------------------------------------------------------------------------------------

    def _expression(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ConditionError(f"more than {MAX_DEPTH} levels of brackets; split it into two checks")
        self._operand()
        while self._goes_on():
            pass
        self._depth -= 1

    def _goes_on(self) -> bool:
        if any(self._accept(*words) for words in BEHIND):
            return True
        if not any(self._accept(*words) for words in BETWEEN):
            return False
        if self._word() in _QUANTIFIERS and self._word(1) == "(":
            self._at += 1
            if self._word(1) != "select":
                raise self._refused(": write a subselect there")
        self._operand()
        return True

    def _operand(self) -> None:
        while self._word() in PREFIXES:
            self._at += 1
        self._primary()
        while self._accept("::"):
            self._type()

    def _primary(self) -> None:
        token, word = self._next, self._word()
        if token.kind in (TokenKind.TEXT, TokenKind.NUMBER):
            self._at += 1
        elif word == "(":
            self._bracket()
        elif word == "case":
            self._case()
        elif word == "cast":
            self._cast()
        elif word == "exists" and self._word(1) == "(" and self._word(2) == "select":
            self._at += 1
            self._bracket()
        elif word in MOMENTS and self._tokens[self._at + 1].kind is TokenKind.TEXT:
            self._at += 2
        elif self._word(1) == "(":
            self._call(word)
        elif word in CONSTANTS and word not in self._columns:
            self._at += 1
        else:
            self._column()

    def _bracket(self) -> None:
        self._expect("(")
        if self._word() == "select":
            self._subselect()
        else:
            self._list()
        self._expect(")")

    def _list(self, between: Iterable[str] = ()) -> None:
        self._expression()
        while self._accept(",") or any(self._accept(word) for word in between):
            self._expression()

    def _case(self) -> None:
        self._expect("case")
        if self._word() != "when":
            self._expression()
        self._expect("when")
        self._branch()
        while self._accept("when"):
            self._branch()
        if self._accept("else"):
            self._expression()
        self._expect("end")

    def _branch(self) -> None:
        self._expression()
        self._expect("then")
        self._expression()

    def _cast(self) -> None:
        self._expect("cast", "(")
        self._expression()
        self._expect("as")
        self._type()
        self._expect(")")

    def _type(self) -> None:
        if not any(self._accept(*words) for words in LONG_TYPES):
            if self._word() not in TYPES:
                raise self._refused(", which is not a type that a cast may use")
            self._at += 1
        if self._accept("("):
            self._take(TokenKind.NUMBER)
            if self._accept(","):
                self._take(TokenKind.NUMBER)
            self._expect(")")

    def _call(self, name: str) -> None:
        """Read a function of the allow-list with its arguments."""
        if name in AGGREGATES and not self._selecting:
            raise self._refused(": use an aggregate only in a subselect over staging")
        if name not in FUNCTIONS | AGGREGATES:
            near = instead(name) or hint(self._next, FUNCTIONS)
            raise self._refused(f", which is not a function that a data check may call{near}")
        self._at += 2
        if name in PARTED and self._word() in PARTS and self._word(1) in (",", "from"):
            self._at += 2
        elif name == "trim":
            _ = self._accept("both") or self._accept("leading") or self._accept("trailing")
        elif name in AGGREGATES and self._accept("*"):
            return self._expect(")")
        elif name in AGGREGATES:
            self._accept("distinct")
        if not self._accept(")"):
            self._list(SPLIT.get(name, ()))
            self._expect(")")
        return None

    def _column(self) -> None:
        """Read a column, also after `staging.` or an alias of staging; the fields of a document may follow."""
        name = self._name()
        if self._word() == "." and name in self._rows:
            self._at += 1
            name = self._name()
        if name not in self._columns:
            self._at -= 1
            near = instead(name) or hint(self._next, self._columns)
            raise self._refused(f", which is not a column of the contract{near}")
        while name in self._documents and self._word() in (".", "["):
            if self._accept("."):
                self._name()
            else:
                self._at += 1
                self._take(TokenKind.NUMBER, TokenKind.TEXT)
                self._expect("]")

    def _name(self) -> str:
        if self._word() in KEYWORDS:
            raise self._refused()
        return self._take(TokenKind.WORD, TokenKind.QUOTED).name

    # ---- subselects -------------------------------------------------------------------------------------------------

    def _subselect(self) -> None:
        """Read SELECT of expressions FROM staging and the clauses after it: one table, no nested subselect."""
        if self._selecting:
            raise self._refused(": a subselect is inside another; split it into two checks")
        rows, aliased = self._rows, self._alias()
        self._rows, self._selecting = rows | {aliased}, True
        self._expect("select")
        self._accept("distinct")
        if not self._accept("*"):
            self._list()
        self._expect("from")
        self._from(aliased)
        if self._accept("where"):
            self._expression()
        if self._accept("group", "by"):
            self._list()
        if self._accept("having"):
            self._expression()
        self._rows, self._selecting = rows, False

    def _from(self, aliased: str) -> None:
        if self._next.kind is not TokenKind.WORD or self._next.name != STAGING:
            raise self._refused(": a subselect may read only staging")
        self._at += 1
        if aliased != STAGING:
            self._accept("as")
            self._name()

    def _alias(self) -> str:
        """Look ahead for the alias of staging in the subselect that begins here: its first expressions may use it."""
        depth, at = 0, self._at
        while at + 2 < len(self._tokens) and depth >= 0:
            token, after = self._tokens[at], self._tokens[at + 1]
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0 and token.text.lower() == "from" and after.name == STAGING:
                at += 2 + (self._tokens[at + 2].text.lower() == "as")
                named = self._tokens[at]
                free = named.kind is TokenKind.QUOTED or (named.kind is TokenKind.WORD and named.name not in KEYWORDS)
                return named.name if free else STAGING
            at += 1
        return STAGING
