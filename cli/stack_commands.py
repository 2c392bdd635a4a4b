"""`landfall up` and `down`: the local stack."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from cli.deployment import ROOT, state_dir
from cli.faults import absent
from cli.screen import seconds
from local.options import Options
from local.processes import StartError
from local.record import Record
from local.stack import Stack, where


def the_stack(options: Options | None = None) -> Stack:
    return Stack(ROOT, state_dir(), options=options or Options())


def up(*, as_json: bool) -> None:
    """Start the stack and leave it running. Raises CommandError."""
    began = time.monotonic()
    stack = the_stack()
    record = start(stack)
    if as_json:
        print(json.dumps(_facts(record)))
        return
    print(where(stack.status()))
    print(f"\nReady after {seconds(time.monotonic() - began)}. Go on with:\n{next_steps(record)}")


def start(stack: Stack) -> Record:
    """Raises CommandError."""
    try:
        return stack.up(lambda text: print(text, file=sys.stderr, flush=True))
    except StartError as error:
        raise absent(f"the local stack did not start: {error}") from None


def down(*, as_json: bool) -> None:
    """Stop it and forget its state."""
    the_stack().down()
    print(json.dumps({"up": False}) if as_json else "The local stack is down.")


def next_steps(record: Record) -> str:
    """What to try, ready to be copied."""
    url = record.ports.url("api")
    tokens = Path(record.files["tokens"])
    tokens_shown = tokens.relative_to(ROOT) if tokens.is_relative_to(ROOT) else tokens
    read = f"python3 -c \"import json; print(json.load(open('{tokens_shown}'))['operator'])\""
    return "\n".join(
        (
            "  landfall=.venv/bin/landfall",
            "  $landfall check my.csv                                        # what would become of a file",
            "  $landfall push my.csv --object transactions --wait            # load it",
            "  $landfall status my.csv; $landfall rejects my.csv --out fix.csv",
            f'  auth="Authorization: Bearer $({read})"',
            f'  curl -H "$auth" {url}/status/my.csv',
            f'  curl -H "$auth" "{url}/runs?object=transactions"',
            f'  curl -H "$auth" -X POST {url}/runs/transactions              # run again what failed or was rejected',
            "  make down                                                     # stop, and forget all of it",
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
