"""Reads a COPY statement. An option that is unknown or not emulated is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from local.redshift.sql.errors import SqlRefusedError, not_emulated, not_redshift
from local.redshift.sql.tokens import Reader, TokenKind, cut, name_value, string_value, tokenize, word_set

AUTO = "auto"


class Json(Enum):
    """How COPY ... JSON finds the column of a name."""

    AUTO = "auto"  # the name is the column's, which is lowercase
    AUTO_IGNORE_CASE = "auto ignorecase"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a COPY, with Redshift's defaults."""

    csv: bool = False
    json: Json | None = None
    manifest: bool = False
    compression: str = ""  # "", gzip, zstd or bzip2
    iam_role: str = ""
    region: str = ""
    delimiter: str = ","
    quote: str = '"'
    null: str = "\\N"
    header_lines: int = 0
    most_errors: int = 0
    empty_as_null: bool = False
    blanks_as_null: bool = False
    trim_blanks: bool = False
    truncate_columns: bool = False
    fill_record: bool = False
    ignore_blank_lines: bool = False
    accept_any_date: bool = False
    explicit_ids: bool = False
    round_decimals: bool = False
    replacement: str | None = None  # ACCEPTINVCHARS: stands in for each byte that is not UTF-8
    auto_times: bool = False  # TIMEFORMAT AS 'auto'; without it, only YYYY-MM-DD HH:MI:SS is read


@dataclass(frozen=True, kw_only=True)
class Copy:
    """COPY table [(columns)] FROM 's3://bucket/key' options."""

    table: Sequence[str]
    columns: Sequence[str]
    bucket: str
    key: str
    options: Options = field(default_factory=Options)


_SWITCHES: dict[str, tuple[str, Any]] = {
    "csv": ("csv", True),
    "manifest": ("manifest", True),
    "gzip": ("compression", "gzip"),
    "zstd": ("compression", "zstd"),
    "bzip2": ("compression", "bzip2"),
    "emptyasnull": ("empty_as_null", True),
    "blanksasnull": ("blanks_as_null", True),
    "trimblanks": ("trim_blanks", True),
    "truncatecolumns": ("truncate_columns", True),
    "fillrecord": ("fill_record", True),
    "ignoreblanklines": ("ignore_blank_lines", True),
    "acceptanydate": ("accept_any_date", True),
    "explicit_ids": ("explicit_ids", True),
    "roundec": ("round_decimals", True),
}
_NOT_EMULATED = word_set(
    "parquet orc avro fixedwidth shapefile lzop dateformat escape removequotes encrypted readratio ssh noload "
    "credentials access_key_id secret_access_key session_token master_symmetric_key ignoreallerrors"
)
_NOT_WITH_JSON = word_set("csv delimiter quote fillrecord ignoreblanklines null")
S3_URL = re.compile(r"s3://([^/]+)/(.+)", re.S)


def parse(sql: str) -> Copy:
    """Read a COPY statement. Raises SqlRefusedError with Redshift's message."""
    reader = Reader([token for token in tokenize(sql) if token.text != ";"])
    reader.accept("copy")
    if reader.next == "(":
        raise not_redshift("COPY of a query")
    table = [name_value(token) for token in reader.name() if token.text != "."]
    columns = [name_value(part[0]) for part in cut(reader.bracket(), ",") if part]
    if reader.next == "to":
        raise not_redshift("COPY ... TO")
    if not reader.accept("from"):
        raise reader.fail()
    if reader.next == "program":
        raise not_redshift("COPY FROM PROGRAM")
    source = S3_URL.fullmatch(text(reader))
    if source is None:
        raise not_emulated("COPY from anything but 's3://bucket/key'")
    options = _options(reader)
    return Copy(table=table, columns=columns, bucket=source[1], key=source[2], options=options)


def _options(reader: Reader) -> Options:
    options = Options()
    seen: set[str] = set()
    while not reader.done:
        word = reader.take().low
        if word in ("with", "and"):
            continue
        if word == "format":
            reader.accept("as")
            word = reader.take().low
        if word in seen:
            raise SqlRefusedError(f"conflicting or redundant options: {word}")
        seen.add(word)
        options = _option(options, word, reader)
    if not options.iam_role:
        raise SqlRefusedError("COPY needs IAM_ROLE")
    if options.json and seen & _NOT_WITH_JSON:
        raise SqlRefusedError(f"{min(seen & _NOT_WITH_JSON).upper()} is not supported with JSON")
    if not options.csv and not options.json:
        raise not_emulated("COPY without CSV or JSON")
    return options


