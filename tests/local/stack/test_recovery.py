"""`kill -9` of the worker loses nothing: what it had comes back, what it could not be given waits."""

from __future__ import annotations

import time

from tests.local.stack.conftest import SAMPLE, World


def test_messages_of_a_killed_worker_come_back(world: World) -> None:
    bodies = {f"kill-{n}" for n in range(20)}
    for body in sorted(bodies):
        world.send(world.record.names.chunk_queue, body)
    while world.stack.in_flight()["on_chunk"]["running"] < 10:
        time.sleep(0.01)
    world.stack.kill_worker()
    assert world.stack.status().alive["worker"] is False
    world.stack.restart_worker()
    until = time.monotonic() + SAMPLE.visibility_seconds + 15
    while not bodies <= {n["body"] for n in world.told("chunk")}:
        assert time.monotonic() < until
        time.sleep(0.1)
    attempts = {n["body"]: n["attempt"] for n in world.told("chunk", lambda n: n["body"] in bodies)}
    assert sorted(attempts.values()) == [1] * 10 + [2] * 10, "the ten that were running were tried again"


def test_an_undelivered_message_waits_and_costs_no_attempt(world: World) -> None:
    world.stack.kill_worker()
    world.send(world.record.names.run_queue, "waited")
    world.put("incoming/down.csv")
    time.sleep(SAMPLE.visibility_seconds / 2)
    world.stack.restart_worker()
    first, *_ = world.wait("run", lambda n: n["body"] == "waited")
    assert first["attempt"] == 1
    world.wait("landed", lambda n: "down" in n["object"]["key"])


def test_a_restart_renews_the_worker_and_the_api_alone(world: World) -> None:
    before = {proc.name: proc.pid for proc in world.stack.up().processes}
    after = {proc.name: proc.pid for proc in world.stack.restart().processes}
    assert {name for name in before if before[name] != after[name]} == {"worker", "api"}
    assert world.stack.status().up
