"""A slow, obvious reader of the same language as the engine's: one byte at a time, one value at a time.

It shares no code with the engine but the contract's types. What the engine says of a file must be what this says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import fold

LF, CR = 10, 13


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One record of a file: good if `code` is None, a blank line if it is -1."""

    line: int
    start: int
    end: int
    """Where the next record starts."""
    raw: bytes
    """Without its line end."""
    code: int | None
    column: str = ""


def read(data: bytes, start: int, contract: Contract) -> list[Outcome]:
    """Every record from `start` to the end of the file."""
    outcomes = []
    while start < len(data):
        outcomes.append(_record(data, start, contract))
        start = outcomes[-1].end
    return outcomes


def _record(data: bytes, start: int, contract: Contract) -> Outcome:
    feed = data.find(b"\n", start)
    line_end = feed if feed >= 0 else len(data)
    line_number = data[:start].count(b"\n") + 1
    fields, end = _fields(data, start, contract)
    if data[start:line_end] in (b"", b"\r"):
        fields, end, code, column = [], line_end, -1, ""
    elif fields is None:
        end, code, column = line_end, 1216, ""
    else:
        code, column = judge(fields, contract)
    raw = data[start:end].removesuffix(b"\r")
    return Outcome(line=line_number, start=start, end=min(end + 1, len(data)), raw=raw, code=code, column=column)


def _fields(data: bytes, start: int, contract: Contract) -> tuple[list[bytes] | None, int]:  # noqa: C901 (a plain list of cases)
    """The values of the record at `start`, and where its line end is; None if it is malformed or too long."""
    delimiter, quote = ord(contract.dialect.delimiter), ord(contract.dialect.quote)
    limit = start + contract.limits.max_record_bytes
    fields, value, state, at = [], bytearray(), "start", start
    while True:
        byte = data[at] if at < len(data) else None
        ends = byte in (None, LF) or (byte == CR and data[at + 1 : at + 2] in (b"", b"\n"))
        if state == "closed" and byte not in (delimiter, quote) and not ends:
            return None, 0  # text after a closing quote
        if state != "quoted" and byte in (None, LF):
            if at > limit:
                return None, 0
            fields.append(bytes(value).removesuffix(b"\r") if state != "closed" else bytes(value))
            return fields, at
        if byte is None or at >= limit:
            return None, 0  # a quote that is not closed in time, or a record too long
        if state == "quoted":
            if byte == quote:
                state = "closed"
            else:
                value.append(byte)
        elif byte == delimiter:
            fields.append(bytes(value))
            value, state = bytearray(), "start"
        elif byte == quote:
            if state == "plain":
                return None, 0  # a quote inside a field
            if state == "closed":
                value.append(byte)
            state = "quoted"
        elif state != "closed":
            value.append(byte)
            state = "plain"
        at += 1


def staged(raw: bytes, line_end: bytes, contract: Contract) -> bytes:
    """A good record as COPY must get it: written anew if a field without quotes has a carriage return."""
    delimiter, quote = contract.dialect.delimiter.encode(), contract.dialect.quote.encode()
    values, rewritten, at = [], False, 0
    while at <= len(raw):
        end = at
        if raw.startswith(quote, at):
            end = raw.index(quote, at + 1) + 1
            while raw.startswith(quote, end):
                end = raw.index(quote, end + 1) + 1
        end = raw.find(delimiter, end) if delimiter in raw[end:] else len(raw)
        field = raw[at:end]
        enclosed = field.startswith(quote)
        rewritten |= b"\r" in field and not enclosed
        values.append(field[1:-1].replace(quote * 2, quote) if enclosed else field)
        at = end + 1
    if not rewritten:
        return raw + (line_end if line_end.endswith(b"\n") else line_end + b"\n")
    special = re.compile(b"[\r\n%s]" % re.escape(delimiter + quote))
    enclosed_values = [quote + v.replace(quote, quote * 2) + quote if special.search(v) else v for v in values]
    return delimiter.join(enclosed_values) + b"\n"


def judge(fields: list[bytes], contract: Contract) -> tuple[int | None, str]:
    """Redshift's code for what is wrong with a row, 1 for a rule of the contract, None if it is good; the column."""
    columns = contract.columns
    if contract.dialect.header and [fold(v.decode(errors="replace")) for v in fields] == [
        fold(c.name) for c in columns
    ]:
        return 1, ""  # the header again
    if len(fields) != len(columns):
        return (1203 if len(fields) < len(columns) else 1202), ""
    for value, column in zip(fields, columns, strict=True):
        nul, broken = value.find(b"\0"), _broken(value)
        if nul >= 0 or broken is not None:
            return (1218 if broken is None or 0 <= nul < broken else 1220), column.name
    for value, column in zip(fields, columns, strict=True):
        if code := _value(value, column, required=column.required or column.name in contract.key):
            return code, column.name
    return None, ""


def _broken(value: bytes) -> int | None:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _value(value: bytes, column: Column, *, required: bool) -> int:
    """Redshift's code for what is wrong with a value, or 0; 1 stands for a rule of the contract."""
    if not value:
        return 1213 if required else 0
    if code := _TYPES[column.type.kind](value, column):
        return code
    text = value.decode()
    if column.values and text not in column.values:
        return 1
    if column.pattern and not re.fullmatch(column.pattern, text):
        return 1
    if column.min is not None and _key(text, column) < _key(column.min, column):
        return 1
    return int(column.max is not None and _key(text, column) > _key(column.max, column))


