"""`python -m local.redshift`: runs the local Redshift as a separate process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from pathlib import Path

from local.access.signatures import Credentials
from local.redshift.requests import ADMINISTRATOR
from local.redshift.server import LocalRedshift


def main() -> None:
    os.umask(0o077)
    given = _arguments()
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    given.ready_file.unlink(missing_ok=True)
    redshift = LocalRedshift(
        given.data,
        s3_endpoint=given.s3_endpoint,
        events_endpoint=given.events_endpoint,
        api_port=given.api_port,
        wire_port=given.wire_port,
        credentials=Credentials.from_env(os.environ),
    )
    with redshift:
        _write_ready(redshift, given.ready_file)
        while not stopping.wait(1):  # wakes up regularly, so that signals are handled on every platform
            pass
        given.ready_file.unlink(missing_ok=True)
    os._exit(0)  # everything is stopped; a thread that still hangs on S3 must not keep the process


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.redshift", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the database")
    parser.add_argument("--api-port", type=int, default=0, help="port of the Data API, 0 for a free one")
    parser.add_argument("--wire-port", type=int, default=0, help="port for database clients, 0 for a free one")
    parser.add_argument("--s3-endpoint", required=True, help="S3 for COPY, on this machine")
    parser.add_argument("--events-endpoint", default=None, help="EventBridge for WithEvent, on this machine")
    parser.add_argument("--ready-file", type=Path, required=True, help="written when everything is up")
    return parser.parse_args()


def _write_ready(redshift: LocalRedshift, path: Path) -> None:
    """Write the file aside and rename it: a reader sees all or nothing. Only its owner may read the password."""
    where = {
        "pid": os.getpid(),
        "api_url": redshift.api_url,
        "wire_host": redshift.wire_host,
        "wire_port": redshift.wire_port,
        "database": redshift.database,
        "user": redshift.user,
        "password": redshift.password,
        "dsn": redshift.dsn,
        "secret_arn": ADMINISTRATOR,
        "loader_login": redshift.loader_login,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(where, out)
    making.replace(path)


if __name__ == "__main__":
    main()
