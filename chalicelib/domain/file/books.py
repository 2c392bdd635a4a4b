"""The books of one file: the sums and edges of its chunks, and the limit of bad rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.sums import Sums, added
from chalicelib.domain.contract.tally import LeftOut, Tally, total
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats.cells import Cells
from chalicelib.domain.formats.csv.tail import malformed
from chalicelib.domain.formats.format import Totals
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.model import Chunk, Counts, Problem, Run, RunState
from chalicelib.domain.run.rejects import EXPLAINED, Reject, unclosed
from chalicelib.errors import Broken, Rejected

TOO_MANY_REJECTS = "TOO_MANY_REJECTS"
SUM = ColumnType(kind=TypeName.DECIMAL, precision=38, scale=38)
"""The type of an announced sum, which keeps all digits of any column."""
MOST_SUM_DIGITS = 100
UNBALANCED = "UNBALANCED"
"""Code of a file in which a row is not accounted for."""


def first_gap(file_plan: FilePlan, chunks: Sequence[Chunk]) -> tuple[Chunk, int] | None:
    """Return the first chunk that does not start where its predecessor ended, and its right start; None if all fit.

    Chunk 1 certainly starts right after the header. Every chunk reads by the same rules from its start. If each starts
    where the one before it ended, every boundary is right, for any guess of the plan. All chunks before the one that is
    found are right, so its new start is final: each chunk is staged at most twice.
    Source: Ge et al., Speculative Distributed CSV Data Parsing, SIGMOD 2019 (section 4, validation of the chain).
    """
    expected = file_plan.ranges[0].start if file_plan.ranges else 0
    for chunk in chunks:
        if chunk.start != expected:
            return chunk, expected
        expected = chunk.end
    return None


def refuse_more_wrong_cuts(run: Run, most: int) -> None:
    """Bound the second looks at one file, which cost two messages each, one after the other. Raises Broken."""
    if run.reopened >= most:
        raise Broken(
            f"more than {most} of its {run.chunks} chunks began inside a quoted text and have to be staged again; set "
            "a larger chunk_mb in its contract, or raise LANDFALL_MAX_REOPENED_CHUNKS, then run it again",
            code="TOO_MANY_WRONG_CUTS",
        )


def totals(chunks: Sequence[Chunk]) -> Counts:
    """Return the sum of the chunks' rows. Raises Broken if a row is not accounted for."""
    counts = Counts(
        read=sum(c.read for c in chunks),
        good=sum(c.good for c in chunks),
        rejected=sum(c.rejected for c in chunks),
    )
    if not counts.balanced:
        raise Broken(f"{counts.read} rows read, but {counts.good} good and {counts.rejected} rejected", code=UNBALANCED)
    return counts


def sealed_books(file_plan: FilePlan, chunks: Sequence[Chunk]) -> RunChanges:
    """Return the changes of a run whose chunks are all staged. Raises Broken if a row is not accounted for."""
    return {
        "state": RunState.STAGED,
        "counts": totals(chunks),
        "left_out": total([file_plan.left_out, *(chunk.left_out for chunk in chunks)]),
        "altered": total([file_plan.altered, *(chunk.altered for chunk in chunks)]),
        "problem": first_reject(file_plan, chunks),
    }


def line_bases(file_plan: FilePlan, chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, int]]:
    """Yield each chunk with the number of physical lines before it, to be added to its rejects' lines."""
    base = file_plan.header_lines
    for chunk in chunks:
        yield chunk, 0 if file_plan.corrected else base
        base += chunk.lines


def first_reject(file_plan: FilePlan, chunks: Sequence[Chunk]) -> Problem | None:
    """Return the file's first reject, with its line counted from the start of the file; None if there is none."""
    for chunk, base in line_bases(file_plan, chunks):
        if chunk.first_reject and chunk.first_reject.line is not None:
            return _shifted(chunk.first_reject, base, file_plan.cells)
    return None


def _shifted(problem: Problem, base: int, cells: Cells | None) -> Problem:
    line = (problem.line or 0) + base
    if cells:
        return replace(problem, line=line, message=f"{problem.message} ({cells.name(problem.column, line)})")
    if problem.quote_line is None:
        return replace(problem, line=line)
    quote_line = problem.quote_line + base
    return replace(problem, line=line, quote_line=quote_line, message=unclosed(quote_line))


def renumber(rejects: bytes, base: int, cells: Cells | None) -> bytes:
    """Return JSON lines of rejects with `base` added to each line number."""
    shifted = (placed(Reject.from_json(text), base, cells) for text in rejects.splitlines())
    return b"".join(reject.to_json().encode() + b"\n" for reject in shifted)


def placed(reject: Reject, base: int, cells: Cells | None) -> Reject:
    """Return a reject with its line in the file, and the name of its cell if the file is a workbook."""
    shifted = reject.shifted(base)
    if not cells:
        return shifted
    return replace(shifted, reason=f"{shifted.reason} ({cells.name(shifted.column, shifted.line)})")


