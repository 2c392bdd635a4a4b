"""What people are told about a run. Names, counts and reasons; never a row's value."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run

MOST_UNROUTED = 20
"""Notices a day about files that no contract knows: a sender could put millions of them."""
DAY = 86_400


def one_more(mark: str, now: float) -> str:
    """The mark after one more such notice today, by the mark so far (`<day> <count>`); empty if there were enough."""
    today = str(int(now // DAY))
    day, _, count = mark.partition(" ")
    sent = int(count) if day == today else 0
    return f"{today} {sent + 1}" if sent < MOST_UNROUTED else ""


def notice(run: Run) -> dict[str, Any]:
    """The message for one outcome. `id` is the same however often it is sent."""
    return {
        "id": f"{run.load_id}-{run.state.value}",
        "state": run.state.value,
        "object": run.object,
        "run": run.run_id,
        "load_id": run.load_id,
        "file": f"s3://{run.source.bucket}/{run.source.key}",
        "archived_at": run.archive_key,
        "corrects": run.corrects.run_id if run.corrects else "",
        "rows": asdict(run.counts),
        "rejects": f"s3://{run.source.bucket}/{keys.rejects_prefix(run)}" if run.counts.rejected else "",
        "problem": asdict(run.problem) if run.problem else None,
    }
