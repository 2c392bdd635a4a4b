"""How a command ends: exit codes that a script can use, and one clear sentence when something is wrong."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import ParamSpec

import typer

from landfall.screen import discard, say

P = ParamSpec("P")


class ExitCode(IntEnum):
    """docs/reference/cli.md lists them; a test keeps it so."""

    OK = 0  # done, and what was asked about is good
    BAD = (
        1  # done, and what was asked about is bad: rejects over the limit, a run FAILED or REJECTED, books that differ
    )
    USAGE = 2  # the call is wrong: an option, a contract, a file that no contract can be guessed for
    ABSENT = 3  # what is needed is not there: a file, a deployment, a run; or it does not answer


class CommandError(Exception):
    """Ends a command with one sentence on stderr, and a line for each detail."""

    def __init__(self, message: str, code: ExitCode, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = details


def usage(message: str) -> CommandError:
    return CommandError(message, ExitCode.USAGE)


def absent(message: str) -> CommandError:
    return CommandError(message, ExitCode.ABSENT)


def guarded(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """A command whose result is its exit code and whose faults are told, without a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        code = ExitCode.OK
        try:
            code = command(*args, **kwargs) or ExitCode.OK
            sys.stdout.flush()
        except BrokenPipeError:  # `landfall ... | head` has seen enough; what was to be done is done
            discard(sys.stdout)
        except CommandError as fault:
            say(f"landfall: {fault.message}", *(f"  {detail}" for detail in fault.details), stderr=True)
            code = fault.code
        raise typer.Exit(int(code))

    return run
