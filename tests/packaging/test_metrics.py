"""Metric math: what CloudWatch refuses is refused before anything is made; what is shipped is not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.bundle.package import check
from deploy.bundle.vendor import PackageError
from deploy.metrics.check import MOST, of_alarm, of_dashboard, refused
from deploy.stack import DeployError, checked
from deploy.stage import stages
from deploy.template.infra import infra
from deploy.template.merge import merge

READ, REJECTED, ERRORS = "read", "rejected", "errors"


def metric(name: str, period: int = 60) -> dict[str, Any]:
    return {"Id": name, "ReturnData": False, "MetricStat": {"Metric": {}, "Period": period, "Stat": "Sum"}}


def alarm(*expressions: str, metrics: Any = (READ, REJECTED, ERRORS)) -> dict[str, Any]:
    """An alarm on the last of the expressions."""
    queries = [
        {"Id": f"e{n}", "Expression": text, "ReturnData": n == len(expressions) - 1}
        for n, text in enumerate(expressions)
    ]
    return {"Metrics": [*queries, *(metric(one) if isinstance(one, str) else one for one in metrics)]}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("100*rejected/MAX([read,1])", r"an array takes time series only: guard a division by IF\(x > 0"),
        (
            "MAX(read, rejected, errors)",
            r"MAX takes .* given a time series, a time series, a time series: .* nest",
        ),
        ("MAX(read, 1)", "MAX takes"),
        ("SUM(METRICS())", r"an alarm takes no METRICS\(\): name each metric: a \+ b \+ c"),
        ("SUM(SEARCH('{AWS/Lambda}', 'Sum', 300))", r"an alarm takes no SEARCH\(\)"),
        ("SUM(read)", "the result is a number, not a time series"),
        ("5 * 2", "the result is a number"),
        ("[read, rejected]", "an alarm watches one time series"),
        ("100 * rejected / reed", "there is no id reed: define it among errors, read, rejected"),
        ("sum([read, rejected])", "functions are written in capitals: SUM"),
        ("IF(1, 2, 3)", "IF takes"),
        ("IF([read, errors] > 0, 1, 0)", "`>` does not take an array"),
        ("PERCENTILE(read, 90)", "PERCENTILE is no function that this check knows"),
        ("SUM(read, rejected)", r"SUM takes .*: write a \+ b \+ c"),
        ("read +", "`a value` is missing at the end"),
        ("read rejected", "`rejected` is not expected here"),
        ("(read", r"`\)` is missing at the end"),
        ("read % 2", "`%` has no meaning"),
        ("read + * rejected", r"`\*` stands where a value has to be"),
        ("e0 + 1", "e0 uses itself"),
        ("FILL(read)", "FILL takes"),
        ('"read"', "the result is a text in quotes"),
    ],
)
def test_an_expression_that_cloudwatch_refuses_is_refused(expression: str, reason: str) -> None:
    (fault,) = of_alarm(alarm(expression))
    assert fault.startswith(f"`{expression}`: ")
    assert re.search(reason, fault), fault


@pytest.mark.parametrize(
    "expression",
    [
        "IF(read > 0, 100 * rejected / read, 0)",
        "read + rejected + errors",
        "MAX(MAX(read, rejected), errors)",
        "MAX([read, rejected])",
        "SUM(100/[read, rejected])",
        "-read ^ 2 - (rejected - AVG(rejected))",
        "IF(read > 15 AND rejected > 15 || errors == 0, read)",
        "FILL(read, REPEAT) + FILL(rejected, MIN(rejected)) * TIME_SERIES(1.5)",
        "read / PERIOD(read)",
        "FIRST([read, errors])",
        "RATE(read)",
    ],
)
def test_an_expression_of_the_documents_is_accepted(expression: str) -> None:
    assert of_alarm(alarm(expression)) == []


def test_an_expression_may_use_another() -> None:
    assert of_alarm(alarm("rejected / read", "100 * e0")) == []
    assert "uses itself" in of_alarm(alarm("e1 + read", "e0 + read"))[0]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (alarm("read", metrics=(READ, metric("rejected", 300))), "metrics of 2 periods"),
        (alarm("read", metrics=(READ, READ)), "id read is used twice"),
        (alarm("read", metrics=(READ, "Rejected")), "id Rejected: start it with a small letter"),
        (alarm("read", metrics=(READ, {**metric("x"), "ReturnData": True})), "ReturnData is true for"),
        (alarm("read", metrics=[READ, *(f"m{n}" for n in range(MOST))]), "11 metrics: an alarm takes 10"),
        (alarm(*["read"] * (MOST + 1)), "11 expressions"),
        (alarm("read", metrics=(READ, {**metric("x"), "Expression": "read"})), "x is both or neither"),
        ({**alarm("read"), "Statistic": "Sum"}, "Statistic beside Metrics"),
        ({"Metrics": [metric("read")]}, "ReturnData is true for none"),
    ],
)
def test_an_alarm_that_cloudwatch_refuses_is_refused(said: dict[str, Any], reason: str) -> None:
    faults = of_alarm(said)
    assert [fault for fault in faults if reason in fault], faults


def test_an_alarm_without_math_is_none_of_this() -> None:
    assert of_alarm({"MetricName": "RunsFailed", "Statistic": "Sum"}) == []


def test_a_dashboard_takes_what_an_alarm_does_not() -> None:
    rows: list[Any] = [["AWS/Lambda", "Errors", {"id": "m1"}], ["AWS/Lambda", "Errors"], [{"expression": "METRICS()"}]]
    widgets = [{"properties": {"title": "Errors", "metrics": rows}}, {"properties": {"markdown": "text"}}]
    assert of_dashboard({"widgets": widgets}) == []
    rows.append([{"expression": "MAX([m1, 1])", "id": "E2"}])
    first, second = of_dashboard({"widgets": widgets})
    assert first.startswith("Errors: id E2:")
    assert second.startswith("Errors: `MAX([m1, 1])`: an array takes time series only")


@pytest.mark.parametrize("stage", stages())
def test_all_that_is_shipped_is_accepted(stage: str) -> None:
    assert refused(infra(stage)) == refused(merge(stage)) == []


def _broken(template: dict[str, Any]) -> dict[str, Any]:
    template["Resources"]["AlarmRejectRatio"]["Properties"]["Metrics"][0]["Expression"] = "MAX([read,1])"
    return template


def test_a_deployment_is_refused_with_the_name_of_the_alarm() -> None:
    with pytest.raises(DeployError, match=r"AlarmRejectRatio: `MAX\(\[read,1\]\)`: an array"):
        checked(_broken(infra("dev")))


def test_a_package_is_refused_although_cfn_lint_is_content(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    template.write_text(json.dumps(_broken(infra("dev"))))
    with pytest.raises(PackageError, match=r"AlarmRejectRatio: `MAX\(\[read,1\]\)`: an array"):
        check(template)
