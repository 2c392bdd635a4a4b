"""`landfall infer`: proposes a contract for files that have none, as TOML for the operator to read and correct.

Whatever is uncertain is a comment. All rows of the files are checked by the proposal before it is printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.identifiers import IDENTIFIER
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import ContractError, LandfallError, Rejected, SourceGone
from chalicelib.visible import visible
from landfall.check.checking import Outputs, check_file
from landfall.faults import CommandError, ExitCode, absent, usage
from landfall.infer.layout.fixed_lines import find_lines
from landfall.infer.layout.json_objects import find_objects
from landfall.infer.layout.parquet import find_columns, is_parquet
from landfall.infer.layout.sample import SAMPLE_BYTES, Sample, sample
from landfall.infer.layout.sample_table import SampleTable, find_table
from landfall.infer.layout.workbook import find_sheet, is_workbook
from landfall.infer.names import plain_name
from landfall.infer.proposal import Proposal, propose, toml
from landfall.localfile import opened
from landfall.screen import print_lines
from landfall.text import plural


@dataclass(kw_only=True)
class Checked:
    """The rows of all files, as the proposal reads them."""

    read: int = 0
    rejected: int = 0
    duplicate: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    """Number of rejected rows by the column at fault; the name is empty for a fault of the whole line."""
    first: dict[str, int] = field(default_factory=dict)
    """The first line at fault of each such column."""

    def add(self, reject: Reject) -> None:
        self.columns[reject.column] += 1
        self.first.setdefault(reject.column, reject.line)


def infer(files: Sequence[Path], name: str, out: Path | None) -> None:
    """Print the contract, or write it to a new file once it is complete. Raises CommandError."""
    if out and out.exists():
        raise usage(f"{out} already exists: name another file")
    if name and not IDENTIFIER.fullmatch(name):
        raise usage(f'--name "{name}" is not a name: use a lower-case letter, then letters, digits and underscores')
    name = name or plain_name(files[0].name.partition(".")[0]) or "object"
    tables = {str(path): _table_of(path) for path in files}
    proposal = propose(name, tables)
    checked = _checked(files, proposal)
    whole = all(table.whole for table in tables.values())
    lines = list(toml(proposal, list(_report(files, proposal, checked, whole=whole))))
    if out:
        _write(out, lines)
        print_lines(f"the proposal is in {out}: read it, and correct it", stderr=True)
    else:
        print_lines(*lines)


def _write(path: Path, lines: Sequence[str]) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None


def _table_of(path: Path) -> SampleTable:
    try:
        return _read_table(path)
    except SourceGone as gone:
        raise absent(f"{path}: {gone.message}") from gone
    except LandfallError as refusal:
        raise _refused(path, refusal) from refusal


def _refused(path: Path, refusal: LandfallError) -> CommandError:
    return CommandError(f"{path}: {refusal.message}", ExitCode.BAD)


def _read_table(path: Path) -> SampleTable:
    with opened(path) as source:
        if is_parquet(source):
            found = find_columns(source)
        elif is_workbook(source):
            found = find_sheet(source)
        else:
            found = _of_text(sample(source))
    if not found.names:
        raise Rejected("this does not look like a table: no row could be read", code="NO_TABLE")
    if len(found.names) > Limits.max_columns:
        message = f"the first line has {len(found.names)} fields; a table has at most {Limits.max_columns} columns"
        raise Rejected(f"{message}: check the delimiter", code="TOO_MANY_COLUMNS")
    return found


def _of_text(found: Sample) -> SampleTable:
    if found.json:
        return find_objects(found)
    table = find_table(found)
    return table if len(table.names) > 1 else find_lines(found) or table


# ---- all rows --------------------------------------------------------------------------------------------------------


def _checked(files: Sequence[Path], proposal: Proposal) -> Checked:
    """Check all rows by the proposal. Raises CommandError if no contract can be as the files are."""
    try:
        contract = read_contract(f"{proposal.name}.toml", "\n".join(toml(proposal, ())).encode())
    except ContractError as error:
        message = "no contract can be as these files are: change them, or write the contract by hand"
        raise CommandError(message, ExitCode.BAD, error.faults) from error
    checked = Checked()
    for path in files:
        _check(path, contract, checked)
    return checked


def _check(path: Path, contract: Contract, checked: Checked) -> None:
    try:
        with opened(path) as source:
            found = check_file(source, contract, Outputs(reject=checked.add))
    except LandfallError as refusal:
        raise _refused(path, refusal) from refusal
    checked.read += found.read
    checked.rejected += found.rejected
    checked.duplicate += found.duplicate


def _report(files: Sequence[Path], proposal: Proposal, checked: Checked, *, whole: bool) -> Iterator[str]:
    """Yield what the operator should know first."""
    shown = repr(visible(", ".join(path.name for path in files)))
    yield f"Proposed by `landfall infer` from {shown}."
    sample_ = "all rows" if whole else f"the first {SAMPLE_BYTES >> 20} MB of each file"
    yield f"It checked {checked.read} rows and rejected {checked.rejected}. Widths and types come from {sample_}."
    for column, rows in checked.columns.most_common():
        what = f"because of {column}" if column else "as a whole, for example for their number of fields"
        yield f"{plural(rows, 'row')} rejected {what}: the first in line {checked.first[column]}."
    if checked.duplicate and proposal.keys:
        yield f"The key repeats in {plural(checked.duplicate, 'row')}: choose another, or the last row of a key counts."
