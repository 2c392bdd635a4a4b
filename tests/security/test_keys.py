"""Whatever a file is called: its key is decoded once, and what Landfall names and writes itself holds nothing of it."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, quote_plus

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.api.requests import path_text
from chalicelib.domain.contract.contract import StageAs
from chalicelib.domain.run import keys
from chalicelib.domain.run.events import landed
from chalicelib.domain.run.model import Chunk, Run, RunState
from chalicelib.domain.warehouse.load import render_load
from tests.security.runs import run_of
from tests.support.simulated.deployment import SimulatedDeployment

NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
    st.text("%+2B5F/\\'\";: $&=?#.-\n\t", min_size=1, max_size=60),
)
HOSTILE = (
    "a%2Bb",
    "a+b",
    "%252F",
    "'; drop table x --",
    "../../archive/x",
    "s3://other/x",
    "a\nb",
    "${x}",
    "\u202e",
    "%",
)
OWN = re.compile(r"(processed|rejected)/[a-z_]+/[0-9a-f]{32}/[a-z]+(-[0-9]{5})?(-from-[0-9]+)?(\.[a-z.]+)?")
ARCHIVED = re.compile(r"archive/thing/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9a-f]{32}/([^/]*)", re.DOTALL)


def hostile(test):
    """As its examples, beside what hypothesis finds."""
    for name in HOSTILE:
        test = example(name=name)(test)
    return given(name=NAMES)(test)


@hostile
def test_a_key_is_decoded_exactly_once(name: str) -> None:
    for key in (name, f"incoming/thing/{name}", quote_plus(name), quote(quote_plus(name))):
        record = {"s3": {"bucket": {"name": "b"}, "object": {"key": quote_plus(key, safe="/"), "eTag": "e"}}}
        [source] = landed({"Records": [record]})
        assert source.key == key
        assert path_text(quote(key, safe="")) == key


@hostile
def test_of_our_names_only_the_archives_hold_the_key(name: str) -> None:
    run = run_of(f"incoming/thing/{name}")
    chunk = Chunk(run_id=run.run_id, generation=1, number=3, start=7, stop=9)
    ours = [keys.plan(run), keys.text(run, 1), keys.manifest(run)]
    ours += [keys.part(run, chunk, start, form) for start in (7, 8) for form in StageAs]
    ours += [keys.chunk_rejects(run, chunk, 7), keys.rejects(run, 1)]
    assert all(OWN.fullmatch(key) for key in ours)
    archived = keys.archive(run)
    found = ARCHIVED.fullmatch(archived)
    assert found
    assert run.source.name.endswith(found[1])
    assert len(archived.encode()) <= 1024


@hostile
@settings(max_examples=60, deadline=None)
def test_writes_and_calls_are_the_same_whatever_the_name(name: str) -> None:
    """The whole way: manifest, plan and statements of a file under that name and under a plain one."""
    deployment, plain = SimulatedDeployment(), SimulatedDeployment()
    usual = "incoming/thing/x"
    key = f"incoming/thing/{name}"
    for each, called in ((deployment, key), (plain, usual)):
        each.put(called, b"id,value,amount\nk,v,1\nl,v,x\n", {"k": "v,1"})
        each.settle()
    [run], [other] = deployment.runs.runs.values(), plain.runs.runs.values()
    assert run.state is other.state is RunState.LOADED
    manifest = json.loads(deployment.objects.get("landing", keys.manifest(run)))
    assert [sorted(entry) for entry in manifest["entries"]] == [["mandatory", "url"]]
    assert all(entry["mandatory"] is True and OWN.fullmatch(entry["url"][13:]) for entry in manifest["entries"])
    [asked], [usually] = deployment.warehouse.statements.values(), plain.warehouse.statements.values()
    for mine, theirs in zip(render_load(asked.order).statements, render_load(usually.order).statements, strict=True):
        assert own_ids(mine, run).replace(key.encode().hex(), "KEY") == own_ids(theirs, other).replace(
            usual.encode().hex(), "KEY"
        )


def own_ids(text: str, run: Run) -> str:
    """Without what is derived from the key by hashing, and from the time."""
    text = re.sub(r"\d{10}\.\d{3}#[0-9A-FZ]+", "ORDER", text)
    for name, own in (("LOAD", run.load_id), ("RUN", run.run_id), ("MARK", run.mark)):
        text = text.replace(own, name)
    return re.sub(r"(staging|shares)_[0-9a-f]{32}", r"\1_GROUP", text)
