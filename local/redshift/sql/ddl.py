"""CREATE TABLE and ALTER TABLE: drops physical design and unenforced constraints, gives types Redshift's meaning."""

from __future__ import annotations

from local.redshift.sql.errors import SqlRefusedError, not_emulated, not_redshift
from local.redshift.sql.tokens import Reader, Token, closing, cut, literal, loud, name_value, spaced, word_set
from local.redshift.sql.types import column_type

_QUOTE = '"'
NOTHING = "do 'begin end'"  # changes nothing and returns nothing

_ATTRIBUTE_STARTS = word_set(
    "default identity generated encode distkey sortkey not null unique primary references check constraint collate"
)
_NOT_IN_REDSHIFT = {"check": "CHECK", "exclude": "EXCLUDE", "collate": "COLLATE"}


def create_table(tokens: list[Token]) -> str:
    """Rewrite CREATE [TEMP] TABLE with a column list, or LIKE, or AS SELECT."""
    reader = Reader(tokens)
    while not reader.accept("table"):
        if reader.take().low == "unlogged":
            raise not_redshift("UNLOGGED")
    reader.accept("if", "not", "exists")
    reader.name()
    head = spaced(reader.tokens[: reader.at])
    bracketed = reader.next == "("
    inner = reader.bracket()
    query = _index_of_as(reader.rest)
    tail = reader.rest if query is None else reader.rest[:query]
    strip_design(Reader(tail))
    if query is not None:
        names = f"({spaced(inner)}) " if bracketed else ""
        return f"{head} {names}{spaced(reader.rest[query:])}"
    if not bracketed:
        raise reader.fail()
    return f"{head} ({_elements(inner)})"


def _index_of_as(tokens: list[Token]) -> int | None:
    index = 0
    while index < len(tokens):
        if tokens[index].low == "as":
            return index
        index = closing(tokens, index) + 1 if tokens[index].text == "(" else index + 1
    return None


def strip_design(reader: Reader) -> None:
    """Skip table attributes. Anything else is an error."""
    while not reader.done:
        if reader.accept_any("backup yes", "backup no", "sortkey auto", "encode auto"):
            continue
        if reader.accept("diststyle"):
            if not reader.accept_any("auto", "even", "key", "all"):
                raise reader.fail()
        elif reader.accept_any("distkey", "compound sortkey", "interleaved sortkey", "sortkey"):
            reader.bracket()
        else:
            raise reader.fail()


def _elements(inner: list[Token]) -> str:
    """Rewrite the column list. Columns of a primary key become NOT NULL, as in Redshift."""
    made: dict[str, str] = {}
    required: set[str] = set()
    for position, element in enumerate(cut(inner, ",")):
        reader = Reader(element)
        if reader.next == "like":
            made[f"({position})"] = _like(reader)
        elif reader.next in ("constraint", "primary", "unique", "foreign", "check", "exclude"):
            required |= _table_constraint(reader)
        else:
            made[name_value(reader.tokens[0]) if reader.tokens else ""] = column(reader)
    for name in required & made.keys():
        made[name] += "" if made[name].endswith("not null") else " not null"
    return ", ".join(made.values())


def _like(reader: Reader) -> str:
    reader.take()
    parent = spaced(reader.name())
    defaults = reader.accept("including", "defaults")
    if not defaults:
        reader.accept("excluding", "defaults")
    if not reader.done:
        raise reader.fail()
    return f"like {parent}" + (" including defaults" if defaults else "")


def _table_constraint(reader: Reader) -> set[str]:
    """Skip a constraint, which is not enforced. Return the columns that it makes NOT NULL."""
    if reader.accept("constraint"):
        reader.take()
    if reader.accept("primary", "key"):
        return {name_value(part[0]) for part in cut(reader.bracket(), ",") if part}
    if reader.accept("unique"):
        reader.bracket()
    elif reader.accept("foreign", "key"):
        reader.bracket()
        _references(reader)
    else:
        raise not_redshift(_NOT_IN_REDSHIFT.get(reader.next, reader.next))
    return set()


def _references(reader: Reader) -> None:
    if not reader.accept("references"):
        raise reader.fail()
    reader.name()
    reader.bracket()
    if not reader.done and reader.next in ("on", "match", "deferrable"):
        raise not_redshift(f"REFERENCES ... {reader.next.upper()}")


