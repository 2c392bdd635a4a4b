"""What suppliers do, as functions that put files into a deployment."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from chalicelib.adapters.memory import Fate
from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.run.model import RunState, SourceObject
from chalicelib.errors import LandfallError, SourceGone
from chalicelib.operations.cancels import Ended, cancel
from chalicelib.operations.reruns import rerun
from tests.support.simulated.deployment import CONTRACTS, SimulatedDeployment
from tests.support.simulated.faults import Killed
from tests.support.simulated.outside import record_of

HEADER = "id,value,amount\n"
Scenario = Callable[[SimulatedDeployment], None]
STORY = "\nonce,upon,1\na,time,2\nthere,was,3\n"
"""Reads like three good records of the contract to whoever takes its first line for a record's."""
BAD = ("x1,y,notanumber", 'x2,5" long,3')


def text(rows: dict[str, str], bad: tuple[str, ...] = ()) -> bytes:
    return (HEADER + "".join(f"{key},{rest}\n" for key, rest in rows.items()) + "".join(f"{b}\n" for b in bad)).encode()


def numbered(count: int, *, tag: str = "v", base: int = 0) -> dict[str, str]:
    return {f"k{i + base}": f"{tag}{i},{i}" for i in range(count)}


def put(
    deployment: SimulatedDeployment, name: str, rows: dict[str, str], bad: tuple[str, ...] = (), *, event: bool = True
) -> SourceObject:
    return deployment.put(f"incoming/thing/{name}", text(rows, bad), rows, event=event)


def one_file(deployment: SimulatedDeployment) -> None:
    """One file of a few chunks."""
    put(deployment, "a.csv", numbered(12))


def bad_rows(deployment: SimulatedDeployment) -> None:
    """Some rows are bad."""
    put(deployment, "a.csv", numbered(8), ("x1,y,notanumber", ",no key,1"))


def all_bad(deployment: SimulatedDeployment) -> None:
    """Every row is bad: REJECTED."""
    put(deployment, "a.csv", {}, ("x1,y,notanumber", "x2,y,alsonot"))


def header_only(deployment: SimulatedDeployment) -> None:
    """No rows at all: REJECTED."""
    put(deployment, "a.csv", {})


def empty(deployment: SimulatedDeployment) -> None:
    """Not even a header."""
    deployment.put("incoming/thing/a.csv", b"", {})


def wrong_header(deployment: SimulatedDeployment) -> None:
    """A column that nobody agreed on."""
    deployment.put("incoming/thing/a.csv", b"id,colour\n1,red\n", {})


def unrouted(deployment: SimulatedDeployment) -> None:
    """A key that no contract knows."""
    deployment.put("incoming/nobody/a.csv", text(numbered(2)), {})


def three_files(deployment: SimulatedDeployment) -> None:
    """Files that share keys: the newest wins, row by row."""
    for i in range(3):
        put(deployment, f"f{i}.csv", numbered(6, tag=f"f{i}-", base=i * 2))


def odd_name(deployment: SimulatedDeployment) -> None:
    """A key that must be decoded exactly once, in one notification with another."""
    odd = put(deployment, "a+b %2B ü&#.csv", numbered(3), event=False)
    other = put(deployment, "b.csv", numbered(3, base=3), event=False)
    deployment.notify({"Records": [record_of(odd), record_of(other)]})


def packed(deployment: SimulatedDeployment) -> None:
    """A gzip of two members, whatever its name, with a bad row."""
    rows = numbered(6)
    body = text(rows, ("x1,y,notanumber",))
    members = gzip.compress(body[:40], mtime=0) + gzip.compress(body[40:], mtime=0)
    deployment.put("incoming/thing/a.csv", members, rows)


def wide(deployment: SimulatedDeployment) -> None:
    """A file in UTF-16."""
    rows = numbered(5, tag="é")
    deployment.put("incoming/thing/a.csv", text(rows).decode().encode("utf-16"), rows)


def same_twice(deployment: SimulatedDeployment) -> None:
    """The same content again under the same key."""
    put(deployment, "a.csv", numbered(5))
    put(deployment, "a.csv", numbered(5))


def overwritten(deployment: SimulatedDeployment) -> None:
    """A key overwritten before it is read."""
    put(deployment, "a.csv", numbered(5, tag="old"))
    put(deployment, "a.csv", numbered(5, tag="new"))


def event_lost(deployment: SimulatedDeployment) -> None:
    """No notification: the sweep has to find it."""
    put(deployment, "a.csv", numbered(5), event=False)


def newer_event_lost(deployment: SimulatedDeployment) -> None:
    """A key overwritten without a notification: only its older content is delivered."""
    put(deployment, "a.csv", numbered(5, tag="old"))
    put(deployment, "a.csv", numbered(5, tag="new"), event=False)


def back_again(deployment: SimulatedDeployment) -> None:
    """A content that comes back after another one: the last put wins."""
    put(deployment, "a.csv", numbered(3, tag="a"))
    deployment.when(SimulatedDeployment.settled).do(lambda w: put(w, "a.csv", numbered(3, tag="b")))
    deployment.when(lambda w: w.settled() and len(w.runs.runs) == 2).do(lambda w: put(w, "a.csv", numbered(3, tag="a")))


def overwritten_late(deployment: SimulatedDeployment) -> None:
    """A key overwritten while its older content is being loaded."""
    put(deployment, "a.csv", numbered(3, tag="old"))
    deployment.when(lambda w: in_state(w, RunState.LOADING) or w.settled()).do(
        lambda w: put(w, "a.csv", numbered(3, tag="new"))
    )


