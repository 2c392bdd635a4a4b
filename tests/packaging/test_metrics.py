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
from deploy.metrics.expression import SIGNATURES
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
        ("read / PERIOD(read * 2)", "PERIOD takes the id of a metric; it is given a time series: name a metric itself"),
        ("read / PERIOD([read])", "PERIOD takes the id of a metric; it is given an array"),
        ("SUM(read / [read, errors])", "put the array first"),
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


ARGUMENTS = {"S": "2", "metric": "read", "TS": "ABS(read)", "TS[]": "[read, errors]", "word": "LINEAR", "text": "'a'"}
"""An argument of each type, as AWS abbreviates them."""
METRIC, ONE, MANY, EITHER = {"metric"}, {"metric", "TS"}, {"TS[]"}, {"metric", "TS", "TS[]"}
TAKEN = {
    **dict.fromkeys(["ABS", "CEIL", "DIFF", "DIFF_TIME", "FLOOR", "LOG", "LOG10", "RATE", "RUNNING_SUM"], EITHER),
    **dict.fromkeys(["AVG", "DATAPOINT_COUNT", "MAX", "MIN", "STDDEV", "SUM"], EITHER),
    **dict.fromkeys(["DATE", "DAY", "EPOCH", "HOUR", "MINUTE", "MONTH", "YEAR"], ONE),
    **dict.fromkeys(["FIRST", "LAST", "METRIC_COUNT", "REMOVE_EMPTY"], MANY),
    "FILL": set[str](),
    "IF": set[str](),
    "PERIOD": METRIC,
    "TIME_SERIES": {"S"},
}
"""The types of a single argument that each function takes, in the table of AWS's documentation."""


@pytest.mark.parametrize("function", SIGNATURES)
def test_a_function_takes_the_types_that_aws_documents(function: str) -> None:
    calls = {one: f"SUM([read + {function}({text})])" for one, text in ARGUMENTS.items()}
    if function in ("ABS", "CEIL", "DIFF", "DIFF_TIME", "FLOOR", "LOG", "LOG10", "RATE", "RUNNING_SUM", "REMOVE_EMPTY"):
        calls["TS[]"] = f"SUM({function}([read, errors]))"
    taken = {one for one, text in calls.items() if not of_alarm(alarm(text))}
    assert taken == TAKEN[function]
    for given in ("", "read, [read]", "read, 1, LINEAR, 1"):
        assert of_alarm(alarm(f"read + {function}({given})"))


def test_a_period_is_that_of_a_metric_not_of_an_expression() -> None:
    assert of_alarm(alarm("read + 0", "e0 / PERIOD(read)")) == []
    (fault,) = of_alarm(alarm("read + 0", "e0 / PERIOD(e0)"))
    assert "PERIOD takes the id of a metric; it is given a time series" in fault


def test_an_alarm_may_watch_a_metric_among_others() -> None:
    assert of_alarm({"Metrics": [{**metric("read"), "ReturnData": True}, metric("errors")]}) == []


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
