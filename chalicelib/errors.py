"""Everything that can go wrong, as a tree whose type is the retry decision.

LandfallError
├── Retryable            a later try may succeed: raise it, and the message comes back after a pause
│   ├── Throttled        as above, and the service limits our requests
│   └── LoadStopped      the load was given up without a fault of its remaining runs
├── Rejected             the file is at fault: the sender is notified, nothing is merged
├── Broken               our code or the platform is at fault, and trying again will not help
│   ├── SourceGone       the file was deleted before it was read
│   ├── SourceChanged    the file was overwritten while it was read: its newer version is another run
│   ├── WorkGone         our own objects of the file (plan, text, parts) were deleted before it was loaded
│   ├── Refused          a service refused for good (permission, malformed request)
│   ├── LoadFailed       the load ended without effect, and the ledger agrees that it had none
│   └── ContractChanged  the contract is not the one the file was planned by: plan it again by the new one
└── ContractError        contracts at fault, found at cold start, every fault at once

A message of these errors may have names (objects, columns, files), counts and offsets. It never has a row's value. It
is one line of printable text, for any name. Logs, notices and terminals show it unchanged.
"""

from __future__ import annotations

from chalicelib.visible import visible


class LandfallError(Exception):
    """Base of all errors that Landfall raises itself.

    `code` is stable and documented (docs/operate/runbook.md); the message is one sentence that names the fix.
    """

    code = "ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        line: int | None = None,
        byte_offset: int | None = None,
        column: str = "",
    ) -> None:
        self.message = visible(message)
        super().__init__(self.message)
        self.code = code or self.code
        self.line = line
        self.byte_offset = byte_offset
        self.column = column


class Retryable(LandfallError):
    """Something outside did not answer, or not yet; try the same step again unchanged."""

    code = "RETRY"


class Throttled(Retryable):
    """A service limits our requests."""

    code = "THROTTLED"


class LoadStopped(Retryable):
    """The load was given up without a fault of these runs: they wait for another load, and no attempt counts.

    Another run of the load was cancelled, or the worker that the warehouse refused did not go on.
    """

    code = "LOAD_STOPPED"


class Rejected(LandfallError):
    """The file cannot be loaded as it is; the message names the fix."""

    code = "REJECTED"


class Broken(LandfallError):
    """Trying again will not help; the operator must act."""

    code = "BROKEN"


class SourceGone(Broken):
    """The landed object no longer exists."""

    code = "SOURCE_GONE"


class SourceChanged(Broken):
    """The landed object is no longer the version of this run."""

    code = "SOURCE_CHANGED"


class WorkGone(Broken):
    """A staged object of the file is gone; run the file again, and look for a lifecycle rule that is too short."""

    code = "WORK_GONE"


class Refused(Broken):
    """A service refused for good."""

    code = "REFUSED"


class LoadFailed(Broken):
    """The warehouse did not and will not load the run: the only error that may end a run in LOADING."""

    code = "LOAD_FAILED"


class ContractChanged(Broken):
    """A deployment changed or removed the contract while one of its runs was not finished."""

    code = "CONTRACT_CHANGED"


class ContractError(LandfallError):
    """One or more contracts are faulty; `faults` lists each one as 'file: key: fault and fix'."""

    code = "CONTRACT"

    def __init__(self, faults: list[str]) -> None:
        self.faults = [visible(fault) for fault in faults]
        super().__init__("; ".join(self.faults))
        self.message = "\n".join(self.faults)
        self.args = (self.message,)
