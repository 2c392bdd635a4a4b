"""A wiring of given parts, for the handlers of app.py."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.adapters.secrets import Tokens
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.pipeline.pipeline import Pipeline


@dataclass(frozen=True, kw_only=True)
class Wired:
    """The pipeline, and the two adapters that only handlers use."""

    pipeline: Pipeline
    queue: SqsQueue
    tokens: Tokens
