"""What suppliers do, as functions that put files into a world."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from chalicelib.adapters.memory import Fate
from chalicelib.domain.run.model import RunState, Source
from chalicelib.errors import LandfallError
from chalicelib.operations.cancels import Ended, cancel
from chalicelib.operations.reruns import rerun
from tests.support.simulated.faults import Killed
from tests.support.simulated.outside import record_of
from tests.support.simulated.world import World

HEADER = "id,value,amount\n"
Scenario = Callable[[World], None]
STORY = "\nonce,upon,1\na,time,2\nthere,was,3\n"
"""Reads like three good records of the contract to whoever takes its first line for a record's."""
BAD = ("x1,y,notanumber", 'x2,5" long,3')


def text(rows: dict[str, str], bad: tuple[str, ...] = ()) -> bytes:
    return (HEADER + "".join(f"{key},{rest}\n" for key, rest in rows.items()) + "".join(f"{b}\n" for b in bad)).encode()


def numbered(count: int, *, tag: str = "v", base: int = 0) -> dict[str, str]:
    return {f"k{i + base}": f"{tag}{i},{i}" for i in range(count)}


def put(world: World, name: str, rows: dict[str, str], bad: tuple[str, ...] = (), *, event: bool = True) -> Source:
    return world.put(f"incoming/thing/{name}", text(rows, bad), rows, event=event)


def one_file(world: World) -> None:
    """One file of a few chunks."""
    put(world, "a.csv", numbered(12))


def bad_rows(world: World) -> None:
    """Some rows are bad."""
    put(world, "a.csv", numbered(8), ("x1,y,notanumber", ",no key,1"))


def all_bad(world: World) -> None:
    """Every row is bad: REJECTED."""
    put(world, "a.csv", {}, ("x1,y,notanumber", "x2,y,alsonot"))


def header_only(world: World) -> None:
    """No rows at all: a load of nothing."""
    put(world, "a.csv", {})


def empty(world: World) -> None:
    """Not even a header."""
    world.put("incoming/thing/a.csv", b"", {})


def wrong_header(world: World) -> None:
    """A column that nobody agreed on."""
    world.put("incoming/thing/a.csv", b"id,colour\n1,red\n", {})


def unrouted(world: World) -> None:
    """A key that no contract knows."""
    world.put("incoming/nobody/a.csv", text(numbered(2)), {})


def three_files(world: World) -> None:
    """Files that share keys: the newest wins, row by row."""
    for i in range(3):
        put(world, f"f{i}.csv", numbered(6, tag=f"f{i}-", base=i * 2))


def odd_name(world: World) -> None:
    """A key that must be decoded exactly once, in one notification with another."""
    odd = put(world, "a+b %2B ü&#.csv", numbered(3), event=False)
    other = put(world, "b.csv", numbered(3, base=3), event=False)
    world.notify({"Records": [record_of(odd), record_of(other)]})


def packed(world: World) -> None:
    """A gzip of two members, whatever its name, with a bad row."""
    rows = numbered(6)
    body = text(rows, ("x1,y,notanumber",))
    members = gzip.compress(body[:40], mtime=0) + gzip.compress(body[40:], mtime=0)
    world.put("incoming/thing/a.csv", members, rows)


def wide(world: World) -> None:
    """A file in UTF-16."""
    rows = numbered(5, tag="é")
    world.put("incoming/thing/a.csv", text(rows).decode().encode("utf-16"), rows)


def same_twice(world: World) -> None:
    """The same content again under the same key."""
    put(world, "a.csv", numbered(5))
    put(world, "a.csv", numbered(5))


def overwritten(world: World) -> None:
    """A key overwritten before it is read."""
    put(world, "a.csv", numbered(5, tag="old"))
    put(world, "a.csv", numbered(5, tag="new"))


def event_lost(world: World) -> None:
    """No notification: the sweep has to find it."""
    put(world, "a.csv", numbered(5), event=False)


def newer_event_lost(world: World) -> None:
    """A key overwritten without a notification: only its older content is heard of."""
    put(world, "a.csv", numbered(5, tag="old"))
    put(world, "a.csv", numbered(5, tag="new"), event=False)


def back_again(world: World) -> None:
    """A content that comes back after another one: the last put wins."""
    put(world, "a.csv", numbered(3, tag="a"))
    then(world, World.settled, lambda w: put(w, "a.csv", numbered(3, tag="b")))
    then(world, lambda w: w.settled() and len(w.runs.runs) == 2, lambda w: put(w, "a.csv", numbered(3, tag="a")))


