"""Calls of the REST API. Every error becomes a CommandError with the API's own sentence."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

from landfall.faults import CommandError, ExitCode
from landfall.remote.deployment import LOOPBACK, Deployment, stale

TIMEOUT_SECONDS = 30.0
EXITS = {400: ExitCode.USAGE, 404: ExitCode.ABSENT, 409: ExitCode.BAD}
TOO_MANY, SERVERS_FAULT = 429, 500
ROLE_HINT = "starting and stopping runs needs a token of role operator"


class NotThereError(CommandError):
    """The API has no such resource, or not yet."""


class RefusedTokenError(CommandError):
    """The API does not know the token."""


class NoAnswerError(CommandError):
    """The API did not answer, or refused for the moment. The same call may succeed later."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """The REST API of a deployment."""

    deployment: Deployment

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        return self._call("GET", path, query, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, {}, body)

    def delete(self, path: str) -> dict[str, Any]:
        return self._call("DELETE", path, {}, None)

    def pages(self, path: str, items: str, **query: str | int | None) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages."""
        for page in self.answers(path, **query):
            yield from page[items]

    def answers(self, path: str, **query: str | int | None) -> Iterator[dict[str, Any]]:
        """Yield all pages. Each is requested when it is needed."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield page
            cursor = page.get("cursor") or None
            if not cursor:
                return

    def _call(
        self, method: str, path: str, query: Mapping[str, str | int | None], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        given = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        url = f"{self.deployment.api_url}{path}" + (f"?{given}" if given else "")
        headers = {"Authorization": f"Bearer {self.deployment.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310
        try:
            with _opener(url).open(request, timeout=TIMEOUT_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise self._fault(method, error) from None
        except (OSError, ValueError, HTTPException) as error:
            message = f"the API at {self.deployment.api_url} does not answer: {_reason(error)}"
            hint = stale(self.deployment.api_url, self.deployment.token)
            raise NoAnswerError(_with(message, hint), ExitCode.ABSENT) from None

    def _fault(self, method: str, error: urllib.error.HTTPError) -> CommandError:
        """Return the API's own message if it is about the request; else add who answered, and the status."""
        message, ours = _message(error)
        # API Gateway quotes the header of a call that it cannot parse.
        message = message.replace(self.deployment.token, "***")
        if not ours and (error.code == 404 or "Authorization" in message):
            message += "; is LANDFALL_API_URL the address of the API?"
        text = message if ours and error.code in EXITS else f"the API answers {error.code}: {message}"
        if error.code == 404:
            return NotThereError(text, ExitCode.ABSENT)
        if error.code == 401:
            hint = stale(self.deployment.api_url, self.deployment.token)
            return RefusedTokenError(_with(text, hint if "restarted" in hint else ""), ExitCode.ABSENT)
        if error.code == 403 and method != "GET" and "operator" not in text:
            text = _with(text, ROLE_HINT)
        kind = NoAnswerError if error.code == TOO_MANY or error.code >= SERVERS_FAULT else CommandError
        return kind(text, EXITS.get(error.code, ExitCode.ABSENT))


def segment(text: str) -> str:
    """Quote a key or name as one segment of a path."""
    return quote(text, safe="")


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers = [urllib.request.ProxyHandler({})] if url.startswith(LOOPBACK) else []
    return urllib.request.build_opener(*handlers)


def _message(error: urllib.error.HTTPError) -> tuple[str, bool]:
    """Return the error's message, and whether it is the API's own. Gateway's errors have another form."""
    try:
        body = json.loads(error.read())
        ours = "error" in body
        return str(body["error"]["message"] if ours else body.get("message") or body["Message"]), ours
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(error.reason), False


def _reason(error: Exception) -> str:
    """Return why there was no answer, without the text that Python adds."""
    reason = getattr(error, "reason", error)
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "the answer is not JSON"
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return "the connection closed before the answer was complete"
    return (reason.strerror if isinstance(reason, OSError) else "") or str(reason)


def _with(text: str, hint: str) -> str:
    return f"{text}; {hint}" if hint else text
