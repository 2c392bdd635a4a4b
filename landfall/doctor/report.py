"""The report of `landfall doctor`: a list of looks, each with what was seen and how to fix it.

Guarantees that nothing is good by silence: a look that could not be made is a warning that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from landfall.faults import ExitCode
from landfall.screen import print_json, print_lines


class Result(StrEnum):
    """How a look ended."""

    OK = "ok"
    """What is needed is there."""
    WARN = "warn"
    """It could not be seen, or it may become a fault."""
    FAIL = "fail"
    """What is needed is missing."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One thing that was looked at."""

    name: str
    result: Result
    seen: str
    """What was found, as a sentence without its full stop."""
    fix: str = ""
    """What the operator can do. Every failure has one."""

    def __post_init__(self) -> None:
        if self.result is Result.FAIL and not self.fix:
            raise ValueError(f"the look {self.name} fails without a fix")

    def lines(self) -> Iterator[str]:
        """Yield the look for the operator."""
        yield f"{self.result:<4}  {self.name}: {self.seen}"
        if self.fix:
            yield f"      fix: {self.fix}"


def good(name: str, seen: str) -> Look:
    return Look(name=name, result=Result.OK, seen=seen)


def warning(name: str, seen: str, fix: str = "") -> Look:
    return Look(name=name, result=Result.WARN, seen=seen, fix=fix)


def failure(name: str, seen: str, fix: str) -> Look:
    return Look(name=name, result=Result.FAIL, seen=seen, fix=fix)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All looks of one call, in the order in which they were made."""

    looks: Sequence[Look]

    @property
    def code(self) -> ExitCode:
        """Exit code: bad if any look fails. Warnings are good."""
        return ExitCode.BAD if self._count(Result.FAIL) else ExitCode.OK

    def show(self, *, as_json: bool = False) -> ExitCode:
        """Print the report. Return the exit code."""
        if as_json:
            print_json(self.as_dict())
        else:
            print_lines(*(line for look in self.looks for line in look.lines()), self.summary())
        return self.code

    def summary(self) -> str:
        """Count the looks by result."""
        return ", ".join(f"{self._count(result)} {result}" for result in Result)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {"good": self.code is ExitCode.OK, "looks": [asdict(look) for look in self.looks]}

    def _count(self, result: Result) -> int:
        return sum(look.result is result for look in self.looks)
