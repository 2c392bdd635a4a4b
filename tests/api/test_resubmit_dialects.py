"""Rejected rows of other dialects, with masked and rescued columns, on their way to a person and back."""

from __future__ import annotations

from tests.api.corrections import KEY, by_id, rejects, rows_of, send, target, with_contracts
from tests.support.api import Api

PERSON = "incoming/person/p.csv"
PEOPLE = b"""extra;id;email;amount
x\\;y;p1;p1 at home;1
;p2;p2@home;two
NULL;p3;p3@home;-
"""
MASKED_KEY = "incoming/secret/s.csv"
MASKED = b"""id|email|note|amount
s1|a@b||one
s2|c@d|"two, or|more"|two
s3|e@f|n/a|3
s4|g@h|too|many|fields
s5|i@j|n/a|five
"""


def test_values_lose_their_dialect_and_rescued_stays_rescued(api: Api) -> None:
    with_contracts(api).land(PERSON, PEOPLE)
    page = rejects(api, PERSON)
    assert page["columns"] == ["id", "email", "amount", "extra"]
    assert [r["values"] for r in page["rejects"]] == [["p1", "p1 at home", "1", "x;y"], ["p2", "p2@home", "two", ""]]
    known = by_id(page)
    send(api, page, {known["p1"][0]: ["p1", "p1@home", "-", "x;y"], known["p2"][0]: ["p2", "p2@home", "2", ""]})
    api.deployment.settle()
    rows = {r["id"]: r for r in api.deployment.warehouse.rows("landing.people")}
    assert (rows["p1"]["email"], rows["p1"]["amount"], rows["p1"]["_rescued"]) == ("p1@home", None, '{"extra": "x;y"}')
    assert rows_of(api, PERSON) == {"read": 3, "good": 1, "corrected": 2, "inserted": 3}


def test_masked_values_are_to_be_written_again(api: Api) -> None:
    with_contracts(api).land(MASKED_KEY, MASKED)
    page = rejects(api, MASKED_KEY)
    assert [r["values"] for r in page["rejects"]] == [
        ["s1", "***", "", "one"],
        ["s2", "***", "two, or|more", "two"],
        None,
        ["s5", "***", "", "five"],
    ]
    known = by_id(page)
    answer = send(api, page, {known["s1"][0]: ["s1", "***", "", "1"], known["s2"][0]: ["s2", "c@d", "x", "2"]})
    assert (answer.status, answer.code) == (409, "MASKED_VALUE")
    assert "email is still masked in line 2 of s.csv:" in answer.message
    send(api, page, {known["s1"][0]: ["s1", "a@b", "", "1"], known["s2"][0]: ["s2", "c@d", "***", "2"]})
    api.deployment.settle()
    assert target(api, "landing.secrets") == {
        "s1": ("a@b", None, 1),
        "s2": ("c@d", "***", 2),
        "s3": ("e@f", None, 3),
    }
    still = send(api, page, {known["s5"][0]: ["s5", "i@j", "n/a", "fünf"]}).body["run_id"]
    api.deployment.settle()
    assert [r["values"] for r in rejects(api, still)["rejects"]] == [["s5", "***", "", "fünf"]]


def test_broken_bytes_are_not_taken_for_what_is_shown(api: Api) -> None:
    with_contracts(api).land(KEY, b"id,value,amount\nk1,v,1\nx1,caf\xe9,2\n")
    page = rejects(api)
    ((offset, values),) = by_id(page).values()
    assert values == ["x1", "caf\\xe9", "2"]
    for left in (values, ["x1", "caf\\xe9", "3"], ["x1", "le caf\\xe9", "2"]):
        refused = send(api, page, {offset: left})
        assert (refused.status, refused.code) == (409, "NOT_CORRECTABLE")
        assert "line 3 of a.csv still has \\xhh" in refused.message
    send(api, page, {offset: ["x1", "café", "2"]})
    api.deployment.settle()
    assert target(api)["x1"] == ("café", 2)


def test_a_text_that_only_looks_like_broken_bytes_may_stay(api: Api) -> None:
    with_contracts(api).land(KEY, b"id,value,amount\nk1,v,1\nx1,caf\\xe9,zwei\n")
    page = rejects(api)
    ((offset, values),) = by_id(page).values()
    send(api, page, {offset: [*values[:2], "2"]})
    api.deployment.settle()
    assert target(api)["x1"] == ("caf\\xe9", 2)


def test_broken_bytes_after_a_backslash_are_left_whole(api: Api) -> None:
    with_contracts(api).land(PERSON, b"extra;id;email;amount\nx;p1;caf\xe9;1\n;p2;p2@home;2\n")
    (reject,) = rejects(api, PERSON)["rejects"]
    assert (reject["values"], reject["record"]) == (None, "x;p1;caf\\xe9;1"), "the backslash is ours"