def refuse_wrong_books(
    contract: Contract, totals: Totals | None, sums: Iterable[Sums], books: RunChanges, *, accepted: bool = False
) -> None:
    """Refuse a file that is not whole, or worse than the contract allows. Raises Rejected.

    `totals` is what the file announces of its rows, `sums` has the sums that were found in its chunks.
    """
    counts, dropped = books["counts"], books.get("left_out", {}).get(LeftOut.DROPPED, 0)
    refuse_undivided(books.get("left_out", {}), books["problem"])
    if totals:
        refuse_other_totals(contract, totals, counts.read + dropped, added(sums))
    refuse_too_few_rows(contract, counts.read + dropped)
    refuse_if_too_bad(contract, counts, books["problem"], accepted=accepted)


def refuse_undivided(left_out: Tally, first: Problem | None) -> None:
    """Refuse a file with a fault behind which objects may be hidden. Raises Rejected."""
    if left_out.get(LeftOut.UNDIVIDED):
        where = f"; the first reject is in line {first.line}: {first.message}" if first else ""
        message = f"the file's JSON breaks where the next object cannot be found, so objects may be lost{where}"
        raise Rejected(
            f"{message}; fix it there and send the file again, or send one object a line",
            code="JSON_BROKEN",
            line=first.line if first else None,
            byte_offset=first.byte_offset if first else None,
        )


def refuse_too_few_rows(contract: Contract, count: int) -> None:
    """Refuse a file with fewer rows than the contract requires, such as only a header. Raises Rejected."""
    least = contract.limits.min_rows
    if count < least:
        rows = f"{count:,} rows" if count else "no rows"
        message = f"the file has {rows}, but the contract requires {least:,} or more; if such a file is right"
        raise Rejected(f"{message}, lower limits.min_rows", code="TOO_FEW_ROWS")


def refuse_other_totals(contract: Contract, totals: Totals, count: int, sums: Sums) -> None:
    """Refuse a file that does not have the rows that it announces. Raises Rejected."""
    if totals.rows is not None and totals.rows != count:
        raise _differs(f"{totals.rows:,} rows, but it has {count:,}", totals)
    fields = dict(contract.sum_fields)
    for name, text in totals.sums.items():
        expected = _amount(text, contract.column(name))
        if expected is None:
            raise malformed(fields[name], totals)
        if not sums.get(name, "0"):
            message = f"the sum of {name} cannot be compared with its {totals.where}'s: a bad row has no number there"
            raise Rejected(f"{message}; fix its rejects", code="TOTALS_UNKNOWN", column=name)
        if Decimal(sums.get(name, "0")) != expected:
            raise _differs(f"another sum of {name} than it has", totals)


def _differs(what: str, totals: Totals) -> Rejected:
    fix = f"send it again as a whole, or fix its {totals.where}"
    message = f"the file's {totals.where} announces {what}: rows may be lost; {fix}"
    return Rejected(message, code="TOTALS_DIFFER", byte_offset=totals.byte_offset)


def _amount(text: str, column: Column) -> Decimal | None:
    """Return a sum as the column's files write numbers; None for another text."""
    from chalicelib.domain.notation.canonical import Canonical  # numpy: most functions read no sums
    from chalicelib.domain.notation.numbers import number_reader

    found = number_reader(SUM, column.notation)(text.encode()) if len(text) <= MOST_SUM_DIGITS else None
    return Decimal((found.text or b"").decode()) if isinstance(found, Canonical) else None


def _percent(ratio: float) -> str:
    """Return a percentage with at most two decimals, and never 0 or 100 for a ratio between."""
    return f"{max(0.01, min(ratio * 100, 99.99)) if 0 < ratio < 1 else ratio * 100:.2f}".rstrip("0").rstrip(".")


def as_accepted(contract: Contract) -> Contract:
    """Return the contract for a file whose bad rows the operator accepted: any share, as long as each row is kept."""
    limits = replace(contract.limits, max_reject_ratio=1.0, max_rejects=max(contract.limits.max_rejects, EXPLAINED))
    return replace(contract, limits=limits)


def refuse_if_too_bad(contract: Contract, counts: Counts, first: Problem | None, *, accepted: bool = False) -> None:
    """Refuse a file with more bad rows than the contract allows. Raises Rejected, which names the first bad row."""
    ratio = counts.rejected / counts.read if counts.read else 0.0
    limits = contract.limits
    if ratio <= limits.max_reject_ratio and counts.rejected <= limits.max_rejects:
        return
    kept = f"at most {limits.max_rejects:,} rows can be accepted, because each of them is kept"
    allowed = (
        kept
        if accepted
        else f"the contract allows at most {limits.max_reject_ratio * 100:g} % and at most {limits.max_rejects:,} rows"
    )
    where = f"; the first is in line {first.line}: {first.message}" if first else ""
    share = f"{counts.rejected:,} of {counts.read:,} rows ({_percent(ratio)} %)"
    raise Rejected(
        f"{share} are bad; {allowed}{where}",
        code=TOO_MANY_REJECTS,
        line=first.line if first else None,
        byte_offset=first.byte_offset if first else None,
        column=first.column if first else "",
    )
