"""Another user of the machine gets nothing of the stack: no file, no answer, no login."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.local.guarded.conftest import SERVERS, Site

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user of this machine")

READ = """
import os, sys
found = []
for top in sys.argv[1:]:
    try:
        open(top).read()
        found.append(top)
    except OSError:
        pass
    for root, folders, files in os.walk(top):
        found += [root]
        found += [os.path.join(root, name) for name in files if os.access(os.path.join(root, name), os.R_OK)]
print("\\n".join(found))
"""
ASK = """
import http.client, json, sys
answers = []
asked = (("GET", "/"), ("POST", "/"), ("GET", "/functions"), ("GET", "/_ministack/health"), ("GET", "/health"),
         ("POST", "/2015-03-31/functions"), ("GET", "/landfall-landing"))
for port in json.loads(sys.argv[1]):
    for method, path in asked:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path, b"{}" if method == "POST" else None,
                           {"Authorization": "AWS4-HMAC-SHA256 Credential=landfall-local/x/y/z/aws4_request, "
                                             "SignedHeaders=host, Signature=" + "0" * 64})
        answer = connection.getresponse()
        answers.append([port, method, path, answer.status, answer.read().decode()])
        connection.close()
print(json.dumps(answers))
"""
MEMORY = """
import os, sys
for pid in sys.argv[1:]:
    for name in ("environ", "mem", "fd", "cwd", "maps"):
        try:
            path = f"/proc/{pid}/{name}"
            os.listdir(path) if name in ("fd", "cwd") else open(path, "rb").read(1)
            print(path)
        except OSError:
            pass
    try:
        os.kill(int(pid), 0)
        print("may signal", pid)
    except OSError:
        pass
"""
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else "python3"


def _as_nobody(script: str, *arguments: object) -> str:
    who = pwd.getpwnam("nobody")
    done = subprocess.run(
        [PYTHON, "-c", script, *map(str, arguments)],
        user=who.pw_uid,
        group=who.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    if "No such file" in done.stderr or ("Permission denied" in done.stderr and not done.stdout):
        pytest.skip(f"nobody can run no Python here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def _homes(site: Site) -> list[Path]:
    """Where the warehouse's files are, in the state folder or elsewhere."""
    pointer = site.stack.paths.warehouse / "elsewhere"
    return [Path(pointer.read_text())] if pointer.is_file() else []


def test_he_reads_no_file_of_the_state_folder(site: Site) -> None:
    places = site.stack.paths
    files = [places.env, places.tokens, places.record, places.ports, places.warehouse_ready]
    sockets = list(Path("/var/tmp").glob("landfall-socket-*"))
    assert sockets, "there is one to try"
    assert _as_nobody(READ, places.state, *files, places.logs, places.warehouse, *_homes(site), *sockets).split() == []
    for path in (places.state, *places.state.rglob("*")):
        kept = path.lstat().st_mode & 0o077
        assert not kept or path.is_symlink() or places.scratch in path.parents, f"{path} {kept:o}"


def test_each_port_gives_him_nothing(site: Site) -> None:
    ports = [site.port(server) for server in SERVERS if server != "api"]
    for port, method, path, status, body in json.loads(_as_nobody(ASK, json.dumps(ports))):
        assert (status, body) == (403, ""), f"{port} {method} {path}"


def test_the_database_does_not_know_him(site: Site) -> None:
    """Not even where PostgreSQL might take a user of the system for one of its own: the port has passwords alone."""
    import psycopg

    at = site.record.warehouse
    for user in ("nobody", "awsuser", "landfall_manager", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=at["wire_port"], user=user, dbname="dev", connect_timeout=5)


def test_he_owns_no_process_and_looks_into_none(site: Site) -> None:
    family = [psutil.Process(proc.pid) for proc in site.record.processes]
    family += [child for process in list(family) for child in process.children(recursive=True)]
    nobody = pwd.getpwnam("nobody").pw_uid
    assert [process for process in family if nobody in process.uids()] == []
    assert _as_nobody(MEMORY, *(process.pid for process in family)).split("\n") == [""]


def test_a_process_shows_no_secret_in_its_arguments(site: Site) -> None:
    secrets = [site.record.credentials.secret, site.record.credentials.token, str(site.record.warehouse["password"])]
    secrets += json.loads(site.stack.paths.tokens.read_text()).values()
    for process in (psutil.Process(proc.pid) for proc in site.record.processes):
        for one in (process, *process.children(recursive=True)):
            said = " ".join(one.cmdline())
            assert [secret for secret in secrets if secret in said] == []
    logs = "".join(path.read_text(errors="replace") for path in site.stack.paths.logs.glob("*.log"))
    assert [secret for secret in secrets if secret in logs] == []
