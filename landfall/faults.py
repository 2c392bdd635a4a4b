"""The end of a command: an exit code for scripts, and one clear sentence if something is wrong."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import ParamSpec

import typer

from landfall.screen import discard, print_lines

P = ParamSpec("P")


class ExitCode(IntEnum):
    """docs/reference/cli.md lists them; a test compares both."""

    OK = 0  # done, and the result is good
    BAD = 1  # done, and the result is bad: rejects over the limit, a run FAILED or REJECTED, books that differ
    USAGE = 2  # the call is wrong: an option, a contract, a file whose contract cannot be guessed
    ABSENT = 3  # something needed is absent or does not answer: a file, a deployment, a run


class CommandError(Exception):
    """Ends a command with one sentence on stderr, and a line for each detail."""

    def __init__(self, message: str, code: ExitCode, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = details

    def __str__(self) -> str:
        """Return all of it, for a caller in Python."""
        return "\n  ".join([self.message, *self.details])


def usage(message: str) -> CommandError:
    return CommandError(message, ExitCode.USAGE)


def absent(message: str) -> CommandError:
    return CommandError(message, ExitCode.ABSENT)


def guarded(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Wrap a command: exit with the code that it returns, and print its faults without a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        code = ExitCode.OK
        try:
            code = command(*args, **kwargs) or ExitCode.OK
            sys.stdout.flush()
        except BrokenPipeError:  # the reader of `landfall ... | head` has left; the work is done
            discard(sys.stdout)
        except CommandError as fault:
            print_lines(f"landfall: {fault.message}", *(f"  {detail}" for detail in fault.details), stderr=True)
            code = fault.code
        raise typer.Exit(int(code))

    return run
