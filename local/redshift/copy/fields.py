"""Converts one field of a file to a value of its column, exactly like COPY, or raises a fault with Redshift's code.

This is the exact way, in Python. It determines the load errors, and it loads files that the fast way cannot.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, localcontext

from local.redshift.copy.dates import ISO_DATE, ISO_TIME, read_date, time_reader
from local.redshift.copy.statement import AUTO, Options
from local.redshift.copy.target import TargetColumn

Convert = Callable[[str], str | None]
ConvertField = Callable[[str | None], str | None]  # None is NULL

_INTEGERS = {"int2": (2**15, "Short"), "int4": (2**31, "Integer"), "int8": (2**63, "Long")}
_TRUE, _FALSE = {"t", "true", "y", "yes", "1"}, {"f", "false", "n", "no", "0"}
_INTEGER, _DECIMAL = re.compile(r"[+-]?[0-9]+"), re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_CLOCK = re.compile(
    r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?|(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){2}"
)
_LAST = re.compile(r"24:00(?::00(?:\.0{1,6})?)?")  # documented: 00:00:00 to 24:00:00
_NUL = "\\u0000"
_LONGEST_STRING = 65_535  # inside a SUPER, if enable_large_strings_opt_in is not set
_ZONE = re.compile(r" ?(?:Z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)")
_FLOAT = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|NaN|Inf|Infinity)", re.I)


class FieldFault(Exception):
    """The field cannot be loaded."""

    def __init__(self, code: int, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.position = code, message, position


@dataclass(frozen=True, kw_only=True)
class Field:
    """The reader of one column."""

    column: TargetColumn
    convert: ConvertField


def fields_for(columns: list[TargetColumn], options: Options) -> list[Field]:
    """Return the readers of columns, in the order of the file's fields."""
    return [Field(column=column, convert=_converter(column, options)) for column in columns]


def _converter(column: TargetColumn, options: Options) -> ConvertField:
    inner = _text(column, options) if column.text else _typed(column, options)

    def convert(raw: str | None) -> str | None:
        value = None if raw is None or raw == options.null else inner(raw)
        if value is None and column.required:
            raise FieldFault(1213, "Missing data for not-null field")
        return value

    return convert


def _text(column: TargetColumn, options: Options) -> Convert:
    most = column.size[0] if column.size else 65535

    def convert(raw: str) -> str | None:
        value = _valid(raw, options)
        if (options.empty_as_null and not value) or (options.blanks_as_null and value.isspace()):
            return None
        if options.trim_blanks:
            value = value.rstrip(" ")
        if column.kind == "bpchar" and not value.isascii():
            _refuse_multibyte(value)
        encoded = value.encode()
        if column.kind == "bpchar":
            encoded = encoded.rstrip(b" ")
        if len(encoded) <= most:
            return value
        if options.truncate_columns:
            return encoded[:most].decode(errors="ignore")
        raise FieldFault(1204, "String length exceeds DDL length", most)

    return convert


def _valid(raw: str, options: Options) -> str:
    """Replace or refuse bytes that are not UTF-8, which arrive as lone surrogates."""
    if raw.isascii() and "\0" not in raw:
        return raw
    for position, character in enumerate(raw):
        if "\udc80" <= character <= "\udcff" or character == "\0":
            if options.replacement is not None:
                return re.sub("[\udc80-\udcff\0]", lambda _: options.replacement or "?", raw)
            code = f"{ord(character) & 0xFF:02x}"
            message = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {code} (error 3)"
            raise FieldFault(1220, message, position)
    return raw


def _refuse_multibyte(value: str) -> None:
    position, character = next((i, c) for i, c in enumerate(value) if not c.isascii())
    code = character.encode().hex(" ")
    message = f"Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: {code}"
    raise FieldFault(1220, message, position)


def _typed(column: TargetColumn, options: Options) -> Convert:
    """Return the converter of a type other than text: empty is NULL."""
    makers: dict[str, Callable[[], Convert]] = {
        "numeric": lambda: _decimal(column, options),
        "bool": lambda: _boolean,
        "float4": lambda: _float("<f"),
        "float8": lambda: _float("<d"),
        "date": lambda: _date(options),
        "timestamp": lambda: _timestamp(options, zone=False),
        "timestamptz": lambda: _timestamp(options, zone=True),
        "time": lambda: _clock(zone=False),
        "timetz": lambda: _clock(zone=True),
        "jsonb": lambda: _super,
        "bytea": lambda: _bytes,
    }
    if column.kind in _INTEGERS:
        inner = _integer(column.kind)
    elif column.kind in makers:
        inner = makers[column.kind]()
    else:
        inner = _valid_only(options)
    return lambda raw: inner(raw) if raw else None


def _valid_only(options: Options) -> Convert:
    return lambda raw: _valid(raw, options)


