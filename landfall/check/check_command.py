"""`landfall check`: checks files as a run would, without loading them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.file.control_totals import MOST_BYTES, missing, read_totals, totals_line
from chalicelib.domain.file.undelivered import as_undelivered, is_undelivered
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.domain.formats.format import Totals
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import LandfallError, Rejected, SourceGone
from landfall.check.check_outputs import (
    RejectLines,
    RejectSpool,
    Seen,
    open_good,
    open_rejects,
    refuse_overwriting,
    side_of,
)
from landfall.check.check_report import Done, Report
from landfall.check.checking import Checked, Outputs, check_file
from landfall.check.good_rows import GoodRows
from landfall.contracts import from_file, known, shipped
from landfall.faults import ExitCode, usage
from landfall.infer.guess import UnguessableError, guess
from landfall.localfile import LocalFile, beginning, opened

Choose = Callable[[Path, LocalFile], Contract]


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of the command."""

    files: list[Path]
    contract: str = ""
    contract_file: Path | None = None
    chunk_bytes: int | None = None
    good: Path | None = None
    rejects: Path | None = None


def check(request: Request, report: Report) -> ExitCode:
    """Check every file, and return the worst exit code. Raises CommandError.

    The side file of a file that is checked, as in `folder/*`, is read with it and is no file of its own.
    """
    choose = _chooser(request)
    refuse_overwriting(request.files, request.good, request.rejects)
    with ExitStack() as stack:
        checker = _Checker(
            choose=choose,
            chunk_bytes=request.chunk_bytes,
            report=report,
            good=open_good(request.good, stack),
            lines=open_rejects(request.rejects, stack),
        )
        sides = {side_of(path) for path in request.files}
        worst = max(checker.check(path) for path in request.files if path not in sides)
        report.end()
    return worst


def _chooser(request: Request) -> Choose:
    """Return the function that chooses a file's contract. Raises CommandError."""
    if request.contract and request.contract_file:
        raise usage("--contract and --contract-file exclude each other")
    if request.contract_file:
        contract = from_file(request.contract_file)
        return lambda _path, _source: contract
    contracts = shipped()
    if request.contract:
        contract = known(contracts, request.contract)
        return lambda _path, _source: contract
    return lambda path, source: guess(contracts, path, source)


@dataclass(frozen=True, kw_only=True)
class _Checker:
    """Checks one file after the other, into the same outputs."""

    choose: Choose
    chunk_bytes: int | None
    report: Report
    good: GoodRows | None
    lines: RejectLines | None

    def check(self, path: Path) -> ExitCode:
        """Report on one file."""
        with ExitStack() as stack:
            spool, seen, object_ = RejectSpool(stack), Seen(), ""
            try:
                source = stack.enter_context(opened(path))
                contract = self.choose(path, source)
                if is_undelivered(contract, path.as_posix()):
                    contract = as_undelivered(contract)
                object_ = contract.name
                checked = self._checked(path, source, contract, spool, seen)
            except LandfallError as error:
                self.report.refused(path, object_, error)
                return _exit_of(error)
            self.report.checked(path, checked, spool, seen)
            return ExitCode.BAD if checked.refusal else ExitCode.OK

    def _checked(self, path: Path, source: LocalFile, contract: Contract, spool: RejectSpool, seen: Seen) -> Checked:
        """Raises Rejected. The operator has the file, so a header that does not fit may be quoted."""
        try:
            totals = self._side_totals(path, contract)
            with self.report.progress(path, source.size) as progress:
                outputs = self._outputs(path, spool, seen, progress)
                return check_file(source, contract, outputs, self.chunk_bytes, totals)
        except Rejected as error:
            if error.code == "HEADER_MISMATCH":
                read = contract.as_read
                match_header(read, format_of(read).head(beginning(source, read), read).fields, private=False)
            raise

    def _side_totals(self, path: Path, contract: Contract) -> Totals | None:
        """Return what the side file announces, if the contract has any. Raises Rejected."""
        if not (places := contract.control_totals):
            return None
        side = side_of(path)
        if not side.is_file():
            raise missing(side.name)
        with opened(side) as found:
            data = found.read(0, MOST_BYTES + 1)
        totals = read_totals(data, contract, places)
        if self.good:
            self.good.side_line = self.good.side_line or totals_line(data, contract, places)
        return totals

    def _outputs(self, path: Path, spool: RejectSpool, seen: Seen, progress: Done) -> Outputs:
        def on_reject(reject: Reject) -> None:
            spool.add(reject)
            seen.add(reject)
            if self.lines:
                self.lines.add(str(path), reject)

        if not self.good:
            return Outputs(reject=on_reject, unexplained=seen.codes.update, progress=progress)
        return Outputs(
            reject=on_reject,
            unexplained=seen.codes.update,
            progress=progress,
            begin=self.good.begin,
            good=self.good.rows,
        )


def _exit_of(error: LandfallError) -> ExitCode:
    if isinstance(error, SourceGone):
        return ExitCode.ABSENT
    return ExitCode.USAGE if isinstance(error, UnguessableError) else ExitCode.BAD
