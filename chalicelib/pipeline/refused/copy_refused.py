"""The errors of a load whose COPY refused rows."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.errors import LoadFailed


class CopyRefused(LoadFailed):
    """COPY refused some rows of the load. Runs whose rows are not among them wait for another load."""

    def __init__(self, faults: Sequence[CopyFault]) -> None:
        super().__init__(f"COPY refused {len(faults)} rows of the load")
        self.faults = faults

    def of(self, run: Run) -> list[CopyFault]:
        """Return the faults of a run's rows."""
        folder = f"s3://{run.source.bucket}/{keys.processed(run)}"
        return [fault for fault in self.faults if fault.file.startswith(folder)]


def copy_refused(faults: Sequence[CopyFault], runs: Sequence[Run]) -> CopyRefused | None:
    """Return the error of a load whose COPY refused rows of these runs; None if it refused none of theirs."""
    refused = CopyRefused(faults)
    return refused if any(map(refused.of, runs)) else None


def failed(fault: CopyFault, why: str, *, line: int | None = None) -> LoadFailed:
    """Return the error that ends a run because of one row; `line` is the row's line in the file, if it is known."""
    where = f"line {line}" if line else f"line {fault.line} of {fault.file}"
    column = f", column {fault.column}" if fault.column else ""
    return LoadFailed(f"{where}{column} {fault.reason}; {why}", line=line, column=fault.column)
