"""The addresses of Google's APIs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where Google answers. Tests name a server of their own."""

    sheets: str = "https://sheets.googleapis.com/v4/spreadsheets"
    drive: str = "https://www.googleapis.com/drive/v3/files"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


GOOGLE = Service()
