"""A file in which a key comes twice, where its contract forbids that, is refused whatever its cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.duplicate_keys import DUPLICATE_KEYS
from chalicelib.domain.run.model import RunState
from chalicelib.errors import Refused
from tests.support.files.packing import gzipped
from tests.support.simulated.deployment import BUCKET, CONTRACTS, SETTINGS, SimulatedDeployment
from tests.support.simulated.endings import ended, only_run

KEY = "incoming/unique/a.csv"
TEXT = b'id,value,amount\nk1,"two\nlines",1\n\nk2,b,2\nk3,c,3\nk4,,4\nk5,e,5\nk4,again,4\nk1,again,1\nk6,f,6\nk1,x,1\n'
FIRST = TEXT.index(b"k4,again")
LINE = 9


def cut_at(deployment: SimulatedDeployment, size: int) -> None:
    deployment.reconfigure(settings=replace(SETTINGS, chunk_mb=size / 1e6))


@pytest.mark.parametrize(
    "pack", [bytes, gzipped, lambda body: body.decode().encode("utf-16")], ids=["plain", "gzip", "utf-16"]
)
@pytest.mark.parametrize("size", [10, 30, 60, 1000])
def test_its_first_repeat_is_named_whatever_the_cuts(
    deployment: SimulatedDeployment, pack: Callable[[bytes], bytes], size: int
) -> None:
    cut_at(deployment, size)
    deployment.put(KEY, pack(TEXT), {})
    run = ended(deployment, RunState.REJECTED, DUPLICATE_KEYS)
    assert run.problem is not None
    assert run.problem.message == (
        f"3 rows have the same key (id) as an earlier row; the first of them is in line {LINE}"
    )
    assert (run.problem.line, run.problem.byte_offset, run.problem.column) == (LINE, FIRST, "id")
    assert deployment.warehouse.rows("landing.uniques") == []
    assert not deployment.warehouse.book
    assert deployment.objects.head(BUCKET, KEY).size == len(pack(TEXT))


def test_rejected_rows_repeat_nothing(deployment: SimulatedDeployment) -> None:
    rows = {f"k{n}": f"v,{n}" for n in range(40)}
    body = b"id,value,amount\n" + b"".join(f"{key},{rest}\n".encode() for key, rest in rows.items()) + b"k1,x,none\n"
    deployment.put(KEY, body, {})
    deployment.settle()
    assert only_run(deployment).state is RunState.LOADED
    assert len(deployment.warehouse.rows("landing.uniques")) == 40


def test_a_file_that_is_gone_is_refused_without_a_line(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, TEXT, {})

    def gone(name: str) -> None:
        if name == "objects.read" and only_run(deployment).state is RunState.LOADING:
            raise Refused("access denied")

    deployment.schedule.next = gone  # type: ignore[method-assign]
    run = ended(deployment, RunState.REJECTED, DUPLICATE_KEYS)
    assert run.problem is not None
    assert run.problem.line is None
    assert run.problem.message.endswith(f"the first of them starts at byte {FIRST}")


def test_a_contract_changed_meanwhile_does_not_hold_the_run_up(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, TEXT, {})
    deployment.when(lambda w: any(group.statement_id for group in w.load_queue.groups.values())).do(
        lambda w: setattr(
            w,
            "pipeline",
            replace(w.pipeline, ctx=replace(w.pipeline.ctx, contracts=Contracts({"thing": CONTRACTS["thing"]}))),
        )
    )
    deployment.settle()
    run = only_run(deployment)
    assert (run.state, run.problem and run.problem.code) == (RunState.REJECTED, DUPLICATE_KEYS)