def column(reader: Reader) -> str:
    """Rewrite one column definition."""
    made = [reader.take().text, column_type(reader)]
    required = False
    while not reader.done:
        if reader.accept_any("not null", "primary key"):
            required = True
        elif reader.accept("default"):
            made.append("default " + _default(reader))
        elif reader.accept("identity"):
            made.append(_identity(reader, "always"))
        elif reader.accept("generated", "by", "default", "as", "identity"):
            made.append(_identity(reader, "by default"))
        else:
            _strip_column_attribute(reader)
    return " ".join(made) + (" not null" if required else "")


def _strip_column_attribute(reader: Reader) -> None:
    if reader.accept_any("distkey", "sortkey", "unique", "null", "collate case_sensitive"):
        return
    if reader.accept("encode"):
        reader.take()
    elif reader.next == "references":
        _references(reader)
    elif reader.next in _NOT_IN_REDSHIFT:
        raise not_redshift(_NOT_IN_REDSHIFT[reader.next])
    elif reader.next == "generated":
        raise not_redshift("GENERATED ALWAYS AS")
    else:
        raise reader.fail()


def _default(reader: Reader) -> str:
    taken = [reader.take()]
    while not reader.done and reader.next not in _ATTRIBUTE_STARTS:
        if reader.next == "(":
            end = closing(reader.tokens, reader.at)
            taken += reader.tokens[reader.at : end + 1]
            reader.at = end + 1
        else:
            taken.append(reader.take())
    return spaced(taken)


def _identity(reader: Reader, how: str) -> str:
    seed, step = (spaced(part).replace(" ", "") for part in cut(reader.bracket(), ","))
    if int(step) < 1:
        raise not_emulated("IDENTITY with a step below 1")
    least = f" minvalue {seed}" if int(seed) < 1 else ""
    return f"generated {how} as identity (start with {seed} increment by {step}{least})"


def alter_table(tokens: list[Token], *, in_transaction: bool) -> str:
    """Rewrite one action on one table."""
    reader = Reader(tokens)
    reader.accept("alter", "table")
    if reader.accept("if", "exists"):
        raise not_redshift("ALTER TABLE IF EXISTS")
    reader.name()
    head, action = spaced(reader.tokens[: reader.at]), Reader(reader.rest)
    if len(cut(action.tokens, ",")) > 1:
        raise not_redshift("ALTER TABLE with more than one action")
    if action.accept("append"):
        raise not_emulated("ALTER TABLE APPEND")
    if action.accept("add"):
        return _alter_add(head, action)
    if action.accept("alter"):
        return _alter_alter(head, action, in_transaction=in_transaction)
    if action.accept("drop", "constraint"):
        return NOTHING
    if action.next in ("drop", "rename", "owner"):
        return spaced(reader.tokens)
    raise action.fail()


def create_user(tokens: list[Token]) -> str:
    """CREATE USER name PASSWORD DISABLE: a user whom IAM alone lets in. The stand-in makes no others."""
    seen = loud(tokens)
    if [token.low for token in seen[3:]] != ["password", "disable"]:
        raise not_emulated("CREATE USER other than with PASSWORD DISABLE")
    return f"select local_redshift.create_user({literal(seen[2].low.strip(_QUOTE))})"


def _alter_add(head: str, action: Reader) -> str:
    if action.next in ("constraint", "primary", "unique", "foreign", "check"):
        _table_constraint(action)
        return NOTHING
    action.accept("column")
    if action.accept("if", "not", "exists"):
        raise not_redshift("ADD COLUMN IF NOT EXISTS")
    return f"{head} add column {column(action)}"


def _alter_alter(head: str, action: Reader, *, in_transaction: bool) -> str:
    if action.next in ("distkey", "diststyle", "sortkey", "compound", "encode"):
        if not (action.accept("distkey") and len(action.rest) == 1):
            strip_design(action)
        return NOTHING
    action.accept("column")
    name = action.take().text
    if action.accept("encode"):
        return NOTHING
    if not action.accept("type"):
        raise not_redshift("ALTER COLUMN other than TYPE and ENCODE")
    if action.next not in ("varchar", "character", "nvarchar"):
        raise not_redshift("ALTER COLUMN TYPE of a column that is not VARCHAR")
    if in_transaction:
        raise SqlRefusedError("ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
    return f"{head} alter column {name} type {column_type(action)}"
