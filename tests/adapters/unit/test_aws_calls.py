"""What of a response is rewritten, and what stays."""

from __future__ import annotations

from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.aws_calls import _iso, _with_iso_times
from chalicelib.domain.source.position import at_seconds, moment_of

MODEL = ServiceModel(Loader().load_service_model("connect", "service-2"), "connect")


def rewritten(text: str, operation: str = "SearchContacts") -> str:
    return _with_iso_times(text.encode(), MODEL.operation_model(operation).output_shape).decode()


def test_times_at_any_depth_become_iso_8601() -> None:
    steps = '"RoutingCriteria":{"Steps":[{"Expiry":{"ExpiryTimestamp":1.5E9,"DurationInSeconds":1}}]}'
    found = rewritten('{"Contacts":[{"InitiationTimestamp":1772366400.123,"Name":"n",' + steps + "}]}")
    assert '"InitiationTimestamp":"2026-03-01T12:00:00.123000Z","Name":"n"' in found
    assert '"ExpiryTimestamp":"2017-07-14T02:40:00.000000Z","DurationInSeconds":1' in found


def test_all_else_stays_as_it_is_written() -> None:
    """Unknown fields, the form of numbers and of texts, nulls, and shapes that contain themselves."""
    inner = '{"ValueMap": {"a": {"ValueInteger": 010e0}}}'.replace("010", "10")
    text = '{"Contacts":null,"Newer":{"InitiationTimestamp": 1.50},"TotalCount":1.0E2}'
    assert rewritten(text) == text
    kept = f'{{"Contacts":[{{"SegmentAttributes":{inner},"Tags":{{"\\u00e9": "x"}},"RoutingCriteria":null}}]}}'
    assert rewritten(kept) == kept
    assert rewritten('{"Users": [ {"Id" : "a"} ]}', "SearchUsers") == '{"Users": [ {"Id" : "a"} ]}'


def test_what_is_no_time_to_the_microsecond_stays() -> None:
    for value in (b'"2026-03-01"', b"null", b"1.0000001", b"1e40", b"true", b"NaN"):
        assert _iso(value) == value


@given(st.integers(-(10**9), 10**10), st.integers(0, 999))
def test_every_millisecond_comes_back(seconds: int, ms: int) -> None:
    written = f"{seconds * 1000 + ms}E-3"
    found = moment_of(_iso(written.encode()).decode().strip('"'))
    assert found.microsecond == ms * 1000
    assert found.replace(microsecond=0) == moment_of(at_seconds(seconds))
