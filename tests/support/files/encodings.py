"""Readers of encodings that go unit by unit: what stands in a file, as the engine is to get it."""

from __future__ import annotations

from chalicelib.domain.contract.dialect import Dialect, Encoding, Invalid, Nul

NARROW = (Encoding.LATIN_1, Encoding.CP1252)


def utf_16_by_units(data: bytes, encoding: Encoding, invalid: Invalid) -> bytes:
    order = "big" if encoding is Encoding.UTF_16_BE else "little"
    units = [int.from_bytes(data[n : n + 2], order) for n in range(0, len(data) // 2 * 2, 2)]
    out, n = b"", 0
    while n < len(units):
        unit, n = units[n], n + 1
        if 0xD800 <= unit < 0xDC00 and n < len(units) and 0xDC00 <= units[n] < 0xE000:
            out += chr(0x10000 + ((unit - 0xD800) << 10) + units[n] - 0xDC00).encode()
            n += 1
        elif 0xD800 <= unit < 0xE000:
            out += kept(invalid, chr(unit).encode("utf-8", "surrogatepass"))
        else:
            out += chr(unit).encode()
    return out + (kept(invalid, b"\xff") if len(data) % 2 else b"")


def kept(invalid: Invalid, as_it_is: bytes) -> bytes:
    return {Invalid.REJECT: as_it_is, Invalid.REPLACE: "\ufffd".encode(), Invalid.STRIP: b""}[invalid]


def narrow_by_bytes(data: bytes, encoding: Encoding, invalid: Invalid) -> bytes:
    undefined = b"\x81\x8d\x8f\x90\x9d" if encoding is Encoding.CP1252 else b""
    each = (kept(invalid, b) if b in undefined else b.decode(encoding.value).encode() for b in map(bytes, zip(data)))
    return b"".join(each)


def utf_8_at_once(data: bytes, invalid: Invalid) -> bytes:
    errors = {Invalid.REPLACE: "replace", Invalid.STRIP: "ignore"}
    return data if invalid is Invalid.REJECT else data.decode(errors=errors[invalid]).encode()


def expected(data: bytes, dialect: Dialect) -> bytes:
    """The text of a file without a byte order mark, in UTF-8."""
    narrow = dialect.encoding in (*NARROW, Encoding.UTF_8)
    if narrow and dialect.nul is Nul.STRIP:
        data = data.replace(b"\0", b"")
    if dialect.encoding is Encoding.UTF_8:
        return utf_8_at_once(data, dialect.invalid)
    if narrow:
        return narrow_by_bytes(data, dialect.encoding, dialect.invalid)
    made = utf_16_by_units(data, dialect.encoding, dialect.invalid)
    return made.replace(b"\0", b"") if dialect.nul is Nul.STRIP else made
