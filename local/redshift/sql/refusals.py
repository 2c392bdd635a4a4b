"""Refuses SQL that PostgreSQL accepts and Redshift does not: it would pass here and fail in AWS."""

from __future__ import annotations

import re
from collections.abc import Sequence

from local.redshift.sql.errors import not_emulated, not_redshift
from local.redshift.sql.tokens import Reader, Token, TokenKind, closing, loud, word_set

_PHRASES: dict[tuple[str, ...], str] = {
    ("on", "conflict"): "INSERT ... ON CONFLICT",
    ("returning",): "RETURNING",
    ("is", "distinct", "from"): "IS DISTINCT FROM",
    ("is", "not", "distinct", "from"): "IS NOT DISTINCT FROM",
    ("filter", "(", "where"): "FILTER (WHERE ...)",
    ("lateral",): "LATERAL",
    ("distinct", "on"): "SELECT DISTINCT ON",
    ("for", "update"): "SELECT ... FOR UPDATE",
    ("for", "share"): "SELECT ... FOR SHARE",
    ("(", "values"): "VALUES as a table",
    ("tablesample",): "TABLESAMPLE",
    ("array", "["): "ARRAY[...]",
    ("[", "]"): "an array type",
    ("->",): "the operator -> on JSON",
    ("->>",): "the operator ->> on JSON",
    ("#>",): "the operator #> on JSON",
    ("#>>",): "the operator #>> on JSON",
    ("@>",): "the operator @>",
    ("nonatomic",): "NONATOMIC",
}
_OWN_WORDS_NOT_EMULATED = {"nonatomic"}

_TYPES = word_set(
    "json jsonb uuid bytea serial bigserial smallserial money xml hstore inet cidr macaddr tsvector tsquery "
    "bit int4range int8range numrange daterange tsrange tstzrange point line lseg box path polygon circle"
)
_FUNCTIONS = word_set(
    "array_agg array_to_string array_length unnest string_agg string_to_array concat_ws format generate_series "
    "gen_random_uuid json_agg json_build_array json_build_object jsonb_agg jsonb_build_array jsonb_build_object "
    "jsonb_each jsonb_object_agg jsonb_set json_object_agg row_to_json to_json to_jsonb make_date make_interval "
    "make_timestamp regexp_match regexp_matches regexp_split_to_array regexp_split_to_table num_nulls num_nonnulls "
    "clock_timestamp statement_timestamp transaction_timestamp every xmlelement xmlagg pg_advisory_lock "
    "pg_advisory_xact_lock pg_try_advisory_lock hashtext bool_xor date_bin width_bucket scale"
)
_OF_THE_SERVER = re.compile(r"lo_\w+|loread|lowrite|pg_read_\w+|pg_ls_\w+|pg_stat_file|dblink\w*")
"""Functions that reach PostgreSQL's files, large objects and other servers. The role has no right to them either."""
_MAKERS_OF_NAMES = {"into", "table", "view", "procedure", "function", "update", "from", "join", "exists", "."}


def refuse_unsupported(tokens: Sequence[Token]) -> None:
    """Raise SqlRefusedError if the tokens hold a phrase, a function or a type that Redshift does not have."""
    seen = loud(tokens)
    plain = [token.low if token.kind in (TokenKind.WORD, TokenKind.SIGN) else token.kind.value for token in seen]
    for phrase, name in _PHRASES.items():
        if _holds(plain, phrase):
            raise not_emulated(name) if phrase[0] in _OWN_WORDS_NOT_EMULATED else not_redshift(name)
    for index, word in enumerate(plain):
        after = plain[index + 1] if index + 1 < len(plain) else ""
        before = plain[index - 1] if index else ""
        if word in _FUNCTIONS and after == "(" and before not in _MAKERS_OF_NAMES:
            raise not_redshift(f"the function {word}()")
        if after == "(" and _OF_THE_SERVER.fullmatch(word):
            raise not_redshift(f"the function {word}()")
        if word in _TYPES and before == "cast" and after != ".":
            raise not_redshift(f"the type {word}")


def refuse_type(name: str) -> None:
    if name in _TYPES:
        raise not_redshift(f"the type {name}")


def refuse_write_after_with(tokens: Sequence[Token]) -> None:
    """Refuse a write in or after WITH: in Redshift a WITH clause belongs to a SELECT."""
    seen = loud(tokens)
    depth = 0
    for index, token in enumerate(seen):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        opens = depth == 0 or seen[index - 1].text == "("
        if index and opens and token.low in ("insert", "update", "delete", "merge") and token.kind is TokenKind.WORD:
            raise not_redshift(f"WITH before or around {token.low.upper()}")


def refuse_merge(tokens: Sequence[Token]) -> None:
    """Refuse any MERGE but INTO target USING table [alias] ON ... WHEN MATCHED ... WHEN NOT MATCHED THEN INSERT ..."""
    seen = loud(tokens)
    plain = [token.low for token in seen]
    reader = Reader(seen)
    if not reader.accept("merge", "into"):
        raise reader.fail()
    reader.name()
    if reader.next != "using":
        raise not_redshift("MERGE with an alias of the target")
    using = reader.at
    if plain[using + 1] == "(":
        raise not_redshift("MERGE from a subquery (the source is a table)")
    if plain[-2:] == ["remove", "duplicates"]:
        raise not_emulated("MERGE ... REMOVE DUPLICATES")
    _refuse_merge_clauses(_top_level(seen[using:]))


def _refuse_merge_clauses(plain: list[str]) -> None:
    whens = [index for index, word in enumerate(plain) if word == "when" and plain[index + 1] in ("matched", "not")]
    clauses = [plain[start:stop] for start, stop in zip(whens, [*whens[1:], len(plain)], strict=True)]
    heads = [clause[1 : clause.index("then")] if "then" in clause else clause[1:] for clause in clauses]
    if any("and" in head for head in heads):
        raise not_redshift("MERGE with WHEN ... AND")
    if heads != [["matched"], ["not", "matched"]]:
        raise not_redshift("MERGE without exactly one WHEN MATCHED and then one WHEN NOT MATCHED")
    if any(clause[clause.index("then") + 1] == "do" for clause in clauses):
        raise not_redshift("MERGE with DO NOTHING")


def _top_level(tokens: Sequence[Token]) -> list[str]:
    """Return the words outside brackets and outside CASE expressions, which have their own WHEN."""
    found: list[str] = []
    index = cases = 0
    while index < len(tokens):
        word = tokens[index].low
        cases += {"case": 1}.get(word, 0)
        if word == "(":
            index = closing(tokens, index)
        elif cases == 0:
            found.append(word)
        cases -= 1 if word == "end" and cases else 0
        index += 1
    return found


def _holds(plain: Sequence[str], phrase: tuple[str, ...]) -> bool:
    first, size = phrase[0], len(phrase)
    return any(word == first and tuple(plain[i : i + size]) == phrase for i, word in enumerate(plain))
