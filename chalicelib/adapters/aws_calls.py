"""Calls of AWS by sources, whose responses stay as the service wrote them.

Guarantees that fields that botocore's model does not know yet stay, and that numbers keep their digits: botocore itself
drops the first and rounds the second. Only times change. Services write them as seconds since 1970 with an exponent,
such as 1.772366400123E9, and a row has them in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape

from chalicelib.adapters.aws_errors import FOREIGN, code_of, text_of, translated
from chalicelib.adapters.clients import client
from chalicelib.domain.source.position import at
from chalicelib.errors import Broken, LandfallError, Refused
from chalicelib.sources.source import InvalidRequest

INVALID = ("InvalidParameterException", "InvalidRequestException")
ABSENT = ("ResourceNotFoundException",)
BODY = "LandfallBody"
"""Where a response has its text."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class AwsCalls:
    """Calls services with the credentials of the environment, or as `where` says. Clients are built once."""

    def __init__(self, **where: Any) -> None:
        self._where = where
        self._clients: dict[tuple[str, str], Any] = {}

    def __call__(self, service: str, region: str, operation: str, request: Mapping[str, Any]) -> bytes:
        """Return a response's JSON, with times in ISO 8601. Raises Throttled, Retryable, InvalidRequest, Refused."""
        made = self._client(service, region)
        try:
            body: bytes = getattr(made, xform_name(operation))(**request)[BODY]
        except FOREIGN as error:
            raise _fault(f"{service}:{operation}", error) from error
        shape = made.meta.service_model.operation_model(operation).output_shape
        try:
            return bytes(_with_iso_times(body, shape))
        except (msgspec.DecodeError, RecursionError) as error:
            raise Broken(f"{service}:{operation} answered in another form than its model has") from error

    def _client(self, service: str, region: str) -> Any:
        made = self._clients.get((service, region))
        if made is None:
            made = self._clients[service, region] = client(service, region_name=region, **self._where)
            made.meta.events.register(f"before-parse.{service}", _keep_body)
        return made


def _keep_body(response_dict: Mapping[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    customized_response_dict[BODY] = response_dict["body"]


def _fault(what: str, error: Exception) -> LandfallError:
    """Return Landfall's error. The request has nothing but names of the contract, which AWS's text may repeat."""
    code = code_of(error)
    if code in INVALID:
        return InvalidRequest(f"{what}: {code}: {text_of(error)}")
    if code in ABSENT:
        return Refused(f"{what}: {code}: {text_of(error)}", code=InvalidRequest.code)
    return translated(what, error)


def _with_iso_times(value: bytes, shape: Shape) -> bytes:
    """Return a value of a shape with its times rewritten; parts without a time stay as they are."""
    if shape.type_name == "timestamp":
        return _iso(value)
    if not _has_times(shape, ()) or value.strip() == b"null":
        return value
    if isinstance(shape, ListShape):
        items = _LIST.decode(value)
        return msgspec.json.encode([msgspec.Raw(_with_iso_times(bytes(item), shape.member)) for item in items])
    members = _OBJECT.decode(value)
    known = dict.fromkeys(members, shape.value) if isinstance(shape, MapShape) else _members(shape)
    return msgspec.json.encode(
        {
            name: msgspec.Raw(_with_iso_times(bytes(inner), known[name])) if name in known else inner
            for name, inner in members.items()
        }
    )


def _members(shape: Shape) -> Mapping[str, Shape]:
    """Return the members of a structure by their names on the wire."""
    found = shape.members if isinstance(shape, StructureShape) else {}
    return {member.serialization.get("name", name): member for name, member in found.items()}


def _has_times(shape: Shape, above: tuple[str, ...]) -> bool:
    """Return whether a shape has a time inside. A shape may contain itself."""
    if shape.name in above:
        return False
    if isinstance(shape, ListShape):
        return _has_times(shape.member, (*above, shape.name))
    if isinstance(shape, MapShape):
        return _has_times(shape.value, (*above, shape.name))
    inner = _members(shape).values()
    return shape.type_name == "timestamp" or any(_has_times(one, (*above, shape.name)) for one in inner)


def _iso(value: bytes) -> bytes:
    """Return seconds since 1970 as ISO 8601, to the microsecond. What is no number, or has more digits, stays."""
    try:
        micros = Decimal(value.decode()) * 1_000_000
        moment = EPOCH + timedelta(microseconds=int(micros))
    except (InvalidOperation, ValueError, OverflowError):
        return value
    return value if micros % 1 else f'"{at(moment)}"'.encode()
