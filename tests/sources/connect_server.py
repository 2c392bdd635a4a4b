"""Amazon Connect on this machine: one instance, whose requests and answers botocore's model of the service validates.

Limits are those of its API reference: spans of time, filters, page sizes, and tokens that belong to one request. Fields
of an answer that the model does not have come only on demand, and times are written as the service writes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from chalicelib.adapters.aws_calls import AwsCalls
from chalicelib.domain.source.connect import RESOURCES, Interval
from tests.sources.server import Answer, Handler, serving

INSTANCE = "arn:aws:connect:eu-central-1:123456789012:instance/12345678-1234-1234-1234-123456789012"
REGION, ID = "eu-central-1", INSTANCE.rpartition("/")[2]
TIMES = {
    "INITIATION_TIMESTAMP": "InitiationTimestamp",
    "SCHEDULED_TIMESTAMP": "ScheduledTimestamp",
    "CONNECTED_TO_AGENT_TIMESTAMP": "AgentInfo",
    "DISCONNECT_TIMESTAMP": "DisconnectTimestamp",
}
WEEKS = timedelta(weeks=8)
MINUTES = {Interval.FIFTEEN_MIN: 15, Interval.THIRTY_MIN: 30, Interval.HOUR: 60}
SIGNED = re.compile(rf"AWS4-HMAC-SHA256 Credential=\w+/[0-9]+/{REGION}/connect/aws4_request, SignedHeaders=.*")
Row = dict[str, Any]


@cache
def model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("connect", "service-2"), "connect")


@cache
def operations() -> Mapping[tuple[str, str], OperationModel]:
    """The operations that have no part of their parameters in the address."""
    every = (model().operation_model(name) for name in model().operation_names)
    return {(one.http["method"], one.http["requestUri"]): one for one in every if "{" not in one.http["requestUri"]}


class Refusal(Exception):
    """An error of the service."""

    def __init__(self, code: str, text: str = "it says why") -> None:
        super().__init__(code)
        self.code, self.text = code, text

    def answer(self, operation: OperationModel) -> Answer:
        known = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in operation.error_shapes}
        status = {"AccessDeniedException": 403, **known}[self.code]
        return status, {"x-amzn-ErrorType": self.code}, json.dumps({"Message": self.text}).encode()


def invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterException", text)


@dataclass
class Instance:
    """What the instance has, and what is answered instead of the next requests."""

    users: list[Row] = field(default_factory=list)
    queues: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    unknown: Row = field(default_factory=dict)
    """Fields of each row that are newer than the model."""
    page: int = 2
    instead: list[Refusal | Callable[[Row], Row] | None] = field(default_factory=list)
    """In place of the next answers: a refusal, or what is made of the answer; None for the right one."""
    requests: list[tuple[str, Row]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    tokens: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """The request that each token belongs to, and the last row that was answered."""

    def answer(self, operation: OperationModel, sent: str) -> Row:
        request = parsed(json.loads(sent), operation.input_shape)
        if report := ParamValidator().validate(request, operation.input_shape).generate_report():
            raise invalid(report)
        self.requests.append((operation.name, request))
        instead = self.instead.pop(0) if self.instead else None
        if isinstance(instead, Refusal):
            raise instead
        found = {"SearchUsers": self._users, "SearchQueues": self._queues, "SearchContacts": self._contacts}
        answer = found.get(operation.name, self._metrics)(request)
        return instead(answer) if instead else answer

    def _users(self, request: Row) -> Row:
        return self._page("Users", request, sorted((user["Id"], user) for user in self.users))

    def _queues(self, request: Row) -> Row:
        standard = request["SearchCriteria"] == {"QueueTypeCondition": "STANDARD"}
        assert standard, "without it, there may be a queue for each agent"
        return self._page("Queues", request, sorted((queue["QueueId"], queue) for queue in self.queues))

    def _contacts(self, request: Row) -> Row:
        span = request["TimeRange"]
        start, stop, name = span["StartTime"], span["EndTime"], TIMES[span["Type"]]
        if not timedelta() < stop - start <= WEEKS:
            raise invalid("the time range is over 8 weeks, or ends before it begins")
        assert request["Sort"] == {"FieldName": span["Type"], "Order": "ASCENDING"}
        found = [((one[name], one["Id"]), one) for one in self.contacts if name in one and start <= one[name] <= stop]
        return self._page("Contacts", request, sorted(found, key=lambda row: row[0]))

    def _metrics(self, request: Row) -> Row:
        check_metrics(request)
        period = Interval(request["Interval"]["IntervalPeriod"])
        return self._page("MetricResults", request, sorted(self._results(request, period), key=lambda row: row[0]))

    def _results(self, request: Row, period: Interval) -> Iterator[tuple[Any, Row]]:
        """For each interval and queue with contacts: how many there were, and what cannot be calculated."""
        (queues,) = (one["FilterValues"] for one in request["Filters"] if one["FilterKey"] == "QUEUE")
        start, zone = request["StartTime"], ZoneInfo(request["Interval"]["TimeZone"])
        while start < request["EndTime"]:
            stop = next_begin(start, period, zone)
            for queue in queues:
                mine = [one for one in self.contacts if one.get("QueueInfo", {}).get("Id") == queue]
                number = sum(start <= one["InitiationTimestamp"] < stop for one in mine)
                if number:
                    interval = {"Interval": period.value, "StartTime": start, "EndTime": stop}
                    made = [{"Metric": one} | value(one["Name"], number) for one in request["Metrics"]]
                    known = {"QUEUE": queue, "CHANNEL": "VOICE"}
                    groups = {key: known[key] for key in request.get("Groupings", ())}
                    yield (start, queue), {"MetricInterval": interval, "Dimensions": groups, "Collections": made}
            start = stop

    def _page(self, name: str, request: Row, rows: list[tuple[Any, Row]]) -> Row:
        """A page after the last row of the one before, as rows come and go meanwhile."""
        asked = {key: given for key, given in request.items() if key != "NextToken"}
        if token := request.get("NextToken", ""):
            if token not in self.tokens or self.tokens[token][0] != repr(asked):
                raise invalid("the pagination token is invalid or expired")
            rows = [row for row in rows if row[0] > self.tokens[token][1]]
        size = min(self.page, asked["MaxResults"])
        answer: Row = {name: [row for _, row in rows[:size]]}
        if len(rows) > size:
            answer["NextToken"] = self.token(asked, rows[size - 1][0])
        return answer

    def token(self, asked: Row, last: Any) -> str:
        token = f"token+{next(self.numbers)}/=="
        self.tokens[token] = repr(asked), last
        return token


def value(name: str, number: int) -> Row:
    """A count, or a quotient that cannot be calculated."""
    return {"Value": float(number)} if name != "AVG_HANDLE_TIME" else {}


def check_metrics(request: Row) -> None:
    period = Interval(request["Interval"]["IntervalPeriod"])
    span, most = request["EndTime"] - request["StartTime"], timedelta(days=35 if period is Interval.DAY else 3)
    if not timedelta() < span < most:
        raise invalid(f"the time range of {period.value} is less than {most}")
    zone = ZoneInfo(request["Interval"]["TimeZone"])
    for moment in (request["StartTime"], request["EndTime"]):
        local = moment.astimezone(zone)
        if local.second or local.minute % MINUTES.get(period, 60) or (period not in MINUTES and local.hour):
            raise invalid("the time range does not begin and end with an interval")
    if request["ResourceArn"] != INSTANCE or not {one["FilterKey"] for one in request["Filters"]} & set(RESOURCES):
        raise invalid("filters need a resource of the instance")
    if sum(len(one["FilterValues"]) for one in request["Filters"] if one["FilterKey"] != "CHANNEL") > 100:
        raise invalid("at most 100 filter values")


def next_begin(start: datetime, period: Interval, zone: ZoneInfo) -> datetime:
    if period in MINUTES:
        return start + timedelta(minutes=MINUTES[period])
    day = start.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def parsed(found: Any, shape: Shape) -> Any:
    """A request as botocore's validator takes it: times are times, and everything is in the model."""
    if isinstance(shape, StructureShape):
        assert set(found) <= set(shape.members), (shape.name, found)
        return {name: parsed(one, shape.members[name]) for name, one in found.items()}
    if isinstance(shape, ListShape):
        return [parsed(one, shape.member) for one in found]
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(found, UTC)
    assert not shape.metadata.get("enum") or found in shape.metadata["enum"], (shape.name, found)
    return found