def _digits(raw: str, pattern: re.Pattern[str], kind: str) -> None:
    if not pattern.fullmatch(raw):
        allowed = "0123456789" + (".-+" if kind == "Decimal" else "-+")
        position = next((i for i, c in enumerate(raw) if c not in allowed or (i and c in "+-")), len(raw) - 1)
        shown = raw[position : position + 1]
        shown = shown if shown.isprintable() and shown.isascii() else "?"
        raise FieldFault(1207, f"Invalid digit, Value '{shown}', Pos {position}, Type: {kind}", position)


def _integer(kind: str) -> Convert:
    limit, name = _INTEGERS[kind]

    def convert(raw: str) -> str:
        _digits(raw, _INTEGER, name)
        if not -limit <= int(raw) < limit:
            raise FieldFault(1222, f"Overflow, Type: {name}")
        return raw

    return convert


def _decimal(column: TargetColumn, options: Options) -> Convert:
    precision, scale = column.size or (38, 18)
    how = ROUND_HALF_UP if options.round_decimals else ROUND_DOWN  # COPY cuts off digits beyond the column's scale

    def convert(raw: str) -> str:
        _digits(raw, _DECIMAL, "Decimal")
        value = Decimal(raw)
        if value.adjusted() < precision - scale:
            with localcontext(Context(prec=200)):
                value = value.quantize(Decimal(1).scaleb(-scale), rounding=how)
        if value and value.adjusted() >= precision - scale:
            raise FieldFault(1204, f"Overflow for NUMERIC({precision},{scale})")
        return f"{value:f}"

    return convert


def _float(form: str) -> Convert:
    def convert(raw: str) -> str:
        if not _FLOAT.fullmatch(raw):
            raise FieldFault(1208, "Invalid digit, Type: Float")
        try:
            kept = struct.unpack(form, struct.pack(form, float(raw)))[0]
        except OverflowError:
            kept = math.inf
        vanished = kept == 0 and re.search("[1-9]", re.split("[eE]", raw)[0])
        if (math.isinf(kept) and "i" not in raw.lower()) or vanished:
            raise FieldFault(1204, "Overflow, Type: Float")
        return raw

    return convert


def _boolean(raw: str) -> str:
    value = raw.lower()
    if value not in _TRUE | _FALSE:
        raise FieldFault(1210, "Unknown boolean format")
    return "t" if value in _TRUE else "f"


def _date(options: Options) -> Convert:
    def convert(raw: str) -> str | None:
        value = read_date(raw)
        if len(raw) < 10 and not options.accept_any_date:
            raise FieldFault(1205, "Invalid Date Format - length must be 10 or more")
        if value is None and not options.accept_any_date:
            raise FieldFault(1205, f"Invalid Date Format or value [{ISO_DATE}]")
        return value

    return convert


def _timestamp(options: Options, *, zone: bool) -> Convert:
    read = time_reader(auto=options.auto_times, zone=zone)

    def convert(raw: str) -> str | None:
        value = read(raw)
        if value is None and not options.accept_any_date:
            form = AUTO if options.auto_times else ISO_TIME
            raise FieldFault(1206, f"Invalid timestamp format or value [{form}]")
        return value

    return convert


def _clock(*, zone: bool) -> Convert:
    def convert(raw: str) -> str:
        found = _LAST.match(raw) or _CLOCK.match(raw)
        rest = raw[found.end() :] if found else "?"
        if rest and not _ZONE.fullmatch(rest):
            raise FieldFault(1206, "Invalid time format or value [HH24:MI:SS]")
        return raw if zone or not found else found[0]

    return convert


def _super(raw: str) -> str:
    """Check JSON by RFC 8259: Python's reader also accepts NaN and more. Refuse values that PostgreSQL cannot hold."""
    try:
        document = json.loads(raw, parse_constant=no_json)
        found = json.dumps(document, ensure_ascii=False)
        found.encode()  # half a surrogate pair is not a character
    except (ValueError, RecursionError):
        found = _NUL
    if re.search(rf"(?<!\\)(?:\\\\)*{re.escape(_NUL)}", found):
        raise FieldFault(1224, "Invalid value. Check if the value is properly formatted JSON")
    if 4 * len(raw) > _LONGEST_STRING and any(len(text.encode()) > _LONGEST_STRING for text in _texts(document)):
        raise FieldFault(1204, f"String value exceeds the max size of {_LONGEST_STRING} bytes")
    return raw


def _texts(document: object) -> Iterator[str]:
    """Yield all texts and names of a document."""
    if isinstance(document, str):
        yield document
    inner = [*document, *document.values()] if isinstance(document, dict) else document
    for part in inner if isinstance(inner, list) else ():
        yield from _texts(part)


def no_json(_name: str) -> None:
    """Refuse NaN and Infinity, which Python's `json` reads. Raises ValueError."""
    raise ValueError


def _bytes(raw: str) -> str:
    if not re.fullmatch("(?:[0-9A-Fa-f]{2})+", raw):
        raise FieldFault(1223, "Invalid hexadecimal value for VARBYTE")
    return "\\x" + raw.lower()
