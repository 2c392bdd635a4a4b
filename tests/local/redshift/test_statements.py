"""What is remembered is bounded, and what runs is never forgotten."""

from __future__ import annotations

from local.redshift.results import Column, Result
from local.redshift.statements import Part, Statements, Status, Submission


def _submission(name: str, *, ended: bool = True, size: int = 0) -> Submission:
    result = Result(columns=[Column(name="n", oid=23, modifier=-1)], rows=[], size=size)
    part = Part(id=name, text="", sql="", query_id=1, created_at=0, updated_at=0, result=result)
    status = Status.FINISHED if ended else Status.STARTED
    return Submission(id=name, parts=[part], batch=False, created_at=0, updated_at=0, status=status)


def _known(statements: Statements) -> list[str]:
    return [one.id for one in statements.newest_first()]


def test_the_oldest_ended_ones_are_forgotten() -> None:
    statements = Statements(keep=2)
    statements.add("t", lambda: _submission("runs", ended=False))
    for name in ("a", "b", "c"):
        statements.add("", lambda name=name: _submission(name))
    assert _known(statements) == ["c", "runs"]
    assert statements.active() == 1


def test_a_token_is_forgotten_with_its_statement() -> None:
    statements = Statements(keep=1)
    assert statements.add("t", lambda: _submission("a")) == (statements.find("a:1"), True)
    assert statements.add("t", lambda: _submission("b"))[1] is False
    statements.add("u", lambda: _submission("c"))
    assert statements.add("t", lambda: _submission("d"))[1] is True


def test_large_results_are_forgotten_sooner() -> None:
    statements = Statements(keep=1000, keep_bytes=100)
    for number in range(64):
        statements.add("", lambda number=number: _submission(str(number), size=10))
    assert len(_known(statements)) == 10
