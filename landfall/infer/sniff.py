"""Detects from a file's beginning how it is written: encoding, line ends, delimiter, quotes, lines around the table.

clevercsv proposes a dialect by the patterns of rows and the types of cells. The engine's own reader then tries it and
its neighbours. The dialect that reads the most rows of one width wins; of equals, the plainer one.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Encoding, Escape, Newline, Quotes
from chalicelib.domain.decode.decode import converted
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.preamble import BOM
from chalicelib.domain.formats.csv.record_reader import Found, RecordReader
from landfall.localfile import LocalFile

SAMPLE_BYTES = 8 << 20
"""Bytes of a file's text that are read for types and widths."""
SNIFFED_BYTES = 64 << 10
"""Bytes of the sample that are read for the dialect."""
DELIMITERS = (",", ";", "\t", "|", ":", "^", "~", "||", "::", "~~", "^^", "\x01", "\x1f")
MOST_AROUND = 20
"""A preamble or footer is recognised if it has fewer lines."""

Row = list[bytes | None]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The beginning of a file."""

    text: bytes
    """UTF-8 without a byte order mark. It has whole lines only, unless it is the whole text."""
    whole: bool
    encoding: Encoding


@dataclass(frozen=True, kw_only=True)
class Sniffed:
    """A dialect, and the rows it reads, including the header if there is one."""

    dialect: Dialect
    rows: list[Row]


def sample(source: LocalFile) -> Sample:
    """Read the beginning of a file as text. Raises Rejected if it is packed and damaged."""
    encoding = _wide(source.read(0, 4096))
    text = _text(source, Dialect(encoding=encoding))
    if encoding is Encoding.UTF_8 and not _is_utf8(text):
        encoding = Encoding.LATIN_1 if set(text) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else Encoding.CP1252
        text = _text(source, Dialect(encoding=encoding))
    whole = len(text) <= SAMPLE_BYTES
    text = text.removeprefix(BOM)
    if not whole:
        text = text[: max(text.rfind(b"\n"), text.rfind(b"\r"), 0) + 1]
    return Sample(text=text, whole=whole, encoding=encoding)


def _text(source: LocalFile, dialect: Dialect) -> bytes:
    """Read more than SAMPLE_BYTES of text, if the file has as much."""
    text = bytearray()
    for block in converted(source, dialect, Limits()):
        text += block
        if len(text) > SAMPLE_BYTES:
            break
    return bytes(text)


def _wide(head: bytes) -> Encoding:
    """Detect UTF-16 without a mark by its zero bytes."""
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return Encoding.UTF_16 if not marked and len(head) > 3 and head.count(0) * 5 > len(head) * 2 else Encoding.UTF_8


def _is_utf8(text: bytes) -> bool:
    """Whether more characters beyond ASCII are valid than not. A few bad bytes are faults of their rows."""
    read = text[: text.rfind(b"\n") + 1 or None].decode("utf-8", "replace")
    broken = read.count("\ufffd")
    return not broken or broken * 2 < sum(not character.isascii() for character in read)


def sniff(found: Sample) -> Sniffed:
    """Detect the dialect of a sample, and read its rows."""
    newline = Newline.CR if b"\r" in found.text and b"\n" not in found.text else Newline.LF
    end = b"\r" if newline is Newline.CR else b"\n"
    head = found.text[:SNIFFED_BYTES]
    if len(head) < len(found.text):
        head = head[: head.rfind(end) + 1] or head
    base = Dialect(newline=newline, encoding=found.encoding)
    lines = head.split(end)
    if sum(line.startswith(b"#") for line in lines) and not lines[0].lower().startswith((b"#,", b"#;", b"#|", b"#\t")):
        base = replace(base, comment="#")
    tried = [(_score(head, dialect), -place, dialect) for place, dialect in enumerate(_candidates(head, base))]
    dialect = _framed(found, max(tried)[2], end)
    return Sniffed(dialect=dialect, rows=_table(found, dialect))


def _candidates(head: bytes, base: Dialect) -> Iterator[Dialect]:
    """Yield the dialects worth trying, the likelier ones first."""
    delimiter, quote = _clever(head)
    delimiters = [d for d in dict.fromkeys([delimiter, *DELIMITERS]) if _separates(d.encode(), head)] or [delimiter]
    encloses = any(mark + b"'" in head for mark in (b"\n", *(d.encode() for d in delimiters)))
    quotes = dict.fromkeys([quote, '"', "'"] if encloses else ['"'])
    ways = [(Escape.DOUBLED, Quotes.STRICT), (Escape.BACKSLASH, Quotes.STRICT), (Escape.DOUBLED, Quotes.LENIENT)]
    for (escape, lenient), mark, separator in product(ways, quotes, delimiters):
        if mark not in separator and (escape is Escape.DOUBLED or b"\\" in head):
            yield replace(base, delimiter=separator, quote=mark, escape=escape, quotes=lenient)
    for separator in delimiters:
        if b'"' in head:
            yield replace(base, delimiter=separator, quote="")


def _separates(delimiter: bytes, head: bytes) -> bool:
    """Whether the delimiter occurs, and not only doubled. A doubled one is a delimiter of two characters."""
    return delimiter in head and (len(delimiter) > 1 or delimiter in head.replace(delimiter * 2, b""))


def _clever(head: bytes) -> tuple[str, str]:
    """Return the delimiter and quote that clevercsv detects, in our terms."""
    import clevercsv

    text = head[: SNIFFED_BYTES // 4].replace(b"\0", b"").decode("utf-8", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = clevercsv.Detector().detect(text)
    delimiter = found.delimiter if found and found.delimiter and found.delimiter.isascii() else ","
    quote = found.quotechar if found and found.quotechar in ('"', "'") else '"'
    return (delimiter if not delimiter.isalnum() else ","), quote


def _score(head: bytes, dialect: Dialect) -> float:
    """Return the share of lines with the commonest width. More columns add a little; a single column halves it."""
    rows = list(_rows(head, dialect))
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    share = count / len(rows)
    return share + min(width, 100) / 10_000 if width > 1 else share / 2


def _rows(text: bytes, dialect: Dialect) -> Iterator[Row | None]:
    """Yield every record's values, or None for a line at fault. Blank lines and comments are left out."""
    reader, at = RecordReader(dialect, Limits()), 0
    block = BlockReader(reader, text, len(text), at_end=True)
    comment = dialect.comment.encode()
    while at < len(text):
        end = text.find(reader.newline, at)
        end = end if end >= 0 else len(text)
        if text[at:end].strip(b"\r") and not (comment and text.startswith(comment, at)):
            found = block.record(at)
            yield found.values if isinstance(found, Found) else None
            end = found.stop if isinstance(found, Found) else end
        at = end + 1


