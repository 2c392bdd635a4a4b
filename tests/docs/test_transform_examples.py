"""The contracts and functions in examples/transforms do what they say."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.contract_file import load_contracts
from tests.support.checked import checked
from tests.support.paths import ROOT

CONTRACTS = load_contracts(ROOT / "examples/transforms")
MOMENTS = ("2026-01-01 10:00:00", "2026-01-01 10:01:30")
FILES: dict[str, tuple[str, list[str], tuple[int, ...]]] = {
    "task": (
        "task_id,title,estimate\na,A,1h 30m\nb,B,20m\nc,C,\nd,D,2h\ne,E,soon\n",
        ["a,A,1.50", "b,B,0.33", "c,C,", "d,D,2.00"],
        (0,),
    ),
    "user": ("user_id,first_name,last_name,email\na,Ann,Lee,A@B.C\nb,Bo,,\n", ["a,Ann Lee,a@b.c", "b,Bo,"], ()),
    "matter": ("matter_id,opened_on,closed_on\na,2026-01-02,\nb,2026-01-02,2026-01-01\n", ["a,2026-01-02,"], (0,)),
    "case": ("case_id,court\na,Ulm (BW)\nb,Bonn\nc,\n", ["a,Ulm,BW", "b,Bonn,", "c,,"], ()),
    "queue": ("queue_id,service_level\na,80\nb,0.80\nc,101\nd,\n", ["a,0.8", "b,0.80", "d,"], (0,)),
    "agent": ("agent_id,display_name\na,Ann\nb,TEST 1\n", ["a,Ann"], ()),
    "contact": (
        f"contact_id,started_at,ended_at,talk_seconds\na,{','.join(MOMENTS)},\nb,{MOMENTS[0]},,7\n",
        [f"a,{','.join(MOMENTS)},90", f"b,{MOMENTS[0]},,7"],
        (),
    ),
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_example_does_what_it_says(name: str) -> None:
    text, loaded, codes = FILES[name]
    _, good, rejects = checked(text.encode(), CONTRACTS[name])
    assert (good.decode().splitlines(), tuple(r.code for r in rejects)) == (loaded, codes)


def test_every_object_has_an_example() -> None:
    assert set(FILES) == set(CONTRACTS) == {"task", "user", "matter", "case", "queue", "agent", "contact"}
