"""The API's JSON of a source."""

from __future__ import annotations

from typing import Any

from chalicelib.api.views import last_error, moment, moment_or_none
from chalicelib.operations.sources import SourceState


def source(found: SourceState) -> dict[str, Any]:
    """Return a source, and how far it has been read."""
    progress = found.progress
    return {
        "object": found.object,
        "kind": found.settings.kind,
        "state": _state(found),
        "read_up_to": progress.done or None,
        "window": {"from": progress.start, "to": progress.until, "files": progress.files} if progress.open else None,
        "requested": {"from": progress.wanted[0], "to": progress.wanted[1]} if progress.wanted else None,
        "succeeded_at": moment_or_none(progress.succeeded_at),
        "next_at": moment(max(found.next_at, progress.not_before)),
        "behind": found.behind,
        "tries": progress.tries,
        "error": last_error(progress.code, progress.message),
    }


def _state(found: SourceState) -> str:
    """Return the state that docs/reference/api.md documents: what the source does now, or why it does nothing."""
    progress = found.progress
    if progress.lease_until > found.now:
        return "READING"
    if progress.code:
        return "FAILING"
    if progress.not_before > found.now:
        return "PAUSED"
    return "WAITING"
