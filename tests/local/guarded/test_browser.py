"""A page of another origin, in a real browser, against the running stack: `make browser`."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.local.guarded.attacker import CREATE, Attacker
from tests.local.guarded.conftest import SERVERS, Site

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = next((found for found in map(shutil.which, NAMES) if found), "")
SECONDS = 240.0

MISSING = "no Chromium on this machine: install it (Debian: apt-get install chromium)"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason=MISSING)]

INVOKE = "/2015-03-31/functions/sample-local-on_call/invocations"
SQL = json.dumps({"WorkgroupName": "local", "Database": "dev", "Sql": "create table evil (n int)"})
ASKED = {
    "aws": ("/2015-03-31/functions", json.dumps(CREATE), {"Content-Type": "application/json"}),
    "worker": (INVOKE, '{"evil": true}', {"Content-Type": "application/json"}),
    "redshift_data": ("/", SQL, {"X-Amz-Target": "RedshiftData.ExecuteStatement"}),
    "api": ("/hello/evil", "{}", {"Authorization": "Bearer x"}),
    "redshift_wire": ("/", "select 1", {}),
}


def _command(folder: Path, url: str, *more: str) -> list[str]:
    """Headless, with an empty profile; every name in .example is this machine, as after DNS rebinding."""
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    named = [f"--user-data-dir={folder}", "--host-resolver-rules=MAP *.example 127.0.0.1"]
    return [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-sync", *quiet, *named, *more, url]


@contextmanager
def _browser(folder: Path, url: str) -> Iterator[None]:
    """A browser that shows the page."""
    command = _command(folder, url)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    family = psutil.Process(child.pid)
    try:
        yield
    finally:
        everyone = [family, *family.children(recursive=True)] if family.is_running() else []
        for process in everyone:
            if process.is_running():
                process.kill()
        psutil.wait_procs(everyone, timeout=10)
        child.wait(10)


def _attacked(folder: Path, targets: list[dict[str, Any]], host: str) -> Attacker:
    attacker = Attacker()
    server = attacker.serve()
    port = server.server_address[1]
    other = f"http://{'localhost' if host == '127.0.0.1' else '127.0.0.1'}:{port}"  # another origin than the page's
    control = {"name": "control", "url": other, "path": "/style", "body": "{}", "headers": {"x-a": "b"}}
    attacker.targets = [*targets, control]
    try:
        with _browser(folder, f"http://{host}:{port}/"):
            assert attacker.done.wait(SECONDS), "the page did not come to its end"
    finally:
        server.shutdown()
        server.server_close()
    return attacker


def _held(site: Site) -> dict[str, Any]:
    """What an attack would have changed."""
    statements = site.client("redshift-data").list_statements()["Statements"]
    return {
        "functions": sorted(found["FunctionName"] for found in site.client("lambda").list_functions()["Functions"]),
        "queues": site.client("sqs").list_queues()["QueueUrls"],
        "buckets": [bucket["Name"] for bucket in site.client("s3").list_buckets()["Buckets"]],
        "calls": {name: count["calls"] for name, count in site.stack.in_flight().items()},
        "statements": [one["QueryString"] for one in statements],
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.example"])
def test_a_page_of_another_origin_gets_nothing_through(site: Site, tmp_path: Path, host: str) -> None:
    targets = [
        {"name": name, "url": f"http://127.0.0.1:{site.port(name)}", "path": path, "body": body, "headers": headers}
        for name, (path, body, headers) in ASKED.items()
    ]
    before, started = _held(site), time.monotonic()
    attacker = _attacked(tmp_path / "profile", targets, host)
    print(f"{len(attacker.read)} attacks from {host} in {time.monotonic() - started:.1f} s")
    assert {name: got for name, got in attacker.read.items() if got and not name.startswith("control")} == {}
    assert _held(site) == before
    assert len(attacker.read) == 19 * (len(SERVERS) + 2)
    assert attacker.read["control simple post"] == "200secret", "the attacks work where there is no guard"
    assert {"simple post", "own headers", "put", "delete", "get", "style", "rebound"} <= {
        name.removeprefix("control ") for name, got in attacker.read.items() if got and name.startswith("control ")
    }
    assert {("POST", "/style"), ("OPTIONS", "/style"), ("DELETE", "/style"), ("GET", "/style")} <= set(attacker.reached)


def test_a_name_that_was_pointed_at_loopback_is_no_way_to_read(site: Site, tmp_path: Path) -> None:
    """DNS rebinding: for the browser it is the page's own origin, which may read whatever it is answered."""
    at = f"{site.port('api')}/hello/evil"
    typed = subprocess.run(
        _command(tmp_path, f"http://127.0.0.1:{at}", "--dump-dom"), capture_output=True, text=True, check=True
    )
    assert "evil" in typed.stdout, "an address that a person types is answered"
    rebound = subprocess.run(
        _command(tmp_path, f"http://rebound.example:{at}", "--dump-dom"), capture_output=True, text=True, check=False
    )
    assert "evil" not in rebound.stdout
