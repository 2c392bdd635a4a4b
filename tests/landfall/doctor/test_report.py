"""The report of `landfall doctor`."""

from __future__ import annotations

import json

import pytest

from landfall.doctor.report import Look, Report, Result, failure, good, warning
from landfall.faults import ExitCode

ALL = Report(
    looks=[
        good("region", "eu-west-1"),
        warning("quota", "cannot be seen here"),
        failure("names", "the bucket is taken", "choose another stage"),
    ]
)


def test_a_report_has_every_look_its_fix_and_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert ALL.show() is ExitCode.BAD
    assert capsys.readouterr().out.splitlines() == [
        "ok    region: eu-west-1",
        "warn  quota: cannot be seen here",
        "fail  names: the bucket is taken",
        "      fix: choose another stage",
        "1 ok, 1 warn, 1 fail",
    ]


def test_programs_get_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert ALL.show(as_json=True) is ExitCode.BAD
    found = json.loads(capsys.readouterr().out)
    assert found["good"] is False
    assert found["looks"][2] == {
        "name": "names", "result": "fail", "seen": "the bucket is taken", "fix": "choose another stage"
    }  # fmt: skip


def test_a_warning_alone_is_no_bad_result() -> None:
    assert Report(looks=ALL.looks[:2]).code is ExitCode.OK


def test_a_failure_without_a_fix_is_refused() -> None:
    with pytest.raises(ValueError, match="without a fix"):
        Look(name="any", result=Result.FAIL, seen="missing")
