"""Rewrites Redshift's calls and names that differ in PostgreSQL, in place."""

from __future__ import annotations

from local.redshift.sql.tokens import Token, TokenKind, closing, cut, literal, loud, text_of, tokenize

_RENAMED = {
    "nvl": "coalesce",
    "len": "length",
    "textlen": "length",
    "format_type": "pg_catalog.redshift_type",  # it names the types that stand in for Redshift's own
    "json_serialize": "pg_catalog.json_serialize",  # unqualified it is PostgreSQL's own, which has another meaning
}
_TAKES_DATE_PART = {"dateadd", "date_add", "datediff", "date_diff", "date_part", "date_trunc", "datepart"}


def fold_names(tokens: list[Token]) -> list[Token]:
    """Fold names to lower case. By default Redshift folds quoted names as well."""
    return [token.instead(token.text.lower()) if token.kind is TokenKind.QUOTED else token for token in tokens]


def rewrite_calls(tokens: list[Token]) -> list[Token]:
    """Rewrite SYSDATE, NVL, LEN, LISTAGG, and date parts that are bare words."""
    made: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        opening = _bracket_after(tokens, index)
        if token.kind is not TokenKind.WORD or _after(made, "."):
            made.append(token)
        elif token.low == "super" and _after(made, "::"):
            made.append(token.instead("jsonb"))
        elif token.low == "max" and opening is None and _after(made, "(") and _is_text_length(made):
            made.append(token.instead("65535"))
        elif token.low == "sysdate" and opening is None:
            made.append(token.instead("localtimestamp"))
        elif opening is not None and token.low == "listagg":
            built, index = _listagg(tokens, opening)
            made += built
        elif opening is not None:
            made.append(token.instead(_RENAMED.get(token.low, token.text)))
            if token.low in _TAKES_DATE_PART:
                made += _quoted_part(tokens, index + 1)
                index = _part_end(tokens, opening) - 1
        else:
            made.append(token)
        index += 1
    return made


def _bracket_after(tokens: list[Token], index: int) -> int | None:
    for position in range(index + 1, len(tokens)):
        if not tokens[position].silent:
            return position if tokens[position].text == "(" else None
    return None


def _after(made: list[Token], text: str) -> bool:
    before = next((token for token in reversed(made) if not token.silent), None)
    return before is not None and before.text == text


def _is_text_length(made: list[Token]) -> bool:
    """Return whether the bracket just opened belongs to a type, as in VARCHAR(MAX)."""
    return [token.low for token in made if not token.silent][-2:-1] in (["varchar"], ["varying"], ["nvarchar"])


def _part_end(tokens: list[Token], opening: int) -> int:
    """Return the index after the bare word of a date part, or that of the bracket if the part is a literal."""
    for position in range(opening + 1, len(tokens)):
        if not tokens[position].silent:
            return position + 1 if tokens[position].kind is TokenKind.WORD else opening + 1
    return opening + 1


def _quoted_part(tokens: list[Token], start: int) -> list[Token]:
    end = _part_end(tokens, start + next(i for i, token in enumerate(tokens[start:]) if token.text == "("))
    part = tokens[start:end]
    if part[-1].kind is TokenKind.WORD:
        part = [*part[:-1], Token(TokenKind.LITERAL, literal(part[-1].low))]
    return part


def _listagg(tokens: list[Token], opening: int) -> tuple[list[Token], int]:
    """Turn LISTAGG(x, ',') WITHIN GROUP (ORDER BY y) into string_agg((x)::text, ',' ORDER BY y)."""
    end = closing(tokens, opening)
    arguments = cut(tokens[opening + 1 : end], ",")
    value, separator = arguments[0], text_of(arguments[1]) if len(arguments) > 1 else "''"
    distinct = ""
    if loud(value) and loud(value)[0].low == "distinct":
        distinct, value = "distinct ", value[value.index(loud(value)[0]) + 1 :]
    order = ""
    after = [i for i in range(end + 1, len(tokens)) if not tokens[i].silent][:3]
    if [tokens[i].low for i in after] == ["within", "group", "("]:
        last = closing(tokens, after[2])
        order, end = " " + text_of(rewrite_calls(tokens[after[2] + 1 : last])), last
    inner = text_of(rewrite_calls(value))
    return tokenize(f"string_agg({distinct}({inner})::text, {separator}{order})"), end
