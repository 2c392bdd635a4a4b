"""`kill -9` of the worker loses nothing: what it had comes back, what it could not be given waits."""

from __future__ import annotations

import time

from tests.local.stack.conftest import SAMPLE, RunningStack


def test_messages_of_a_killed_worker_come_back(running: RunningStack) -> None:
    bodies = {f"kill-{n}" for n in range(20)}
    for body in sorted(bodies):
        running.send(running.record.names.chunk_queue, body)
    until = time.monotonic() + 60
    while running.stack.in_flight()["on_chunk"]["running"] < 10:
        assert time.monotonic() < until, "ten chunks were never worked on at once"
        time.sleep(0.01)
    running.stack.kill_worker()
    assert running.stack.status().alive["worker"] is False
    running.stack.restart_worker()
    until = time.monotonic() + SAMPLE.visibility_seconds + 15
    while not bodies <= {n["body"] for n in running.noted("chunk")}:
        assert time.monotonic() < until
        time.sleep(0.1)
    attempts = {n["body"]: n["attempt"] for n in running.noted("chunk", lambda n: n["body"] in bodies)}
    assert sorted(attempts.values()) == [1] * 10 + [2] * 10, "the ten that were running were tried again"


def test_an_undelivered_message_waits_and_costs_no_attempt(running: RunningStack) -> None:
    running.stack.kill_worker()
    running.send(running.record.names.run_queue, "waited")
    running.put("incoming/down.csv")
    time.sleep(SAMPLE.visibility_seconds / 2)
    running.stack.restart_worker()
    first, *_ = running.wait("run", lambda n: n["body"] == "waited")
    assert first["attempt"] == 1
    running.wait("landed", lambda n: "down" in n["object"]["key"])


def test_a_restart_renews_the_worker_and_the_api_alone(running: RunningStack) -> None:
    before = {proc.name: proc.pid for proc in running.stack.up().processes}
    after = {proc.name: proc.pid for proc in running.stack.restart().processes}
    assert {name for name in before if before[name] != after[name]} == {"worker", "api"}
    assert running.stack.status().up
