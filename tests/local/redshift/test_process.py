"""The process: ready file, stop, restart on the same data, recovery after kill -9."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.access.signatures import Credentials
from local.redshift import LocalRedshift
from local.redshift.endpoints import NotLoopbackError
from local.redshift.postgres import PostgresError
from tests.support.redshift.desk import Desk, data_client
from tests.support.redshift.outside import Outside

CREDENTIALS = Credentials.fresh()


def _started(folder: Path, outside: Outside) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "local.redshift", "--data", str(folder / "data"), "--s3-endpoint", outside.url]
    command += ["--events-endpoint", outside.url, "--ready-file", str(ready)]
    keys = {"AWS_ACCESS_KEY_ID": CREDENTIALS.access_key, "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret}
    process = subprocess.Popen(command, env={**os.environ, **keys})
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if ready.is_file() and (reported := json.loads(ready.read_text()))["pid"] == process.pid:
            return process, reported
        time.sleep(0.02)
    process.kill()
    raise AssertionError("not ready after 30 s")


def _desk(reported: dict[str, Any], outside: Outside, redshift: Any = None) -> Desk:
    return Desk(redshift=redshift, outside=outside, api=data_client(reported["api_url"], CREDENTIALS))


def test_data_survives_a_stop_and_a_kill(reachable: Path, outside: Outside) -> None:
    folder = reachable / "process"
    folder.mkdir()
    process, reported = _started(folder, outside)
    desk = _desk(reported, outside)
    desk.ok("create table kept (n int)")
    desk.ok("insert into kept values (1)")
    postgres = psutil.Process(process.pid).children()[0].pid
    desk.submit("insert into kept values (2)", "select pg_sleep(60)")
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)

    process, reported = _started(folder, outside)
    assert not psutil.pid_exists(postgres) or psutil.Process(postgres).status() == psutil.STATUS_ZOMBIE
    assert _desk(reported, outside).rows("select n from kept") == [[1]]
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not (folder / "ready.json").exists()
    assert not psutil.wait_procs(children, timeout=5)[1]

    with LocalRedshift(folder / "data", s3_endpoint=outside.url, credentials=CREDENTIALS) as again:
        assert _desk({"api_url": again.api_url}, outside, again).rows("select n from kept") == [[1]]
        with pytest.raises(PostgresError, match="another local Redshift"):
            LocalRedshift(folder / "data", s3_endpoint=outside.url).start()


def test_a_copy_that_hangs_on_s3_does_not_keep_the_process(reachable: Path, outside: Outside) -> None:
    folder = reachable / "hanging"
    folder.mkdir()
    process, reported = _started(folder, outside)
    desk = _desk(reported, outside)
    desk.ok("create table hangs (n int)")
    outside.put("files/hangs", "1\n")
    gate = outside.gates["files/hangs"] = threading.Event()
    desk.submit("copy hangs from 's3://files/hangs' iam_role default csv", "select 1")
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    gate.set()


def test_only_endpoints_of_this_machine(reachable: Path) -> None:
    with pytest.raises(NotLoopbackError):
        LocalRedshift(reachable / "never", s3_endpoint="https://s3.eu-west-1.amazonaws.com")
    with pytest.raises(NotLoopbackError):
        LocalRedshift(reachable / "never", s3_endpoint="http://127.0.0.1:1", events_endpoint="http://10.0.0.1:80")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_folder_that_nobody_reaches(tmp_path: Path, outside: Outside) -> None:
    tmp_path.chmod(0o700)
    for _ in range(2):
        with LocalRedshift(tmp_path / "data", s3_endpoint=outside.url, credentials=CREDENTIALS) as redshift:
            desk = _desk({"api_url": redshift.api_url}, outside, redshift)
            desk.ok("create table if not exists here (n int)")
            desk.ok("insert into here values (1)")
            count = desk.rows("select count(*) from here")
    assert count == [[2]]
    shutil.rmtree((tmp_path / "data" / "elsewhere").read_text())
