"""Finds the columns of lines of fixed width in a sample: columns of blanks that all lines have separate them.

Blanks between two columns go to one of them, so that a longer value of another file is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.dialect import FIXED_DIALECT, Newline, ShortRows
from chalicelib.domain.contract.notation import BLANK, Align, Span
from landfall.infer.layout.naming import naming
from landfall.infer.layout.sample import Sample
from landfall.infer.layout.sample_table import SampleTable
from landfall.text import plural

LOOKED_LINES = 20_000
"""Lines in which columns of blanks are looked for."""
LONGEST = 10_000
LEAST_LINES = 3
APART = re.compile(r"\S {2,}\S")
RULE = re.compile(r"[-=+_ ]*[-=_]{2}[-=+_ ]*")
"""A line under a header."""
GUESSED = "the positions are a guess, by columns of blanks in all lines: compare them with the sender's description"
TOUCHING = "columns that touch are one column here: split them"
Filled = npt.NDArray[np.bool_]


def find_lines(found: Sample) -> SampleTable | None:
    """Read the lines of a sample as a table; None if no column of blanks divides them."""
    text = found.text.decode("utf-8", "replace")
    lines = re.split("\r" if found.newline is Newline.CR else "\r?\n", text)
    whole = [line for line in lines if line.strip()]
    widest = max(map(len, whole), default=0)
    if len(whole) < LEAST_LINES or widest > LONGEST or not any(map(APART.search, whole)):
        return None
    head = _lines_before(lines)
    rows, header = whole[head:], bool(head)
    runs = _runs(_filled(whole[:LOOKED_LINES], widest).any(axis=0))
    spans = _spans(runs, rows, widest)
    if not head and whole[0] is lines[0]:
        first, *below = ([_value(line, span) for span in spans] for line in whole[:LOOKED_LINES])
        header = naming(first, below).header
        rows = whole[int(header) :]
    if header:
        runs = _under_names(runs, whole[0])
        spans = _spans(runs, rows, widest)
    if len(runs) < 2:
        return None
    short = sum(len(line) < spans[-1].last for line in rows)
    return SampleTable(
        dialect=replace(
            FIXED_DIALECT,
            newline=found.newline,
            encoding=found.encoding,
            preamble_lines=max(head, int(header)),
            short_rows=ShortRows.FILL if short else ShortRows.REJECT,
        ),
        names=_names(whole[0], spans) if header else tuple(f"column_{place}" for place in range(1, len(spans) + 1)),
        rows=[[_value(line, span) for span in spans] for line in rows],
        ascii=text.isascii(),
        whole=found.whole,
        notes=(*found.notes, GUESSED, TOUCHING, *_short(short)),
        format=FileFormat.FIXED_WIDTH,
        spans=tuple(spans),
    )


def _short(short: int) -> list[str]:
    ends = f"{plural(short, 'line')} of the sample {'ends' if short == 1 else 'end'} early"
    return [f"{ends}: with short_rows, what they lack is blank"] if short else []


def _lines_before(lines: Sequence[str]) -> int:
    """Return 2 if the second line is drawn under a header; else 0."""
    return 2 if len(lines) > 1 and lines[0].strip() and RULE.fullmatch(lines[1]) else 0


def _filled(lines: Sequence[str], width: int) -> Filled:
    """Return for each line which of its positions are not blank."""
    joined = "".join(line.ljust(width) for line in lines).encode("utf-32-le", "surrogatepass")
    found: Filled = np.frombuffer(joined, np.uint32).reshape(len(lines), width) != ord(BLANK)
    return found


def _runs(filled: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """Return the first and the last position of each run that is not blank, from 1."""
    edges = np.flatnonzero(np.diff(filled, prepend=False, append=False)).tolist()
    return [(first + 1, stop) for first, stop in zip(edges[0::2], edges[1::2], strict=True)]


def _under_names(runs: Sequence[tuple[int, int]], header: str) -> list[tuple[int, int]]:
    """Join each run without a name above it to the one before it."""
    found = list[tuple[int, int]]()
    for first, last in runs:
        if found and not header[first - 1 : last].strip():
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _names(header: str, spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(header[span.start - 1 : span.last].strip() for span in spans)


def _spans(runs: Sequence[tuple[int, int]], rows: Sequence[str], width: int) -> list[Span]:
    """Return the columns. Blanks between two of them are part of one, unless no value grows into them."""
    filled = _filled(rows[:LOOKED_LINES], width)
    aligns = [_align(filled[:, first - 1 : last]) for first, last in runs]
    bounds = [list(run) for run in runs]
    for left, right, before, behind in zip(bounds, bounds[1:], aligns, aligns[1:], strict=False):
        if before is not Align.RIGHT:
            left[1] = right[0] - 1
        elif behind is not Align.LEFT:
            right[0] = left[1] + 1
    bounds[0][0] = 1 if aligns[0] is not Align.LEFT else bounds[0][0]
    return [
        Span(start=first, width=last - first + 1, align=align)
        for (first, last), align in zip(bounds, aligns, strict=True)
    ]


def _align(filled: Filled) -> Align:
    """Return the end of a column at which its values stand."""
    some = filled[filled.any(axis=1)]
    if not len(some) or some[:, 0].all():
        return Align.LEFT
    return Align.RIGHT if some[:, -1].all() else Align.BOTH


def _value(line: str, span: Span) -> bytes:
    value = line[span.start - 1 : span.last]
    value = value.lstrip(BLANK) if span.align is not Align.LEFT else value
    value = value.rstrip(BLANK) if span.align is not Align.RIGHT else value
    return value.encode("utf-8", "replace")