def overwritten_between(deployment: SimulatedDeployment) -> None:
    """A key overwritten after its older content was copied to the archive, and before it is deleted."""
    put(deployment, "a.csv", numbered(3, tag="old"))
    deployment.when(_copied, at_work=True).do(lambda w: put(w, "a.csv", numbered(3, tag="new")))


def _copied(deployment: SimulatedDeployment) -> bool:
    return any(key.startswith("archive/") for _, key in deployment.objects.objects)


def run_again(deployment: SimulatedDeployment) -> None:
    """A loaded file run again because somebody asked: from the archive, with a load id of its own."""
    put(deployment, "a.csv", numbered(6))
    deployment.when(SimulatedDeployment.settled).do(ask_again)


def corrected(deployment: SimulatedDeployment) -> None:
    """A load refused for good, then run again once the cause is corrected."""
    deployment.warehouse.fates.append(Fate.REFUSED)
    put(deployment, "a.csv", numbered(6))
    deployment.when(SimulatedDeployment.settled).do(ask_again)


def contract_ahead(deployment: SimulatedDeployment) -> None:
    """A contract whose table was not altered with it: refused, then run again once the table is as wide."""
    contract = CONTRACTS["thing"]
    narrow = {c.name: c.type for c in contract.columns} | {"value": ColumnType(kind=TypeName.VARCHAR, length=1)}
    deployment.warehouse.columns[contract.target] = narrow
    put(deployment, "a.csv", numbered(6))
    deployment.when(SimulatedDeployment.settled).do(_widened)


def _widened(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.columns.clear()
    ask_again(deployment)


def in_state(deployment: SimulatedDeployment, state: RunState) -> bool:
    return any(run.state is state for run in deployment.runs.runs.values())


def ask_again(deployment: SimulatedDeployment) -> None:
    """What `POST /runs/<key>` does; who gets no answer asks again."""
    run = next(iter(deployment.runs.runs.values()))
    try:
        rerun(deployment.pipeline, run)
    except SourceGone:
        return  # it was overwritten before it was read: to ask again would not help
    except (LandfallError, Killed):
        asked = deployment.runs.runs[run.run_id].generation > run.generation
        if not asked:
            deployment.when(SimulatedDeployment.settled).do(ask_again)


def cancelled(deployment: SimulatedDeployment) -> None:
    """Runs that are cancelled in each state, some while a worker is at work on them, beside one that is not."""
    moments = (RunState.ARRIVED, RunState.STAGING, RunState.STAGED, RunState.LOADING)
    for state in moments:
        put(deployment, f"{state.value}.csv", numbered(3, base=100 * moments.index(state), tag=state.value))
        moment = deployment.when(lambda w, s=state: is_at(w, s), at_work=state in (RunState.STAGING, RunState.STAGED))
        moment.do(lambda w, s=state: stop(w, s))
    put(deployment, "sound.csv", numbered(4))


def asked_twice(deployment: SimulatedDeployment) -> None:
    """A load that is cancelled in a slow warehouse which forgets tokens at once: asked for again, it is another one."""
    deployment.warehouse.token_life, deployment.warehouse.latency = 0.0, 120.0
    put(deployment, "LOADING.csv", numbered(6))
    deployment.when(lambda w: is_at(w, RunState.LOADING)).do(lambda w: stop(w, RunState.LOADING))


def is_at(deployment: SimulatedDeployment, state: RunState) -> bool:
    """Whether the file that is named after a state is in it, or has ended before anybody could see it there."""
    runs = [run for run in deployment.runs.runs.values() if run.source.name == f"{state.value}.csv"]
    return any(run.state is state or run.state.terminal for run in runs)


def stop(deployment: SimulatedDeployment, state: RunState) -> None:
    """What `DELETE /runs/<run>` does; who gets no answer asks again."""
    [run] = [run for run in deployment.runs.runs.values() if run.source.name == f"{state.value}.csv"]
    try:
        cancel(deployment.pipeline, run)
    except Ended:
        return
    except (LandfallError, Killed):
        deployment.when(lambda w: True).do(lambda w: stop(w, state))


def key_twice(deployment: SimulatedDeployment) -> None:
    """A key that comes twice, chunks apart, where the contract forbids it: REJECTED by the warehouse, each time."""
    body = text(numbered(8)) + b"k1,again,1\n"
    deployment.put("incoming/unique/a.csv", body, {})
    deployment.when(SimulatedDeployment.settled).do(ask_again)


def stories() -> dict[str, str]:
    """Good rows by their keys; every third holds a story."""
    return {f"k{n}": f"{STORY if n % 3 == 0 else 'plain'},{n}" for n in range(12)}


def many_wrong_cuts(deployment: SimulatedDeployment) -> None:
    """More wrong cuts, one after the other, than Lambda's recursion guard lets messages pass."""
    rows = {f"k{n}": f"{STORY},{n}" for n in range(16)}
    lines = [f'{key},"{STORY}",{rest.rpartition(",")[2]}\n' for key, rest in rows.items()]
    deployment.put("incoming/thing/a.csv", (HEADER + "".join(lines)).encode(), rows)


def misleading(deployment: SimulatedDeployment) -> None:
    """Quoted texts that look like records from any cut on, with bad rows among them and behind."""
    rows = stories()
    lines = [f'{key},"{rest.rpartition(",")[0]}",{rest.rpartition(",")[2]}\n' for key, rest in rows.items()]
    body = HEADER + "".join([*lines[:7], BAD[0] + "\n", *lines[7:], BAD[1] + "\n"])
    deployment.put("incoming/thing/a.csv", body.encode(), rows)