def _framed(found: Sample, dialect: Dialect, end: bytes) -> Dialect:
    """Return the dialect with the number of narrower lines before and after the table."""
    lines = found.text.removesuffix(end).split(end)
    widths = Counter(len(row) for row in _rows(found.text[:SNIFFED_BYTES], dialect) if row)
    width = max(widths, key=lambda w: (widths[w], w), default=0)
    if width < 2:
        return dialect
    before = _narrow(lines[:MOST_AROUND], dialect, width)
    behind = _narrow(lines[: -MOST_AROUND - 1 : -1], dialect, width) if found.whole else 0
    if before + behind >= len(lines) or max(before, behind) == MOST_AROUND:
        return dialect
    return replace(dialect, preamble_lines=before, footer_lines=behind)


def _narrow(lines: list[bytes], dialect: Dialect, width: int) -> int:
    """Count the first lines that are narrower than this width."""
    reader = RecordReader(dialect, Limits())
    for count, line in enumerate(lines):
        read = BlockReader(reader, line, len(line), at_end=True).record(0)
        if not isinstance(read, Found) or len(read.values) >= width or (dialect.comment and line.startswith(b"#")):
            return count
    return len(lines)


def _table(found: Sample, dialect: Dialect) -> list[Row]:
    """Return the rows of the table's width, without preamble and footer."""
    end = b"\r" if dialect.newline is Newline.CR else b"\n"
    text = found.text
    for _ in range(dialect.preamble_lines):
        text = text[text.find(end) + 1 :]
    for _ in range(dialect.footer_lines):
        text = text[: text.rfind(end, 0, len(text) - text.endswith(end)) + 1]
    rows = [row for row in _rows(text, dialect) if row]
    widths = Counter(map(len, rows))
    width = max(widths, key=lambda w: widths[w], default=0)
    return [row for row in rows if len(row) == width]