def written(found: Any, shape: Shape, more: Row) -> str:
    """An answer's text: times as seconds with an exponent, and rows with fields that are newer than the model."""
    if isinstance(shape, StructureShape):
        fields = [f"{json.dumps(name)}:{written(one, shape.members[name], more)}" for name, one in found.items()]
        rows = ("UserSearchSummary", "Queue", "ContactSearchSummary")
        newer = [f"{json.dumps(name)}:{one}" for name, one in more.items()] if shape.name in rows else []
        return "{" + ", ".join(fields + newer) + "}"
    if isinstance(shape, ListShape):
        return "[" + ",\n".join(written(one, shape.member, more) for one in found) + "]"
    if isinstance(shape, MapShape):
        return (
            "{" + ",".join(f"{json.dumps(name)}:{written(one, shape.value, more)}" for name, one in found.items()) + "}"
        )
    if shape.type_name == "timestamp":
        return f"{found.timestamp():.12E}".replace("E+0", "E")
    return json.dumps(found)


def handler(instance: Instance) -> type[Handler]:
    class Connect(Handler):
        def do_POST(self) -> None:
            if not (sent := self.sent()):  # of a client that was killed
                return
            operation = operations()["POST", self.path]
            assert SIGNED.fullmatch(self.headers["Authorization"]), self.headers["Authorization"]
            try:
                found = instance.answer(operation, sent)
            except Refusal as refusal:
                self.answer(refusal.answer(operation))
                return
            report = ParamValidator().validate(found, operation.output_shape).generate_report()
            assert not report, report
            self.answer((200, {}, written(found, operation.output_shape, instance.unknown).encode()))

    return Connect


@dataclass
class Connect:
    """The instance, as it is served."""

    instance: Instance
    aws: AwsCalls
    origin: str


def served_connect() -> Iterator[Connect]:
    instance = Instance()
    with serving(handler(instance)) as origin:
        aws = AwsCalls(endpoint_url=origin, aws_access_key_id="testing", aws_secret_access_key="testing")
        yield Connect(instance=instance, aws=aws, origin=origin)