def overwritten_late(world: World) -> None:
    """A key overwritten while its older content is being loaded."""
    put(world, "a.csv", numbered(3, tag="old"))
    then(
        world, lambda w: in_state(w, RunState.LOADING) or w.settled(), lambda w: put(w, "a.csv", numbered(3, tag="new"))
    )


def overwritten_between(world: World) -> None:
    """A key overwritten after its older content was copied to the archive, and before it is deleted."""
    put(world, "a.csv", numbered(3, tag="old"))
    world.meanwhile.append((_copied, lambda w: put(w, "a.csv", numbered(3, tag="new"))))


def _copied(world: World) -> bool:
    return any(key.startswith("archive/") for _, key in world.objects.objects)


def run_again(world: World) -> None:
    """A loaded file run again because somebody asked: from the archive, with a load id of its own."""
    put(world, "a.csv", numbered(6))
    then(world, World.settled, ask_again)


def corrected(world: World) -> None:
    """A load refused for good, then run again once the cause is corrected."""
    world.warehouse.fates.append(Fate.REFUSED)
    put(world, "a.csv", numbered(6))
    then(world, World.settled, ask_again)


def then(world: World, when: Callable[[World], bool], act: Scenario) -> None:
    world.later.append((when, act))


def in_state(world: World, state: RunState) -> bool:
    return any(run.state is state for run in world.runs.runs.values())


def ask_again(world: World) -> None:
    """What `POST /runs/<key>` does; who gets no answer asks again."""
    run = next(iter(world.runs.runs.values()))
    try:
        rerun(world.pipeline, run)
    except (LandfallError, Killed):
        asked = world.runs.runs[run.run_id].generation > run.generation
        world.later += [] if asked else [(World.settled, ask_again)]


def cancelled(world: World) -> None:
    """Runs that are cancelled in each state, some while a worker is at work on them, beside one that is not."""
    moments = (RunState.ARRIVED, RunState.STAGING, RunState.STAGED, RunState.LOADING)
    for state in moments:
        put(world, f"{state.value}.csv", numbered(3, base=100 * moments.index(state), tag=state.value))
        when = world.meanwhile if state in (RunState.STAGING, RunState.STAGED) else world.later
        when.append((lambda w, s=state: _is_at(w, s), lambda w, s=state: stop(w, s)))
    put(world, "sound.csv", numbered(4))


def asked_twice(world: World) -> None:
    """A load that is cancelled in a slow warehouse which forgets tokens at once: asked for again, it is another one."""
    world.warehouse.token_life, world.warehouse.latency = 0.0, 120.0
    put(world, "LOADING.csv", numbered(6))
    then(world, lambda w: _is_at(w, RunState.LOADING), lambda w: stop(w, RunState.LOADING))


def _is_at(world: World, state: RunState) -> bool:
    """Whether the file that is named after a state is in it, or has ended before anybody could see it there."""
    runs = [run for run in world.runs.runs.values() if run.source.name == f"{state.value}.csv"]
    return any(run.state is state or run.state.terminal for run in runs)


def stop(world: World, state: RunState) -> None:
    """What `DELETE /runs/<run>` does; who gets no answer asks again."""
    [run] = [run for run in world.runs.runs.values() if run.source.name == f"{state.value}.csv"]
    try:
        cancel(world.pipeline, run)
    except Ended:
        return
    except (LandfallError, Killed):
        then(world, lambda w: True, lambda w: stop(w, state))


def key_twice(world: World) -> None:
    """A key that comes twice, chunks apart, where the contract forbids it: REJECTED by the warehouse, each time."""
    body = text(numbered(8)) + b"k1,again,1\n"
    world.put("incoming/unique/a.csv", body, {})
    then(world, World.settled, ask_again)


def stories() -> dict[str, str]:
    """Good rows by their keys; every third holds a story."""
    return {f"k{n}": f"{STORY if n % 3 == 0 else 'plain'},{n}" for n in range(12)}


def misleading(world: World) -> None:
    """Quoted texts that look like records from any cut on, with bad rows among them and behind."""
    rows = stories()
    lines = [f'{key},"{rest.rpartition(",")[0]}",{rest.rpartition(",")[2]}\n' for key, rest in rows.items()]
    body = HEADER + "".join([*lines[:7], BAD[0] + "\n", *lines[7:], BAD[1] + "\n"])
    world.put("incoming/thing/a.csv", body.encode(), rows)
