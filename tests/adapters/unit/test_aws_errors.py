"""Which of our errors a foreign one becomes: its type is the retry decision."""

from __future__ import annotations

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from urllib3.exceptions import ProtocolError

from chalicelib.adapters.aws_errors import PASSING, THROTTLES, translate_errors, translated
from chalicelib.errors import LandfallError, Refused, Retryable, SourceChanged, SourceGone, Throttled


def client_error(code: str, status: int = 400, message: str = "the row says 42") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "Operation",
    )


CASES: list[tuple[Exception, type[LandfallError]]] = [
    *((client_error(code), Throttled) for code in sorted(THROTTLES)),
    *((client_error(code), Retryable) for code in sorted(PASSING)),
    (client_error("ValidationException", message="Rate exceeded"), Throttled),
    (client_error("SlowDown", 503), Throttled),
    (client_error("Whatever", 500), Retryable),
    (client_error("503", 503), Retryable),
    (client_error("NotImplemented", 501), Refused),
    (client_error("ValidationException"), Refused),
    (client_error("AccessDenied", 403), Refused),
    (client_error("NoSuchBucket", 404), Refused),
    (client_error("NoSuchKey", 404), Refused),
    (client_error("412", 412), Refused),
    (EndpointConnectionError(endpoint_url="https://s3"), Retryable),
    (ReadTimeoutError(endpoint_url="https://s3"), Retryable),
    (ResponseStreamingError(error="reset"), Retryable),
    (IncompleteReadError(actual_bytes=1, expected_bytes=2), Retryable),
    (ProtocolError("reset"), Retryable),
    (NoCredentialsError(), Refused),
    (S3UploadFailedError("no"), Refused),
]


@pytest.mark.parametrize(("error", "kind"), CASES, ids=lambda v: getattr(v, "__name__", str(v)[:60]))
def test_the_type_decides_whether_to_try_again(error: Exception, kind: type[LandfallError]) -> None:
    with pytest.raises(LandfallError) as caught, translate_errors("step"):
        raise error
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error
    assert caught.value.message.startswith("step: ")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("404", 404, SourceGone),
        ("NoSuchKey", 404, SourceGone),
        ("NoSuchVersion", 404, SourceGone),
        ("MethodNotAllowed", 405, SourceGone),
        ("412", 412, SourceChanged),
        ("PreconditionFailed", 412, SourceChanged),
        ("NoSuchBucket", 404, Refused),
        ("ConditionalRequestConflict", 409, Retryable),
        ("403", 403, Refused),
    ],
)
def test_a_missing_or_other_version_is_a_matter_of_the_source(
    code: str, status: int, kind: type[LandfallError]
) -> None:
    assert type(translated("GET", client_error(code, status), source=True)) is kind


def test_a_services_text_is_kept_only_of_permissions() -> None:
    assert "42" not in translated("step", client_error("ValidationException")).message
    denied = client_error("AccessDeniedException", 403, "User: arn:x is not authorized to perform: dynamodb:PutItem")
    assert "dynamodb:PutItem" in translated("step", denied).message


def test_what_is_not_foreign_passes() -> None:
    with pytest.raises(KeyError), translate_errors("step"):
        raise KeyError("ours")
