"""Translate botocore's exceptions to Landfall's errors, here and nowhere else.

An exception of botocore leaves an adapter only as the cause of a Landfall error. The text of an AWS error is kept only
if it names permissions; other texts may quote the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's, which is not Python's
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)
from urllib3.exceptions import HTTPError

from chalicelib.errors import LandfallError, Refused, Retryable, SourceChanged, SourceGone, Throttled

THROTTLES = frozenset(
    {
        "ActiveSessionsExceededException",
        "ActiveStatementsExceededException",
        "ActiveWaitingRequestsExceededException",
        "BandwidthLimitExceeded",
        "ExecutionLimitExceeded",
        "KmsThrottlingException",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
PASSING = frozenset(
    {
        "BatchExecuteStatementException",
        "ConditionalRequestConflict",
        "DatabaseConnectionException",
        "ExecuteStatementException",
        "ExecutionDoesNotExist",  # just started: Step Functions may not list it yet
        "ExpiredToken",
        "ExpiredTokenException",
        "IDPCommunicationError",
        "InternalError",
        "InternalServerError",
        "InternalServerException",
        "NoSuchUpload",  # removed during the upload, or completed already: a retry writes the object again
        "OperationAborted",
        "QueryTimeoutException",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "StateMachineDeleting",  # its stage has another orchestrator now, or the next deployment makes it again
        "StateMachineDoesNotExist",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
WRAPPED_THROTTLE = re.compile(r"rate exceeded|throttl|too many requests", re.IGNORECASE)
"""The Data API also reports throttles as validation errors."""
GONE = frozenset({"404", "405", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion", "NotFound"})
CHANGED = frozenset({"412", "PreconditionFailed"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"})
FOREIGN = (ClientError, BotoCoreError, Boto3Error, HTTPError)
"""With urllib3's errors, which reading a body can raise after the response began."""
BROKEN_WIRE = (
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    HTTPError,
)


@contextmanager
def translate_errors(what: str, *, source: bool = False) -> Iterator[None]:
    """Translate foreign exceptions. `what` names the call and its object.

    `source`: a missing or changed object is a source that is gone or changed.
    """
    try:
        yield
    except FOREIGN as error:
        raise translated(what, error, source=source) from error


def code_of(error: BaseException) -> str:
    """Return AWS's name for an error, or botocore's."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def text_of(error: BaseException) -> str:
    """Return the message of AWS for an error."""
    return str(error.response.get("Error", {}).get("Message", "")) if isinstance(error, ClientError) else ""


def repeated(error: BaseException | None) -> bool:
    """Return whether botocore repeated the request: the error is then not the response to the first request."""
    return isinstance(error, ClientError) and bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))


def translated(what: str, error: BaseException, *, source: bool = False) -> LandfallError:
    """Return Landfall's error for a foreign one; its type decides whether to try again."""
    code = code_of(error)
    if code in THROTTLES or (code == "ValidationException" and WRAPPED_THROTTLE.search(text_of(error))):
        return Throttled(f"{what}: {code}")
    if isinstance(error, BROKEN_WIRE) or code in PASSING:
        return Retryable(f"{what}: {code}")
    if source and code in GONE:
        return SourceGone(f"{what}: the object is gone")
    if source and code in CHANGED:
        return SourceChanged(f"{what}: the object was overwritten")
    if _status(error) >= 500 and code != "NotImplemented":
        return Retryable(f"{what}: {code}")
    detail = f": {text_of(error)}" if code in DENIED else ""
    return Refused(f"{what}: {code}{detail}")


def _status(error: BaseException) -> int:
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
