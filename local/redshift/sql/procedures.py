"""Stored procedures: each statement of the body obeys the same rules as one that is sent alone."""

from __future__ import annotations

from collections.abc import Callable

from local.redshift.sql.calls import fold_names, rewrite_calls
from local.redshift.sql.errors import SqlRefusedError, not_emulated, not_redshift
from local.redshift.sql.refusals import refuse_unsupported
from local.redshift.sql.tokens import Token, TokenKind, loud, string_value, text_of, tokenize, word_set

Rewrite = Callable[[list[Token]], str]

# Words after which a statement may start inside another, by the first words of the outer one.
_OPENERS = {
    "begin": {"begin", "<"},
    "declare": {"declare"},
    "else": {"else"},
    "then": {"if", "elsif", "elseif", "when", "case"},
    "loop": {"loop", "for", "while", "<"},
}
_SQL_STARTS = word_set("create alter insert update delete merge drop select with lock analyze vacuum")
_NOT_ALLOWED = {
    "truncate": "TRUNCATE cannot be invoked from a procedure that is executing in an atomic context. "
    "HINT: the load calls its procedures inside one transaction; use DELETE",
    "commit": "COMMIT cannot be invoked from a procedure that is executing in an atomic context",
    "rollback": "ROLLBACK cannot be invoked from a procedure that is executing in an atomic context",
}


def create_procedure(tokens: list[Token], rewrite: Rewrite) -> str:
    """Rewrite CREATE [OR REPLACE] PROCEDURE name(...) AS $$ ... $$ LANGUAGE plpgsql."""
    if any(token.low == "nonatomic" for token in loud(tokens)):
        raise not_emulated("NONATOMIC")
    made = []
    bodies = 0
    for token in rewrite_calls(tokens):
        if token.kind is TokenKind.BODY:
            bodies += 1
            made.append(_body_token(token, rewrite))
        else:
            made.append("jsonb" if token.low == "super" else token.text)
    if bodies != 1:
        raise not_emulated("a procedure whose body is not between $$ and $$")
    return "".join(made)


def _body_token(token: Token, rewrite: Rewrite) -> str:
    mark = token.text[: token.text.index("$", 1) + 1]
    return mark + _body(tokenize(token.text[len(mark) : -len(mark)]), rewrite) + mark


def _body(tokens: list[Token], rewrite: Rewrite) -> str:
    tokens = fold_names(tokens)
    _refuse_in_body(tokens)
    made: list[str] = []
    piece: list[Token] = []
    for token in tokens:
        piece.append(token)
        first = next((seen.low[:1] if seen.text[0] == "<" else seen.low for seen in piece if not seen.silent), "")
        if token.text == ";" or first in _OPENERS.get(token.low, ()):
            made.append(_piece(piece, rewrite))
            piece = []
    return "".join(made) + text_of(piece)


def _piece(tokens: list[Token], rewrite: Rewrite) -> str:
    """Rewrite one statement of the body, and keep its white space and its end."""
    seen = loud(tokens)
    if not seen:
        return text_of(tokens)
    first = tokens.index(seen[0])
    last = len(tokens) - 1 if tokens[-1].text == ";" else len(tokens)
    head, middle, tail = text_of(tokens[:first]), tokens[first:last], text_of(tokens[last:])
    if seen[0].low == "copy":
        raise not_emulated("COPY inside a procedure")
    if seen[0].low in _SQL_STARTS and tokens[-1].text == ";":
        return head + rewrite(middle) + tail
    refuse_unsupported(middle)
    return head + text_of(rewrite_calls([_declared(token) for token in middle])) + tail


def _declared(token: Token) -> Token:
    return token.instead("jsonb") if token.low == "super" else token


def _refuse_in_body(tokens: list[Token]) -> None:
    seen = loud(tokens)
    for index, token in enumerate(seen):
        before = seen[index - 1].low if index else ";"
        starts = before == ";" or before in _OPENERS
        if token.low in _NOT_ALLOWED and starts:
            raise SqlRefusedError(_NOT_ALLOWED[token.low])
        if token.low == "exception" and starts:
            raise not_emulated("an EXCEPTION block (in Redshift it does not undo, and the error is raised again)")
        if token.low in ("foreach", "assert") and starts:
            raise not_redshift(token.low.upper())
        if token.kind is TokenKind.LITERAL and not _belongs_to(seen, index, "raise"):
            _refuse_dynamic(string_value(token), executed=_belongs_to(seen, index, "execute"))


def _belongs_to(seen: list[Token], index: int, verb: str) -> bool:
    """Return whether the literal belongs to such a statement. The message of a RAISE may be any text."""
    for token in reversed(seen[:index]):
        if token.text == ";":
            return False
        if token.low == verb:
            return True
    return False


def _refuse_dynamic(sql: str, *, executed: bool) -> None:
    """Refuse SQL that is visible in a literal of the body: EXECUTE may run it."""
    inner = tokenize(sql)
    first = next((token.low for token in inner if not token.silent), "")
    if first in _NOT_ALLOWED and first != sql.lower():  # a bare word without more SQL is only a word
        raise SqlRefusedError(_NOT_ALLOWED[first])
    if executed and first in ("copy", "do"):
        raise not_emulated(f"{first.upper()} by EXECUTE")
    refuse_unsupported(inner)
