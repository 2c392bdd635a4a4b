"""Requests that AWS's own signer signed are taken; the same requests, changed in any part, are not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from local.access.signatures import TOKEN_HEADER, Credentials, Request, claim_of

OURS = Credentials.fresh()
BODY = b'{"MessageBody": "x"}'
URL = "http://127.0.0.1:20123/a%20b/c?list-type=2&prefix=x%2Fy&empty="
HEADERS = {"Host": "127.0.0.1:20123", "Content-Type": "application/json", "X-Amz-Meta-Note": "two  spaces"}
SIGNERS = {"s3": S3SigV4Auth, "sqs": SigV4Auth, "lambda": SigV4Auth, "redshift-data": SigV4Auth}


def _signed(service: str, credentials: Credentials = OURS, signer: Any = None, **more: Any) -> Request:
    request = AWSRequest(method="POST", url=URL, headers=dict(HEADERS), data=BODY)
    keys = Keys(credentials.access_key, credentials.secret)
    (signer or SIGNERS[service])(keys, service, "eu-west-1", **more).add_auth(request)
    return _read(request)


def _read(request: AWSRequest) -> Request:
    target = request.url.removeprefix("http://127.0.0.1:20123")
    return Request.of(request.method, target, list(request.headers.items()))


def _taken(request: Request, body: bytes = BODY, *, seconds: float = 0) -> bool:
    """Whether it is taken so long after it was signed."""
    claim = claim_of(OURS, request, datetime.now(UTC) + timedelta(seconds=seconds))
    return claim is not None and claim.fits(hashlib.sha256(body).hexdigest())


def _with(request: Request, **headers: str) -> Request:
    return Request.of(request.method, request.target, {**request.headers, **headers}.items())


@pytest.mark.parametrize("service", SIGNERS)
def test_what_is_signed_is_taken_and_its_body_with_it(service: str) -> None:
    assert _taken(_signed(service))
    assert not _taken(_signed(service), b'{"MessageBody": "y"}')


@pytest.mark.parametrize("service", SIGNERS)
def test_only_s3_names_its_bodys_hash(service: str) -> None:
    claim = claim_of(OURS, _signed(service))
    assert claim is not None
    assert claim.body_first == (service != "s3")


def _another_second(date: str) -> str:
    return date[:-3] + ("01Z" if date.endswith("00Z") else "00Z")


CHANGES: dict[str, Callable[[Request], Request]] = {
    "method": lambda r: Request.of("PUT", r.target, r.headers.items()),
    "path": lambda r: Request.of(r.method, r.target.replace("/c", "/d"), r.headers.items()),
    "query": lambda r: Request.of(r.method, r.target.replace("list-type=2", "list-type=1"), r.headers.items()),
    "more query": lambda r: Request.of(r.method, r.target + "&acl=", r.headers.items()),
    "a signed header": lambda r: _with(r, **{"x-amz-meta-note": "other"}),
    "a missing header": lambda r: Request.of(
        r.method, r.target, [(k, v) for k, v in r.headers.items() if k != "content-type"]
    ),
    "host": lambda r: _with(r, host="evil.example"),
    "date": lambda r: _with(r, **{"x-amz-date": _another_second(r.headers["x-amz-date"])}),
    "signature": lambda r: _with(r, authorization=r.headers["authorization"][:-4] + "0000"),
    "region": lambda r: _with(r, authorization=r.headers["authorization"].replace("eu-west-1", "eu-west-2")),
    "end of scope": lambda r: _with(r, authorization=r.headers["authorization"].replace("aws4_request", "aws4")),
    "host not signed": lambda r: _with(r, authorization=r.headers["authorization"].replace(";host;", ";")),
    "another scheme": lambda r: _with(r, authorization="AWS " + OURS.access_key + ":x"),
    "no signature": lambda r: Request.of(
        r.method, r.target, [(k, v) for k, v in r.headers.items() if k != "authorization"]
    ),
    "the key alone": lambda r: _with(
        r, authorization=r.headers["authorization"].partition("Signature=")[0] + f"Signature={'0' * 64}"
    ),
    "a hash put in": lambda r: _with(r, **{"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
}


@pytest.mark.parametrize("service", SIGNERS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_refused(service: str, change: str) -> None:
    assert not _taken(CHANGES[change](_signed(service)))


@pytest.mark.parametrize("service", SIGNERS)
def test_other_credentials_are_refused(service: str) -> None:
    other = Credentials.fresh()
    assert not _taken(_signed(service, other))
    assert not _taken(_signed(service, Credentials(access_key=OURS.access_key, secret=other.secret)))
    assert not _taken(_signed(service, Credentials(access_key=other.access_key, secret=OURS.secret)))


@pytest.mark.parametrize(("minutes", "fine"), [(14, True), (16, False), (-14, True), (-16, False)])
def test_a_signature_holds_for_a_quarter_of_an_hour(minutes: int, fine: bool) -> None:
    assert [_taken(_signed(service), seconds=60 * minutes) for service in SIGNERS] == [fine] * len(SIGNERS)


@pytest.mark.parametrize(("age", "fine"), [(0, True), (3000, True), (3700, False), (-1000, False)])
def test_a_presigned_address_holds_until_its_expiry(age: int, fine: bool) -> None:
    request = _signed("s3", signer=S3SigV4QueryAuth, expires=3600)
    assert _taken(request, b"any body", seconds=age) is fine
    assert not _taken(Request.of(request.method, request.target.replace("/c", "/d"), request.headers.items()))
    assert not _taken(
        Request.of(request.method, request.target.replace("Expires=3600", "Expires=99999"), request.headers.items())
    )


def test_a_presigned_address_of_another_service_covers_its_body() -> None:
    request = AWSRequest(method="GET", url=URL, headers={"Host": HEADERS["Host"]})
    SigV4QueryAuth(Keys(OURS.access_key, OURS.secret), "sqs", "eu-west-1").add_auth(request)
    assert _taken(_read(request), b"")
    assert not _taken(_read(request), b"x")


ADDED = {
    "an operation": {"x-amz-target": "RedshiftData.ExecuteStatement"},
    "a copy": {"x-amz-copy-source": "/bucket/key"},
    "rights": {"x-amz-acl": "public-read"},
    "a token": {"x-amz-security-token": "x"},
    "a date": {"x-amz-date": "20200101T000000Z"},
    "a hash": {"x-amz-content-sha256": hashlib.sha256(b"any body").hexdigest()},
    "a form": {"content-type": "Application/x-www-form-urlencoded; charset=utf-8"},
}


@pytest.mark.parametrize("added", ADDED)
def test_nothing_can_be_added_to_a_presigned_address(added: str) -> None:
    """Who was given the address of one object could run SQL by it."""
    request = AWSRequest(method="POST", url=URL, headers={"Host": HEADERS["Host"]})
    S3SigV4QueryAuth(Keys(OURS.access_key, OURS.secret), "s3", "eu-west-1", expires=3600).add_auth(request)
    assert _taken(_read(request), b"any body")
    assert _taken(_with(_read(request), **{"content-type": "text/csv", "range": "bytes=0-1"}), b"any body")
    assert not _taken(_with(_read(request), **ADDED[added]), b"any body")


@pytest.mark.parametrize("service", SIGNERS)
def test_an_operation_cannot_be_added_to_a_signed_request(service: str) -> None:
    assert not _taken(_with(_signed(service), **{"x-amz-target": "RedshiftData.ExecuteStatement"}))


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "", "1e3", "9999999", "٣"])
def test_a_presigned_address_must_end(seconds: str) -> None:
    request = _signed("s3", signer=S3SigV4QueryAuth, expires=seconds)
    assert not _taken(request)


def test_the_stacks_own_processes_send_a_token() -> None:
    def sent(token: str) -> bool:
        return _taken(Request.of("GET", "/functions", [(TOKEN_HEADER.lower(), token)]))

    assert sent(OURS.token)
    assert not any(map(sent, ("", OURS.secret, OURS.access_key, Credentials.fresh().token, OURS.token + " ", "é")))


def test_each_start_has_credentials_of_its_own() -> None:
    made = [Credentials.fresh() for _ in range(100)]
    assert len({one.secret for one in made} | {one.access_key for one in made}) == 200
    assert not any(one.access_key.isdigit() or len(one.access_key) != 20 for one in made)
