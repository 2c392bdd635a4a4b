"""`python -m local up|down|status|kill|restart|in-flight|query`: the local stack without the CLI."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

from landfall.screen import discard
from local.options import Options
from local.processes import StartError
from local.stack import Stack, where
from local.warehouse import query

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the command and return its exit code. `status` returns 1 if the stack is not up."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Landfall's local stack")
    parser.add_argument("what", choices=["up", "down", "status", "kill", "restart", "in-flight", "query"])
    parser.add_argument("sql", nargs="?", default="", help="with query: the statement to run; rows are printed as CSV")
    parser.add_argument("--state", default=".landfall", help="state directory")
    parser.add_argument("--app", default="", help="project directory of the Chalice app")
    parser.add_argument("--contracts", default="", help="folder of contracts that replace those of the app")
    parser.add_argument("--api-port", type=int, default=0)
    parser.add_argument("--no-warehouse", action="store_true")
    args = parser.parse_args()
    if bool(args.sql) != (args.what == "query"):
        parser.error("query takes a statement, and no other command takes one")
    options = Options(
        app_dir=args.app, contracts=args.contracts, api_port=args.api_port, warehouse=not args.no_warehouse
    )
    stack = Stack(ROOT, args.state, options=options)
    try:
        return _query(stack, args.sql) if args.what == "query" else _do(stack, args.what)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def _do(stack: Stack, what: str) -> int:
    match what:
        case "up":
            stack.up(_print)
        case "down":
            stack.down()
            _print("The local stack is down.")
            return 0
        case "kill":
            stack.kill_worker()
        case "restart":
            stack.restart(_print)
        case "in-flight":
            _print(json.dumps(stack.in_flight(), indent=2))
            return 0
    status = stack.status()
    _print(where(status))
    return 0 if status.up or what == "kill" else 1


def _query(stack: Stack, sql: str) -> int:
    record = stack.status().record
    if record is None or not record.warehouse:
        raise StartError("the local stack has no warehouse: `make up` starts one")
    try:
        csv.writer(sys.stdout).writerows(query(record.warehouse, sql))
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    return 0


def _print(text: str) -> None:
    """Print lines at once. A reader that has left (`... | head`) stops no command in the middle of its work."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        discard(sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
