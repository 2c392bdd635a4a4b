"""The demo with small files, then every command against the stack it leaves up: as programs, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[str]
Landfall = Callable[..., Done]


@pytest.fixture(scope="module")
def landfall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landfall]:
    state = tmp_path_factory.mktemp("state")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LANDFALL_", "AWS_"))}

    def run(*arguments: str | Path) -> Done:
        return subprocess.run(
            [Path(sys.executable).with_name("landfall"), *arguments],
            env={**env, "LANDFALL_STATE_DIR": str(state)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    yield run
    assert run("down").returncode == 0
    assert run("status").returncode == 3


def test_the_demo_balances_and_its_stack_serves_every_command(landfall: Landfall, tmp_path: Path) -> None:
    demo = landfall("demo", "--rows", "5000", "--sf", "0.005", "--keep", "--json")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    books = json.loads(demo.stdout)
    assert books["differences"] == []
    assert [file["state"] for file in books["files"]] == ["LOADED"] * 4 + ["REJECTED"]
    assert all(file["balanced"] for file in books["files"])

    own = tmp_path / "my own.csv"
    own.write_text(
        "amount,transaction_id,account_id,transaction_date,currency\n"
        + "".join(f"{n}.5,M{n},1,2025-01-05,EUR\n" for n in range(50))
        + "=1+1,M99,1,2025-01-05,EUR\n"
    )
    pushed = landfall("push", own, "--object", "transactions", "--wait", "--json")
    assert pushed.returncode == 0, pushed.stderr
    rows = json.loads(pushed.stdout)["rows"]
    assert (rows["read"], rows["inserted"], rows["rejected"]) == (51, 50, 1)
    again = landfall("push", own, "--object", "transactions", "--wait", "--json")
    assert json.loads(again.stdout)["run_id"] == json.loads(pushed.stdout)["run_id"]

    fix = tmp_path / "fix.csv"
    assert landfall("rejects", "my own.csv", "--out", fix).returncode == 0
    assert "'=1+1,M99" in fix.read_text(encoding="utf-8-sig")
    assert landfall("status", "wrong_header.csv").returncode == 1
    rerun = landfall("rerun", "transactions", "--json")
    assert [run["file"] for run in json.loads(rerun.stdout)["runs"]] == ["incoming/transactions/wrong_header.csv"]
    assert landfall("status", "wrong_header.csv", "--wait").returncode == 1
    doctor = landfall("doctor", "--deployment", "--json")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert {look["name"]: look["result"] for look in json.loads(doctor.stdout)["looks"]} == dict.fromkeys(
        ("health", "token", "lands", "loaded", "rejects", "notified", "target", "undone"), "ok"
    )
    assert landfall("migrate").stdout == "nothing to do\n"
