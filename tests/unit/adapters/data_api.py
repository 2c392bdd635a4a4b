"""The adapter of the Data API over a script of answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.adapters.memory import MemoryClock
from chalicelib.adapters.redshift_data import RedshiftData
from tests.settings import SETTINGS
from tests.unit.adapters.wire import Answer, client, reply


def warehouse(script: Any, pauses: list[float] | None = None, **settings: str) -> RedshiftData:
    sleep = (pauses if pauses is not None else []).append
    return RedshiftData(client("redshift-data", script), replace(SETTINGS, **settings), MemoryClock(), sleep=sleep)


def ended(status: str, **more: Any) -> Answer:
    return reply(Id="s", Status=status, **more)
