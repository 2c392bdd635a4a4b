"""`landfall up` and `down`: the local stack."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landfall.choices import chooses_machine, chooses_rule
from landfall.faults import absent, usage
from landfall.remote.deployment import ROOT, state_dir
from landfall.screen import print_json, print_lines, seconds
from local.options import CONTRACTS, Options
from local.processes import StartError
from local.record import Record
from local.stack import Stack, where


def the_stack(options: Options | None = None) -> Stack:
    return Stack(ROOT, state_dir(), options=options or chosen(os.environ))


def chosen(env: Mapping[str, str]) -> Options:
    """Return the options that the environment names. Raises CommandError."""
    try:
        own = env.get(CONTRACTS, "")
        return Options(contracts=own, step_functions=chooses_machine(env), by_rule=chooses_rule(env))
    except ValueError as fault:
        raise usage(str(fault)) from None


def up(*, as_json: bool) -> None:
    """Start the stack and leave it running. Raises CommandError."""
    began = time.monotonic()
    stack = the_stack()
    record = start(stack)
    if as_json:
        print_json(_facts(record))
        return
    print_lines(*where(stack.status()).split("\n"))
    print_lines(
        "", f"Ready after {seconds(time.monotonic() - began)}. Go on with:", "", *next_steps(record).split("\n")
    )


def start(stack: Stack) -> Record:
    """Start the stack. Raises CommandError."""
    try:
        return stack.up(lambda text: print_lines(*text.split("\n"), stderr=True))
    except StartError as error:
        raise absent(f"the local stack did not start: {error}") from None
    except KeyboardInterrupt:
        print_lines("Stopped: nothing of this start is left running.", stderr=True)
        raise


def down(*, as_json: bool) -> None:
    """Stop the stack and delete its state."""
    the_stack().down()
    print_json({"up": False}) if as_json else print_lines("The local stack is down.")


SAMPLE = """\
transaction_id,account_id,transaction_date,amount,currency,merchant,category
T1,42,2025-01-05,12.34,EUR,Corner shop,food
T2,42,2025-01-06,-7.50,EUR,Corner shop,refund
"""
"""Two rows that load; the README has the same."""

LOOK = "select * from landing.transactions"
CURL = 'curl -H "Authorization: Bearer $LANDFALL_TOKEN" $LANDFALL_API_URL'
"""A call of the route that is appended, for a shell in which `.landfall/env` is sourced."""


def next_steps(record: Record) -> str:
    """Return commands to try, ready to copy, for the current folder."""
    here = Path.cwd() == ROOT
    landfall = ".venv/bin/landfall" if here else shlex.quote(str(ROOT / ".venv/bin/landfall"))
    python = ".venv/bin/python" if here else shlex.quote(str(ROOT / ".venv/bin/python"))
    env = Path(record.files["env"])
    sourced = shlex.quote(str(env.relative_to(ROOT) if here and env.is_relative_to(ROOT) else env))
    make = "make" if here else f"make -C {shlex.quote(str(ROOT))}"
    return "\n".join(
        (
            f"cat > my-transactions.csv <<'EOF'\n{SAMPLE}EOF",
            f"{landfall} check my-transactions.csv    # check a file without loading it",
            f"{landfall} push my-transactions.csv --object transactions --wait",
            f"{landfall} status my-transactions.csv",
            f"{python} -m local query '{LOOK}'    # what is in the warehouse now",
            f"( . {sourced}; {CURL}/status/my-transactions.csv )    # the same from the API",
            f"{make} down    # stop, and delete all of it",
        )
    )


def _facts(record: Record) -> dict[str, Any]:
    return {
        "up": True,
        "api": record.ports.url("api"),
        "aws": record.ports.url("aws"),
        "bucket": record.names.bucket,
        "files": record.files,
    }
