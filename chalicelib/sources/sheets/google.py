"""Requests to Google's APIs of Sheets and Drive, as a service account, through gspread.

Guarantees that errors name neither the key nor a value of the sheet. A limit that Google reports is a pause.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.service_account import Credentials
from gspread import HTTPClient
from gspread.exceptions import APIError

from chalicelib.errors import LandfallError, Refused, Retryable
from chalicelib.sources.secret import BAD_SECRET
from chalicelib.sources.sheets.service import Service
from chalicelib.sources.source import Paused

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets.readonly",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)
TIMEOUT = (10.0, 180.0)
"""Google ends a request after 180 seconds."""
TRIES = 3
USUAL_PAUSE, LONGEST_PAUSE = 60.0, 3_600.0
"""The limits are counted by the minute."""
PASSING = (408, 500, 502, 503, 504)
LIMITS = ("rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED")
DISABLED = ("accessNotConfigured", "SERVICE_DISABLED")
BEYOND_THE_GRID = "exceeds grid limits"


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Robot(Credentials):
    """A service account that sends nothing but requests for tokens.

    google-auth's own method also starts a thread that requests regions from another address.
    """

    def before_request(self, request: Any, method: str, url: str, headers: dict[str, str]) -> None:  # noqa: ARG002
        """Add the token to the headers of a request."""
        if not self.valid:
            self.refresh(request)  # type: ignore[no-untyped-call]
        self.apply(headers)  # type: ignore[no-untyped-call]


class Google:
    """A spreadsheet, as a service account sees it."""

    def __init__(
        self,
        secret: Mapping[str, str],
        service: Service,
        spreadsheet: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises Refused if the secret is not the key of a service account."""
        self.email = secret.get("client_email", "")
        info = {"token_uri": service.token, **secret}
        if info["token_uri"] != service.token:
            fault = f"the secret's token_uri is not {service.token}; use the key as Google gave it"
            raise Refused(fault, code=BAD_SECRET)
        try:
            credentials = Robot.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
        except (ValueError, GoogleAuthError):
            credentials = None
        if not credentials or not self.email:
            fault = "the source's secret is not the key of a service account; store the JSON file that Google gave"
            raise Refused(fault, code=BAD_SECRET)
        self._client = HTTPClient(credentials)
        self._client.set_timeout(TIMEOUT)
        self._service, self._id, self._sleep = service, quote(spreadsheet, safe=""), sleep

    def close(self) -> None:
        """Close the connections."""
        self._client.session.close()

    def version(self) -> int:
        """Return the version of the file, which grows with each change."""
        found = self._get(f"{self._service.drive}/{self._id}", {"fields": "version", "supportsAllDrives": "true"})
        return int(found["version"])

    def spreadsheet(self, fields: str, area: str = "") -> dict[str, Any]:
        """Return some fields of the spreadsheet, and of the cells in an area."""
        parameters = {"fields": fields} | ({"ranges": area} if area else {})
        return self._get(f"{self._service.sheets}/{self._id}", parameters)

    def _get(self, url: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        for attempt in range(1, TRIES + 1):
            try:
                text = self._client.request("get", url, params=dict(parameters)).text
                found: dict[str, Any] = json.loads(text, parse_float=Number, parse_int=Number)
            except (APIError, GoogleAuthError, requests.RequestException, ValueError) as error:
                fault = self._fault(error)
                if isinstance(fault, Paused) or not isinstance(fault, Retryable) or attempt == TRIES:
                    raise fault from None
                self._sleep(2.0 ** (attempt - 1))
            else:
                return found
        raise AssertionError

    def _fault(self, error: Exception) -> LandfallError:
        if isinstance(error, APIError):
            return self._refusal(error)
        if isinstance(error, RefreshError) and not error.retryable:
            fault = f"Google gives {self.email} no token; renew its key, and store it as the secret"
            return Refused(fault, code=BAD_SECRET)
        if isinstance(error, RefreshError | TransportError | requests.RequestException):
            return Retryable(f"Google did not answer: {type(error).__name__}", code="SOURCE_SILENT")
        return Retryable("Google did not answer with JSON", code="SOURCE_SILENT")

    def _refusal(self, error: APIError) -> LandfallError:
        status, text = error.response.status_code, error.response.text
        pause = error.response.headers.get("Retry-After", "")
        if status == 429 or (status == 503 and pause) or (status == 403 and any(limit in text for limit in LIMITS)):
            return Paused("Google limits requests", _seconds(pause))
        if status in PASSING:
            return Retryable(f"Google answered {status}", code="SOURCE_SILENT")
        if BEYOND_THE_GRID in text:
            return Retryable("the sheet became smaller while it was read", code="SOURCE_NOT_READY")
        return self._final(status, text)

    def _final(self, status: int, text: str) -> Refused:
        """Return the error of an answer that stays the same until the operator changes something."""
        if status == 401:
            return Refused(f"Google refuses the token of {self.email} (401); renew its key", code=BAD_SECRET)
        if status == 403 and any(reason in text for reason in DISABLED):
            fault = "the Google Sheets API or the Google Drive API is not enabled in the project of the service account"
            return Refused(f"{fault}; enable both", code="SOURCE_REFUSED")
        if status in (403, 404):
            fault = f"the spreadsheet cannot be read ({status}): share it with {self.email} as a viewer"
            return Refused(f"{fault}, and check its id", code="SOURCE_NOT_SHARED")
        fault = f"Google answered {status}; check the id: the file must be a Google spreadsheet, not an Excel workbook"
        return Refused(fault, code="SOURCE_REFUSED")


def _seconds(text: str) -> float:
    return min(float(text), LONGEST_PAUSE) if text.isascii() and text.isdigit() and len(text) < 10 else USUAL_PAUSE
