"""Everything that can go wrong, as a tree whose type is the retry decision.

LandfallError
├── Retryable            the world may be better later: raise it, the message comes back after a pause
│   ├── Throttled        as above, and the service asked us to slow down
│   └── LoadStopped      the load was given up through no fault of the runs that it leaves behind
├── Rejected             the file is at fault: it is told to the people who sent it, nothing is merged
├── Broken               we or the platform are at fault, and trying again will not help
│   ├── SourceGone       the file was deleted before it was read
│   ├── SourceChanged    the file was overwritten while it was read: its newer version is another run
│   ├── WorkGone         what we had written of the file (plan, text, parts) was deleted before it was loaded
│   ├── Refused          a service said no for good (permission, malformed request)
│   ├── LoadFailed       the load ended without effect, and the ledger agrees that it had none
│   └── ContractChanged  the contract is not the one the file was planned by: plan it again by the new one
└── ContractError        contracts at fault, found at cold start, every fault at once

A message of these errors may hold names (objects, columns, files), counts and offsets. It never holds a row's value.
It is one line of printable text, whatever is in a name: it goes to logs, notices and terminals as it is.
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
    """Something outside did not answer, or not yet; the same step may be tried again as it is."""

    code = "RETRY"


class Throttled(Retryable):
    """A service asked for fewer requests."""

    code = "THROTTLED"


class LoadStopped(Retryable):
    """The load was given up through no fault of these runs: they wait for another, and nothing counts.

    One of its runs was cancelled, or whoever was refused the load did not go on.
    """

    code = "LOAD_STOPPED"


class Rejected(LandfallError):
    """The file cannot be loaded as it is; the message says what to fix in it."""

    code = "REJECTED"


class Broken(LandfallError):
    """Trying again will not help; a person has to look."""

    code = "BROKEN"


class SourceGone(Broken):
    """The landed object no longer exists."""

    code = "SOURCE_GONE"


class SourceChanged(Broken):
    """The landed object is no longer the version this run is about."""

    code = "SOURCE_CHANGED"


class WorkGone(Broken):
    """Something that was staged of the file is gone; run it again, and look for a lifecycle rule that is too short."""

    code = "WORK_GONE"


class Refused(Broken):
    """A service refused for good."""

    code = "REFUSED"


class LoadFailed(Broken):
    """The warehouse did not and will not load the run: the one error that may end a run in LOADING."""

    code = "LOAD_FAILED"


class ContractChanged(Broken):
    """A deployment changed or removed the contract while a run of it was on its way."""

    code = "CONTRACT_CHANGED"


class ContractError(LandfallError):
    """One or more contracts are faulty; `faults` lists every one as 'file: place: what and how to fix it'."""

    code = "CONTRACT"

    def __init__(self, faults: list[str]) -> None:
        self.faults = [visible(fault) for fault in faults]
        super().__init__("; ".join(self.faults))
        self.message = "\n".join(self.faults)
        self.args = (self.message,)
