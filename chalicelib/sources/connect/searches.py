"""The requests that read a window of a dataset of Amazon Connect, and the rows of the responses. All of it is pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.source.connect import CONTACTS_SPAN, ConnectSettings, Dataset
from chalicelib.domain.source.position import moment_of
from chalicelib.sources.connect.metrics import request_of, rows_of
from chalicelib.sources.http.records import lines, records_at
from chalicelib.sources.source import Window

STANDARD = {"SearchCriteria": {"QueueTypeCondition": "STANDARD"}}
"""Without the queues that each agent has."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """One request, whose response has pages."""

    operation: str
    request: Mapping[str, Any]
    rows: Callable[[bytes], bytes]
    """Returns the rows of a page as lines."""


def searches(settings: ConnectSettings, window: Window) -> list[Search]:
    """Return the searches that together read a window."""
    instance = {"InstanceId": settings.instance_id}
    match settings.dataset:
        case Dataset.USERS:
            return [Search(operation="SearchUsers", request={**instance, "MaxResults": 500}, rows=_listed("Users"))]
        case Dataset.QUEUES:
            request = {**instance, **STANDARD, "MaxResults": 500}
            return [Search(operation="SearchQueues", request=request, rows=_listed("Queues"))]
        case Dataset.CONTACTS:
            return [
                Search(operation="SearchContacts", request={**instance, **span}, rows=_listed("Contacts"))
                for span in _of_contacts(settings, window)
            ]
        case Dataset.METRICS:
            return [
                Search(operation="GetMetricDataV2", request=request, rows=partial(rows_of, settings))
                for request in _of_metrics(settings, window)
            ]


def _listed(path: str) -> Callable[[bytes], bytes]:
    return lambda body: lines(records_at(body, path))


def _of_contacts(settings: ConnectSettings, window: Window) -> Iterator[dict[str, Any]]:
    """Yield what tells the searches of contacts apart. Connect takes whole seconds, so the last one is rounded up."""
    kind, start, stop = settings.time.value, moment_of(window.start), _whole_second(moment_of(window.stop))
    order = {"FieldName": kind, "Order": "ASCENDING"}
    while start < stop:
        end = min(start + CONTACTS_SPAN, stop)
        yield {
            "TimeRange": {"Type": kind, "StartTime": start, "EndTime": end},
            "Sort": order,
            "MaxResults": 100,
        }
        start = end


def _of_metrics(settings: ConnectSettings, window: Window) -> Iterator[dict[str, Any]]:
    """Yield the requests of metrics: whole intervals, as a part of one would have another value."""
    interval, zone = settings.interval, settings.zone
    start, stop = interval.begin(moment_of(window.start), zone), interval.end(moment_of(window.stop), zone)
    while start < stop:
        end = min(interval.begin(start + interval.longest_span, zone), stop)
        yield request_of(settings, start, end)
        start = end


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) + timedelta(seconds=1) if moment.microsecond else moment
