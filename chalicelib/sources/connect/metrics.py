"""The request of historical metrics, and its results as rows: one for each interval and group. All of it is pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.domain.source.connect import INTERVAL_FIELDS, ConnectSettings, Metric
from chalicelib.errors import Refused
from chalicelib.sources.http.records import BAD

MOST_RESULTS = 100


class _Level(msgspec.Struct):
    Comparison: str
    ThresholdValue: float


class _Filter(msgspec.Struct):
    MetricFilterKey: str
    MetricFilterValues: list[str] = []


class _Asked(msgspec.Struct):
    Name: str
    Threshold: list[_Level] | None = None
    MetricFilters: list[_Filter] | None = None


class _Collected(msgspec.Struct):
    Metric: _Asked
    Value: msgspec.Raw = msgspec.Raw(b"null")
    """As it is written. None if it cannot be calculated, such as an average of nothing."""


class _Result(msgspec.Struct):
    MetricInterval: dict[str, msgspec.Raw]
    Dimensions: dict[str, msgspec.Raw] | None = None
    Collections: list[_Collected] | None = None


class _Results(msgspec.Struct):
    MetricResults: list[_Result] | None = None


_DECODER = msgspec.json.Decoder(_Results)


def request_of(settings: ConnectSettings, start: datetime, stop: datetime) -> dict[str, Any]:
    """Return the request of the metrics of a time."""
    grouped = {"Groupings": list(settings.groupings)} if settings.groupings else {}
    return {
        "ResourceArn": settings.instance,
        "StartTime": start,
        "EndTime": stop,
        "Interval": {"IntervalPeriod": settings.interval.value, "TimeZone": settings.timezone},
        "Filters": [{"FilterKey": key, "FilterValues": list(values)} for key, values in settings.filters.items()],
        "Metrics": [_asked(metric) for metric in settings.metrics],
        "MaxResults": MOST_RESULTS,
        **grouped,
    }


def _asked(metric: Metric) -> dict[str, Any]:
    asked: dict[str, Any] = {"Name": metric.name}
    if metric.threshold is not None:
        asked["Threshold"] = [{"Comparison": metric.comparison, "ThresholdValue": metric.threshold}]
    if metric.filters:
        asked["MetricFilters"] = [
            {"MetricFilterKey": key, "MetricFilterValues": list(values)} for key, values in metric.filters.items()
        ]
    return asked


def rows_of(settings: ConnectSettings, body: bytes) -> bytes:
    """Return the results of a response as lines: the interval, the groups and the metrics. Raises Refused."""
    try:
        results = _DECODER.decode(body).MetricResults or []
    except (msgspec.DecodeError, RecursionError):  # whose text may quote the response
        raise Refused("the response has metrics in another form than Amazon Connect documents", code=BAD) from None
    aliases = {metric.identity: metric.alias for metric in settings.metrics}
    return b"".join(msgspec.json.encode(dict(_fields(one, aliases))) + b"\n" for one in results)


def _fields(result: _Result, aliases: Mapping[tuple[object, ...], str]) -> Iterator[tuple[str, msgspec.Raw]]:
    yield from ((name, result.MetricInterval[name]) for name in INTERVAL_FIELDS if name in result.MetricInterval)
    yield from (result.Dimensions or {}).items()
    for collected in result.Collections or ():
        alias = aliases.get(_identity(collected.Metric))
        if alias is None:
            raise Refused(f"the response has a metric {collected.Metric.Name} that was not requested", code=BAD)
        yield alias, collected.Value


def _identity(asked: _Asked) -> tuple[object, ...]:
    levels: Sequence[_Level] = asked.Threshold or ()
    level = (levels[0].Comparison, levels[0].ThresholdValue) if levels else None
    filters = asked.MetricFilters or ()
    return asked.Name, level, frozenset((one.MetricFilterKey, frozenset(one.MetricFilterValues)) for one in filters)
