"""A stack starts, is found again, stops, and leaves alone what is not its own."""

from __future__ import annotations

import socket
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from local import processes
from local.__main__ import main
from local.environment import shell_lines, whole
from local.launch import Launch, free_or_other
from local.options import Options, StackPaths
from local.processes import StartError, free_ports, port_is_free
from local.record import Ports, Record
from local.safety import NotLocalError, check_loopback
from local.stack import Stack, where
from local.warehouse import contracts_of, query
from tests.local.stack.conftest import REPO, SAMPLE, RunningStack

GOOD = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def test_starting_again_changes_nothing(running: RunningStack) -> None:
    before = running.stack.status().record
    assert running.stack.up() == before
    assert where(running.stack.status()).startswith("The local stack is up")


def test_another_stack_runs_beside_it_and_goes_without_a_trace(running: RunningStack, tmp_path: Path) -> None:
    other = Stack(REPO, tmp_path / "other", options=replace(SAMPLE, api=False))
    record = other.up()
    try:
        assert set(vars(record.ports).values()).isdisjoint(vars(running.record.ports).values())
        processes.kill(record.process("ministack"))
        assert not other.status().up
        said: list[str] = []
        again = other.up(said.append)
        assert "ministack was not running any more: what the stack held is lost" in said[0]
        assert again.ports == record.ports, "a shell that knows the addresses can go on"
        assert other.status().up
        assert {p.pid for p in again.processes}.isdisjoint({p.pid for p in record.processes})
        assert not processes.alive(record.process("worker")), "what was left of the first was stopped"
    finally:
        other.down()
    assert other.status().record is None
    assert not any(processes.alive(p) for p in again.processes)
    assert port_is_free(again.ports.aws)
    assert sorted(p.name for p in (tmp_path / "other").iterdir()) == ["lock", "logs", "ports.json"]
    assert running.stack.status().up


@pytest.mark.parametrize("names", [["worker"], ["api"], ["worker", "api"]])
def test_what_keeps_nothing_is_started_again_and_the_rest_stays(running: RunningStack, names: list[str]) -> None:
    running.put("kept/as-it-is.csv")
    before = running.stack.status().record
    assert before
    for name in names:
        processes.kill(before.process(name))
    said: list[str] = []
    after = running.stack.up(said.append)
    assert running.stack.status().up
    assert len(said) == 1
    assert "the rest stays as it is" in said[0]
    assert (after.ports, after.process("ministack")) == (before.ports, before.process("ministack"))
    assert {n for n in ("worker", "api") if after.process(n) != before.process(n)} == set(names)
    running.client("s3").head_object(Bucket=running.record.names.bucket, Key="kept/as-it-is.csv")
    assert running.stack.up(said.append) == after
    assert len(said) == 1


def test_a_start_that_is_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Launch, "wait_worker", interrupted)
    stack = Stack(REPO, tmp_path, options=replace(SAMPLE, api=False))
    with pytest.raises(KeyboardInterrupt):
        stack.up()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lock", "logs", "ports.json"]


def test_a_port_that_somebody_else_has_is_replaced() -> None:
    names = [field.name for field in fields(Ports)]
    last = Ports(**dict(zip(names, free_ports(5), strict=True)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", last.api))
        taken.listen()
        found = free_or_other(last)
    assert found.api != last.api
    assert replace(found, api=last.api) == last


def test_an_app_that_does_not_load_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import no_such_module_anywhere\n")
    stack = Stack(REPO, tmp_path / "state", options=Options(app_dir=str(tmp_path), warehouse=False, api=False))
    with pytest.raises(StartError, match=r"(?s)worker ended while starting.*No module named 'no_such"):
        stack.up()
    assert stack.status().record is None


def test_a_taken_port_is_named(tmp_path: Path, running: RunningStack) -> None:
    stack = Stack(REPO, tmp_path, options=replace(SAMPLE, api_port=running.record.ports.api))
    with pytest.raises(StartError, match=f"port {running.record.ports.api} is taken"):
        stack.up()


def test_only_the_recorded_process_is_signalled(running: RunningStack) -> None:
    worker = running.stack.status().record.process("worker")  # type: ignore[union-attr]
    for other in (replace(worker, born=worker.born - 60), replace(worker, command=("something", "else"))):
        processes.kill(other)
        processes.stop([other])
    assert processes.alive(worker)


def test_the_record_reads_as_it_was_written(running: RunningStack) -> None:
    assert Record.read(running.stack.paths.record) == running.stack.status().record
    assert Record.read(running.stack.paths.state / "nothing") is None


def test_a_stack_needs_no_more_than_a_root(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    assert stack.options == Options()
    assert stack.paths.state == tmp_path / ".landfall"
    assert where(stack.status()) == "The local stack is not up."
    with pytest.raises(StartError, match="not up"):
        stack.kill_worker()


def test_every_fault_of_every_contract_is_named(tmp_path: Path) -> None:
    assert contracts_of(tmp_path) == {}
    place = tmp_path / "chalicelib" / "contracts"
    place.mkdir(parents=True)
    for name in ("one", "two"):
        (place / f"{name}.toml").write_text(f'name = "{name}"\n')
    with pytest.raises(StartError, match=r"(?s)contract at fault:\none\.toml: .*\ntwo\.toml: "):
        contracts_of(tmp_path)


def test_a_warehouse_that_is_away_is_an_error_in_a_sentence() -> None:
    (port,) = free_ports(1)
    there = {"wire_host": "127.0.0.1", "wire_port": port, "database": "dev", "user": "me", "password": "-"}
    with pytest.raises(StartError, match="the warehouse: "):
        list(query(there, "select 1"))


@pytest.mark.parametrize("words", [["query"], ["restart", "select 1"]])
def test_a_statement_goes_with_query_and_with_nothing_else(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["local", *words])
    with pytest.raises(SystemExit):
        main()
    assert "query takes a statement" in capsys.readouterr().err


def test_free_ports_are_distinct() -> None:
    assert len(set(free_ports(20))) == 20


def test_an_environment_that_stays_here_is_let_through() -> None:
    check_loopback({**GOOD, "AWS_ENDPOINT_URL_S3": "http://localhost:1"})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"AWS_ENDPOINT_URL": ""}, "AWS_ENDPOINT_URL is not set"),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"}, "not on this machine"),
        ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1.example.com"}, "not on this machine"),
        ({"AWS_ENDPOINT_URL_SQS": ""}, "AWS_ENDPOINT_URL_SQS is , which"),
        ({"AWS_PROFILE": "work"}, "AWS_PROFILE must not be set"),
        ({"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID is not set"),
    ],
)
def test_an_environment_that_could_reach_the_real_aws_is_refused(change: dict[str, str], fault: str) -> None:
    with pytest.raises(NotLocalError, match=fault):
        check_loopback({**GOOD, **change})


def test_the_user_s_own_aws_stays_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("LANDFALL_BUCKET", "theirs")
    env = whole({"LANDFALL_TABLE": "ours"}, StackPaths(root=tmp_path, state=tmp_path))
    assert "AWS_PROFILE" not in env
    assert "LANDFALL_BUCKET" not in env
    assert not Path(env["AWS_SHARED_CREDENTIALS_FILE"]).exists()
    assert env["LANDFALL_TABLE"] == "ours"


def test_the_environment_can_be_sourced() -> None:
    assert shell_lines({"B": "it's", "A": "1"}) == "export A=1\nexport B='it'\"'\"'s'\n"
