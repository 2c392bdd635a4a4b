"""The fields of a run that may change."""

from __future__ import annotations

from typing import TypedDict

from chalicelib.domain.run.model import Counts, Problem, RunState, SourceObject


class RunChanges(TypedDict, total=False):
    """The fields of a run that may change; each has the meaning of the field in `Run`."""

    object: str
    source: SourceObject
    state: RunState
    generation: int
    chunks: int
    staged: int
    bytes_staged: int
    reopened: int
    text_bytes: int
    counts: Counts
    left_out: dict[str, int]
    altered: dict[str, int]
    problem: Problem | None
    target: str
    shape: str
    load_attempt: int
    copy_rounds: int
    failed_loads: int
    max_group_size: int
    archive_key: str
    reads: SourceObject | None
    parent_updated: bool
    notified: bool
    cancel_requested: bool
    fingerprint: str
    accepted_by: str
    skips_window: bool
    window_ends: float
    moments: dict[str, float]
