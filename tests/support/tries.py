"""What workers leave behind that were killed at each try of a message."""

from __future__ import annotations

from chalicelib.domain.run.model import ChunkTask
from chalicelib.pipeline.context import Context


def killed_each_time(ctx: Context, work: ChunkTask | str) -> None:
    """Leave as many tries on record as a message has."""
    if isinstance(work, ChunkTask):
        ctx.chunks.begin(work)
    for _ in range(ctx.settings.max_attempts):
        ctx.tries.count(work)