def _option(options: Options, word: str, reader: Reader) -> Options:
    if word in _SWITCHES:
        name, value = _SWITCHES[word]
        if name == "compression" and options.compression:
            raise SqlRefusedError(f"conflicting compressions: {options.compression} and {word}")
        return replace(options, **{name: value})
    if word in _VALUES:
        name, read = _VALUES[word]
        return replace(options, **{name: read(reader)})
    if word in ("compupdate", "statupdate"):
        reader.accept_any("on", "off", "true", "false", "preset")
        return options
    if word == "comprows":
        _number(reader)
        return options
    if word == "encoding":
        _utf8_only(reader)
        return options
    if word in _NOT_EMULATED:
        raise not_emulated(f"COPY ... {word.upper()}")
    raise SqlRefusedError(f'syntax error at or near "{word}"')


def text(reader: Reader) -> str:
    """Read a literal, which AS may precede. Raises SqlRefusedError."""
    reader.accept("as")
    token = reader.take()
    if token.kind is not TokenKind.LITERAL:
        raise SqlRefusedError(f'syntax error at or near "{token.text}"')
    return string_value(token)


def _character(reader: Reader) -> str:
    value = _unescaped(text(reader))
    if len(value) != 1 or ord(value) > 127:
        raise SqlRefusedError("COPY delimiter and quote must be a single ASCII character")
    return value


def _unescaped(text: str) -> str:
    """Replace escapes, which COPY reads in its own literals: '\\t' is a tab and '\\\\N' is \\N."""
    named = {"\\t": "\t", "\\\\t": "\t"}
    if text in named:
        return named[text]
    octal = re.fullmatch(r"\\([0-7]{3})", text)
    return chr(int(octal[1], 8)) if octal else text.replace("\\\\", "\\")


def _number(reader: Reader) -> int:
    reader.accept("as")
    token = reader.take()
    if token.kind is not TokenKind.NUMBER or not token.text.isdigit():
        raise SqlRefusedError(f'syntax error at or near "{token.text}"')
    return int(token.text)


def role(reader: Reader) -> str:
    """Read the ARN of a role, or `default`. Raises SqlRefusedError."""
    if reader.accept("default"):
        return "default"
    role = text(reader)
    if not re.match(r"arn:aws[a-z-]*:iam::\d{12}:role/", role):
        raise SqlRefusedError("IAM_ROLE must be default or the ARN of a role")
    return role


def _replacement(reader: Reader) -> str:
    reader.accept("as")
    if not reader.done and reader.tokens[reader.at].kind is TokenKind.LITERAL:
        value = string_value(reader.take())
        if len(value) != 1 or ord(value) > 127 or value == "\0":
            raise SqlRefusedError("ACCEPTINVCHARS needs one ASCII character")
        return value
    return "?"


def _auto(reader: Reader) -> bool:
    value = text(reader)
    if value.lower() != AUTO:
        raise not_emulated(f"COPY ... TIMEFORMAT {value}")
    return True


def _json(reader: Reader) -> Json:
    """Read the option of JSON, which is 'auto' if it is left out."""
    reader.accept("as")
    literal = not reader.done and reader.tokens[reader.at].kind is TokenKind.LITERAL
    value = string_value(reader.take()) if literal else AUTO
    if value not in [how.value for how in Json]:
        raise not_emulated(f"COPY ... JSON '{value}'")
    return Json(value)


def _utf8_only(reader: Reader) -> None:
    reader.accept("as")
    token = reader.take()
    name = string_value(token).lower() if token.kind is TokenKind.LITERAL else token.low
    if name not in ("utf8", "auto"):
        raise not_emulated(f"COPY ... ENCODING {name}")


_VALUES: dict[str, tuple[str, Callable[[Reader], Any]]] = {
    "iam_role": ("iam_role", role),
    "json": ("json", _json),
    "region": ("region", text),
    "delimiter": ("delimiter", _character),
    "quote": ("quote", _character),
    "null": ("null", lambda reader: _unescaped(text(reader))),
    "ignoreheader": ("header_lines", _number),
    "maxerror": ("most_errors", _number),
    "acceptinvchars": ("replacement", _replacement),
    "timeformat": ("auto_times", _auto),
}
