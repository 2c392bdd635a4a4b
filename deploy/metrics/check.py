"""Whether CloudWatch takes a template's alarms and dashboards: it refuses what cfn-lint does not read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.metrics.expression import ID, Kind, RefusedError, kind_of

MOST = 10
"""Metrics of an alarm, and expressions of it."""
ALARM, DASHBOARD = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"
NOT_BESIDE = ("Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Unit")


def refused(template: Mapping[str, Any]) -> list[str]:
    """Return what CloudWatch refuses: name, expression, reason and fix of each fault."""
    found: list[str] = []
    for name, resource in template["Resources"].items():
        if resource.get("Type") == ALARM:
            found += [f"{name}: {fault}" for fault in of_alarm(resource["Properties"])]
        if resource.get("Type") == DASHBOARD:
            found += [f"{name}: {fault}" for fault in of_dashboard(_body(resource["Properties"]["DashboardBody"]))]
    return found


def of_alarm(alarm: Mapping[str, Any]) -> list[str]:
    """Return the faults of an alarm's properties; none if it watches a metric without any math."""
    queries = alarm.get("Metrics")
    if not queries:
        return []
    metrics = [query for query in queries if "MetricStat" in query]
    periods = {query["MetricStat"]["Period"] for query in metrics}
    returned = [query["Id"] for query in queries if query.get("ReturnData", True)]
    values = _Values.of((query["Id"], query.get("Expression")) for query in queries)
    found = [
        *(f"{key} beside Metrics: leave it to the metric that it is about" for key in NOT_BESIDE if key in alarm),
        *(f"{q['Id']} is both or neither: give it Expression or MetricStat" for q in queries if not _one_of(q)),
        *_too_many("metrics", len(metrics)),
        *_too_many("expressions", len(values.expressions)),
        *_bad_ids(query["Id"] for query in queries),
    ]
    if len(periods) > 1:
        found.append(f"metrics of {len(periods)} periods, {sorted(periods)} seconds: give all the same")
    if len(returned) != 1:
        found.append(f"ReturnData is true for {returned or 'none'}: leave it true for the one that is watched")
    found += values.faults(in_alarm=True)
    if not found and values.kind(returned[0], in_alarm=True) is Kind.ARRAY:
        found.append(f"`{values.expressions[returned[0]]}`: an alarm watches one time series: add them up, a + b")
    return found


def of_dashboard(body: Mapping[str, Any]) -> list[str]:
    """Return the faults of the expressions in a dashboard's widgets."""
    found: list[str] = []
    for widget in body["widgets"]:
        rows = [row[-1] if isinstance(row[-1], dict) else {} for row in widget["properties"].get("metrics", ())]
        named = [(row.get("id", f"unnamed_{n}"), row.get("expression")) for n, row in enumerate(rows)]
        faults = [*_bad_ids(name for name, _ in named), *_Values.of(named).faults(in_alarm=False)]
        found += [f"{widget['properties'].get('title', 'a widget')}: {fault}" for fault in faults]
    return found


@dataclass(frozen=True, kw_only=True)
class _Values:
    """What ids stand for: a metric, or an expression that may use others."""

    metrics: frozenset[str]
    expressions: Mapping[str, str]
    open: list[str] = field(default_factory=list)
    """Expressions that are being read: none of them may use itself."""

    @classmethod
    def of(cls, named: Iterable[tuple[str, str | None]]) -> _Values:
        """Make them of pairs of id and expression; the expression is None for a metric."""
        pairs = list(named)
        return cls(
            metrics=frozenset(name for name, text in pairs if text is None),
            expressions={name: text for name, text in pairs if text is not None},
        )

    def kind(self, name: str, *, in_alarm: bool) -> Kind:
        """Return the kind of an id. Raises RefusedError."""
        if name in self.metrics:
            return Kind.METRIC
        if name not in self.expressions:
            raise RefusedError(f"there is no id {name}: define it among {', '.join(sorted(self.metrics))}")
        if name in self.open:
            raise RefusedError(f"{name} uses itself: an expression uses others only")
        self.open.append(name)
        try:
            return kind_of(self.expressions[name], lambda used: self.kind(used, in_alarm=in_alarm), in_alarm=in_alarm)
        finally:
            self.open.pop()

    def faults(self, *, in_alarm: bool) -> list[str]:
        """Return the fault of every expression that has one."""
        found = []
        for name, text in self.expressions.items():
            try:
                self.kind(name, in_alarm=in_alarm)
            except RefusedError as error:
                found.append(f"`{text}`: {error}")
        return found


def _one_of(query: Mapping[str, Any]) -> bool:
    return ("Expression" in query) != ("MetricStat" in query)


def _too_many(what: str, count: int) -> list[str]:
    return [f"{count} {what}: an alarm takes {MOST}; make two alarms of it"] if count > MOST else []


def _bad_ids(ids: Iterable[str]) -> list[str]:
    counted = Counter(ids)
    twice = [name for name, count in counted.items() if count > 1]
    wrong = [name for name in counted if not ID.fullmatch(name)]
    return [
        *(f"id {name} is used twice: give each its own" for name in twice),
        *(f"id {name}: start it with a small letter, go on with letters, digits and _" for name in wrong),
    ]


def _body(text: Any) -> dict[str, Any]:
    filled = text["Fn::Sub"] if isinstance(text, dict) else text
    return dict(json.loads(filled[0] if isinstance(filled, list) else filled))
