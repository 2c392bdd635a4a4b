"""What checkov may find: each with its reason, for resources there are, and nothing that would hide another."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.bundle.scan import ANY, Accepted, accepted, stale, unknown
from deploy.stage import stages
from deploy.template.merge import merge

BASELINE = [
    Accepted(check="CKV_1", resources=("Queue", "Table"), reason="..."),
    Accepted(check="CKV_2", resources=(ANY,), reason="..."),
]
FOUND = [("CKV_1", "Queue", "a"), ("CKV_1", "Table", "a"), ("CKV_2", "Function", "b")]


@pytest.mark.parametrize("stage", stages())
def test_each_has_a_reason_and_is_about_resources_there_are(stage: str) -> None:
    found = accepted(stage)
    ids = set(merge(stage)["Resources"]) | {ANY}
    assert len(found) == len({one.check for one in found}) > 10
    for one in found:
        assert len(one.reason.split()) >= 10, f"{one.check}: why?"
        assert set(one.resources) <= ids, one.check


def test_one_that_is_written_without_a_reason_is_refused(tmp_path: Path) -> None:
    baseline = tmp_path / "checkov.toml"
    baseline.write_text('[[accepted]]\ncheck = "CKV_1"\nresources = ["Queue"]\n')
    with pytest.raises(TypeError, match="reason"):
        accepted("dev", baseline)


def test_what_is_expected_of_one_stage_is_not_of_another() -> None:
    assert {one.check for one in accepted("dev")} - {one.check for one in accepted("prod")} == {"CKV_AWS_115"}


def test_a_template_as_it_was_looked_at_passes() -> None:
    assert unknown(FOUND, BASELINE) == stale(FOUND, BASELINE) == []


def test_another_resource_or_another_check_is_reported() -> None:
    more = [*FOUND, ("CKV_1", "Topic", "not encrypted"), ("CKV_3", "Queue", "public")]
    assert unknown(more, BASELINE) == ["CKV_1 Topic: not encrypted", "CKV_3 Queue: public"]


def test_what_is_accepted_and_gone_is_reported() -> None:
    reported = stale([("CKV_1", "Queue", "a")], BASELINE)
    assert [line.split(":")[0] for line in reported] == ["CKV_1 Table", "CKV_2 *"]
