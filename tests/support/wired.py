"""A wiring of given parts, for the handlers of app.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.adapters.secrets import Tokens
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Queue
from chalicelib.sources.source import Source


def no_source(object: str, settings: SourceSettings) -> Source:
    """There is none."""
    raise NotImplementedError(object)


@dataclass(frozen=True, kw_only=True)
class Wired:
    """The pipeline, and the two adapters that only handlers use."""

    pipeline: Pipeline
    queue: SqsQueue
    tokens: Tokens
    connect: Callable[[str, SourceSettings], Source] = no_source

    @property
    def work(self) -> Queue:
        """What the pipeline sends messages for runs to."""
        return self.pipeline.ctx.queue
