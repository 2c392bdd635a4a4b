"""Alarms on metric math: ministack refuses all of them. Here the stack takes those that CloudWatch would take.

Run by the interpreter of .venv-ministack. It guarantees that what deploy/metrics refuses fails the stack, as in AWS.
It does not evaluate an expression: such an alarm stays in INSUFFICIENT_DATA.
"""

from __future__ import annotations

from typing import Any

from deploy.metrics.check import of_alarm

NOTHING = {"MetricName": "(metric math)", "Namespace": "(metric math)"}
"""A metric that does not exist: ministack needs one."""


def take_metric_math(provisioners: Any) -> None:
    """Let CloudFormation make alarms on expressions."""
    plain = provisioners._cw_metric_alarm_record

    def record(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        if not (metrics := properties.get("Metrics")):
            return dict(plain(name, properties))
        if faults := of_alarm(properties):
            raise ValueError(f"{name}: {'; '.join(faults)}")
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        return {**plain(name, {**rest, **NOTHING}), "Metrics": metrics}

    provisioners._cw_metric_alarm_record = record
