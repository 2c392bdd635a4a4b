"""The credentials of one start of the stack, and whether a request carries them.

A client of AWS signs with them (Signature Version 4, in headers or in a presigned URL). The stack's own processes send
a token that is derived from the secret key. Both are compared in constant time. The chunks of a streamed upload are
not checked one by one, only the signature of its headers. A body whose hash is signed is compared with the hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

TOKEN_HEADER = "X-Landfall-Local"
SKEW = timedelta(minutes=15)  # AWS's
_LONGEST_PRESIGNED = 7 * 24 * 3600  # seconds; AWS's
_SCHEME = "AWS4-HMAC-SHA256"
_PARTS = re.compile(_SCHEME + r" Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})")
_HASH = re.compile(r"[0-9a-f]{64}")
UNSIGNED = "UNSIGNED-PAYLOAD"
_FORM = "application/x-www-form-urlencoded"
_ID_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An access key and its secret."""

    access_key: str
    secret: str

    @classmethod
    def fresh(cls) -> Credentials:
        """Make random credentials. The key has AWS's form: ministack reads a key of twelve digits as an account."""
        return cls(
            access_key="AKIA" + "".join(secrets.choice(_ID_LETTERS) for _ in range(16)), secret=secrets.token_hex(20)
        )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Credentials:
        """Read the credentials of an environment. Raises KeyError if it has none."""
        return cls(access_key=env["AWS_ACCESS_KEY_ID"], secret=env["AWS_SECRET_ACCESS_KEY"])

    @property
    def token(self) -> str:
        """The token that the stack's own processes send in TOKEN_HEADER."""
        return hmac.new(self.secret.encode(), b"landfall: a process of the stack", hashlib.sha256).hexdigest()

    @property
    def token_header(self) -> dict[str, str]:
        """The token as a header."""
        return {TOKEN_HEADER: self.token}


@dataclass(frozen=True, kw_only=True)
class Request:
    """The parts of a request that can be signed, without its body."""

    method: str
    target: str
    """Path and query as they were sent."""
    headers: Mapping[str, str]
    """Headers by lower-case name; values of one name are joined by commas."""

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Request:
        """Make a request from a server's values."""
        joined: dict[str, str] = {}
        for name, value in headers:
            low = name.lower()
            joined[low] = f"{joined[low]},{value}" if low in joined else value
        return cls(method=method, target=target, headers=joined)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A request whose headers are valid."""

    body_first: bool
    """Whether the signature covers a hash that no header names. Then the body must be checked before any work."""
    fits: Callable[[str], bool]
    """Whether a body with this SHA-256 is the one that was signed."""


@dataclass(frozen=True, kw_only=True)
class _Signature:
    scope: str
    signed: frozenset[str]
    value: str
    date: str
    presigned_seconds: int = 0
    """How long a presigned URL is valid; 0 if the signature is in a header."""


def claim_of(credentials: Credentials, request: Request, now: datetime | None = None) -> Claim | None:
    """Return the checks that are left for a request; None if it is refused."""
    if _has_token(credentials, request):
        return Claim(body_first=False, fits=lambda _: True)
    signature = _in_headers(request) if "authorization" in request.headers else _in_query(request)
    signer = _signer(credentials, signature) if signature and _is_current(signature, now or datetime.now(UTC)) else None
    if signature is None or signer is None or _adds(request, signature):
        return None

    def is_signed(body_hash: str) -> bool:
        return hmac.compare_digest(_computed(signer, request, signature, body_hash), signature.value)

    named = request.headers.get("x-amz-content-sha256", "")
    if signer.__class__ is S3SigV4Auth and signature.presigned_seconds:
        named = UNSIGNED
    if not named:
        return Claim(body_first=True, fits=is_signed)
    if not is_signed(named):
        return None
    return Claim(body_first=False, fits=lambda found: not _HASH.fullmatch(named) or hmac.compare_digest(found, named))


def _has_token(credentials: Credentials, request: Request) -> bool:
    return hmac.compare_digest(request.headers.get(TOKEN_HEADER.lower(), "").encode(), credentials.token.encode())


def _in_headers(request: Request) -> _Signature | None:
    parts = _PARTS.fullmatch(request.headers["authorization"].strip())
    signed = frozenset(parts[2].split(";")) if parts else frozenset()
    hash_is_signed = "x-amz-content-sha256" in signed or "x-amz-content-sha256" not in request.headers
    if parts is None or not hash_is_signed or "x-amz-date" not in signed:
        return None
    return _Signature(scope=parts[1], signed=signed, value=parts[3], date=request.headers.get("x-amz-date", ""))


def _in_query(request: Request) -> _Signature | None:
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    seconds = query.get("X-Amz-Expires", "")
    if query.get("X-Amz-Algorithm") != _SCHEME or not re.fullmatch(r"[1-9][0-9]{0,5}", seconds):
        return None
    return _Signature(
        scope=query.get("X-Amz-Credential", ""),
        signed=frozenset(query.get("X-Amz-SignedHeaders", "").split(";")),
        value=query.get("X-Amz-Signature", ""),
        date=query.get("X-Amz-Date", ""),
        presigned_seconds=min(int(seconds), _LONGEST_PRESIGNED),
    )


def _is_current(signature: _Signature, now: datetime) -> bool:
    try:
        signed_at = datetime.strptime(signature.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    valid = timedelta(seconds=signature.presigned_seconds) if signature.presigned_seconds else SKEW
    return -SKEW <= now - signed_at <= valid


def _adds(request: Request, signature: _Signature) -> bool:
    """Return whether a sender without the secret could have added headers or a form that request another operation.

    The x-amz- headers name operations and sources of copies; AWS refuses unsigned ones, too. A form names an operation
    in its body, which the presigned addresses of S3 leave unsigned.
    """
    unsigned = {name: value for name, value in request.headers.items() if name not in signature.signed}
    form = signature.presigned_seconds and _FORM in unsigned.get("content-type", "").lower()
    return bool(form) or any(name.startswith("x-amz-") for name in unsigned)


def _signer(credentials: Credentials, signature: _Signature) -> SigV4Auth | None:
    """Return botocore's signer for a signature's scope; None if the scope is not one of these credentials."""
    scope = signature.scope.split("/")
    if len(scope) != 5 or "host" not in signature.signed:
        return None
    key, date, region, service, end = scope
    known = hmac.compare_digest(key.encode(), credentials.access_key.encode())
    if not known or date != signature.date[:8] or end != "aws4_request":
        return None
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    return signer(Keys(credentials.access_key, credentials.secret), service, region)


def _computed(signer: Any, request: Request, signature: _Signature, body_hash: str) -> str:
    """Compute the expected signature: botocore signs the same request again, with the same date and headers."""
    path, _, query = request.target.partition("?")
    unsigned = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
    headers = {name: request.headers[name] for name in signature.signed if name in request.headers}
    rebuilt = AWSRequest(method=request.method, url=f"http://host{path}?{unsigned}", headers=headers)
    rebuilt.context["timestamp"] = signature.date
    signer.headers_to_sign = lambda _: rebuilt.headers  # botocore leaves some out that other clients sign
    signer.payload = lambda _: body_hash
    text = signer.string_to_sign(rebuilt, signer.canonical_request(rebuilt))
    return str(signer.signature(text, rebuilt))