def _key(text: str, column: Column) -> object:
    match column.type.kind:
        case TypeName.SMALLINT | TypeName.INTEGER | TypeName.BIGINT | TypeName.DECIMAL:
            return Decimal(text)
        case TypeName.REAL | TypeName.DOUBLE:
            return float(text)
        case TypeName.DATE | TypeName.TIMESTAMP:
            return datetime.fromisoformat(text)
        case TypeName.TIME:
            clock, _, part = text.partition(".")
            return clock, part.ljust(6, "0")
        case TypeName.TIMESTAMPTZ:
            moment = datetime.fromisoformat(text)
            return moment.timestamp() if moment.tzinfo else datetime.fromisoformat(text + "+00:00").timestamp()
    return text.encode()


def _unsigned(value: bytes) -> bytes:
    return value[1:] if value[:1] in (b"+", b"-") else value


def _digits(value: bytes) -> bool:
    return all(byte in b"0123456789" for byte in value)


def _integer(value: bytes, column: Column) -> int:
    bits = {TypeName.SMALLINT: 16, TypeName.INTEGER: 32, TypeName.BIGINT: 64}[column.type.kind]
    if not _unsigned(value) or not _digits(_unsigned(value)):
        return 1207
    return 0 if -(2 ** (bits - 1)) <= int(value) <= 2 ** (bits - 1) - 1 else 1222


def _decimal(value: bytes, column: Column) -> int:
    whole, point, part = _unsigned(value).partition(b".")
    if not _digits(whole + part) or not whole + part or (point and not part):
        return 1209
    if len(part) > column.type.scale:
        return 1209
    return 1204 if Decimal(value.decode()).copy_abs() >= 10 ** (column.type.precision - column.type.scale) else 0


def _text(value: bytes, column: Column) -> int:
    if column.type.kind is TypeName.CHAR and any(byte > 127 for byte in value):
        return 1220
    return 1204 if len(value) > column.type.length else 0


def _boolean(value: bytes, column: Column) -> int:
    return 0 if value.lower().decode() in ["t", "true", "y", "yes", "1", "f", "false", "n", "no", "0"] else 1210


def _date(value: bytes, column: Column) -> int:
    text = value.decode("latin-1")
    if len(value) != 10 or text[4] + text[7] != "--" or not _digits(value[:4] + value[5:7] + value[8:]):
        return 1205
    try:
        date(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        return 1205
    return 0


def _timestamp(value: bytes, column: Column) -> int:
    day, clock = value[:10], value[11:19]
    if _date(day, column) or value[10:11] not in (b" ", b"T") or len(clock) != 8:
        return 1206
    parts = clock.split(b":")
    if [len(part) for part in parts] != [2, 2, 2] or not all(map(_digits, parts)):
        return 1206
    if int(parts[0]) > 23 or int(parts[1]) > 59 or int(parts[2]) > 59:
        return 1206
    rest = value[19:]
    if rest[:1] == b".":
        fraction = rest[1:].lstrip(b"0123456789")
        count = len(rest) - 1 - len(fraction)
        rest = fraction if 1 <= count <= 6 else b"?"
    return 1206 if rest and not (column.type.kind is TypeName.TIMESTAMPTZ and _zone(rest)) else 0


def _time(value: bytes, column: Column) -> int:
    if column.type.kind is TypeName.TIME and value[:8] == b"24:00:00" and not value[8:].strip(b"0"):
        return 0 if len(value) == 8 else 1206
    if column.type.kind is TypeName.TIME and value[:9] == b"24:00:00." and not value[9:].strip(b"0"):
        return 0 if 1 <= len(value) - 9 <= 6 else 1206
    kind = TypeName.TIMESTAMP if column.type.kind is TypeName.TIME else TypeName.TIMESTAMPTZ
    moment = Column(name=column.name, type=ColumnType(kind=kind))
    return _timestamp(b"2000-01-01 " + value, moment)


def _varbyte(value: bytes, column: Column) -> int:
    if len(value) % 2 or any(byte not in b"0123456789abcdefABCDEF" for byte in value):
        return 1223
    return 1204 if len(value) > 2 * column.type.length else 0


def _zone(rest: bytes) -> bool:
    if rest == b"Z":
        return True
    sign, hours, minutes = rest[:1], rest[1:3], rest[3:].removeprefix(b":")
    if sign not in (b"+", b"-") or len(hours) != 2 or not _digits(hours) or int(hours) > 14:
        return False
    return rest[3:] == b"" or (len(minutes) == 2 and _digits(minutes) and int(minutes) < 60)


_TYPES = {
    TypeName.SMALLINT: _integer,
    TypeName.INTEGER: _integer,
    TypeName.BIGINT: _integer,
    TypeName.DECIMAL: _decimal,
    TypeName.CHAR: _text,
    TypeName.VARCHAR: _text,
    TypeName.BOOLEAN: _boolean,
    TypeName.DATE: _date,
    TypeName.TIMESTAMP: _timestamp,
    TypeName.TIMESTAMPTZ: _timestamp,
    TypeName.TIME: _time,
    TypeName.TIMETZ: _time,
    TypeName.VARBYTE: _varbyte,
}
