"""The notices of runs. They have names, counts and reasons, but never a row's value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chalicelib.domain.contract.tally import listed, total
from chalicelib.domain.export.progress import ExportProgress
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import NOT_KEPT, Run, RunState
from chalicelib.domain.source.progress import Progress
from chalicelib.errors import LandfallError
from chalicelib.visible import visible

MOST_UNROUTED = 20
"""Notices a day about files without a contract: a sender could upload millions of them."""
DAY = 86_400
SOURCE_FAILED = "SOURCE_FAILED"
"""The state in the notice of a source that cannot be read."""
EXPORT_FAILED = "EXPORT_FAILED"
"""The state in the notice of an export that cannot be written, and the code if the warehouse refuses it."""
OUTCOMES = {
    RunState.LOADED: "was loaded",
    RunState.REJECTED: "was rejected: none of its rows is loaded",
    RunState.FAILED: "failed to load: none of its rows is loaded",
    RunState.SUPERSEDED: "was not loaded: a newer version replaced it",
    RunState.CANCELLED: "was not loaded: the operator cancelled its run",
    RunState.UNROUTED: "was not loaded: no contract covers where it landed",
}
"""The outcome of a file, by the final state of its run."""
BELOW = "\n\n"
"""Separates a mail's text from its JSON: the text has no blank line, and JSON no line break."""


def one_more(mark: str, now: float) -> str:
    """Return the bookmark after one more such notice today (`<day> <count>`); empty if the day's limit is reached."""
    today = str(int(now // DAY))
    day, _, count = mark.partition(" ")
    sent = int(count) if day == today else 0
    return f"{today} {sent + 1}" if sent < MOST_UNROUTED else ""


def notice(run: Run) -> dict[str, Any]:
    """Return the message for one outcome. `id` is the same however often it is sent."""
    return {
        "id": f"{run.load_id}-{run.state.value}",
        "state": run.state.value,
        "object": run.object,
        "run": run.run_id,
        "load_id": run.load_id,
        "file": f"s3://{run.source.bucket}/{run.source.key}",
        "archived_at": run.archive_key,
        "corrects": run.corrects.run_id if run.corrects else "",
        "accepted_by": run.accepted_by,
        "rows": asdict(run.counts),
        "left_out": total([run.left_out]),
        "altered": total([run.altered]),
        "rejects": f"s3://{run.source.bucket}/{keys.rejects_prefix(run)}" if run.counts.rejected else "",
        "problem": asdict(run.problem) if run.problem else None,
    }


def source_notice(object: str, progress: Progress, error: LandfallError) -> dict[str, Any]:
    """Return the message for a source that cannot be read."""
    return {
        "id": f"source-{object}-{progress.succeeded_at:.0f}",
        "state": SOURCE_FAILED,
        "object": object,
        "done": progress.done,
        "problem": {"code": error.code, "message": error.message},
    }


def export_notice(object: str, file: str, progress: ExportProgress, error: LandfallError) -> dict[str, Any]:
    """Return the message for an export that cannot be written."""
    return {
        "id": f"export-{object}-{progress.exported_at:.0f}",
        "state": EXPORT_FAILED,
        "object": object,
        "file": file,
        "problem": {"code": error.code, "message": error.message},
    }


def mail(message: Mapping[str, Any]) -> str:
    """Return the message as a person reads it, and below it as JSON for a program."""
    return f"{_text(message)}{BELOW}{json.dumps(message)}"


def read_mail(text: str) -> dict[str, Any]:
    """Return the message of a mail."""
    return dict(json.loads(text.partition(BELOW)[2]))


def _text(message: Mapping[str, Any]) -> str:
    if message["state"] == SOURCE_FAILED:
        return _source_text(message)
    if message["state"] == EXPORT_FAILED:
        return _export_text(message)
    name = str(message["file"]).rsplit("/", 1)[-1]
    lines = {
        "Object": message.get("object"),
        "File": message["file"],
        "Rows": ", ".join(f"{count:,} {kind}" for kind, count in message["rows"].items() if count),
        "Left out": listed(message.get("left_out", {})),
        "Altered values": listed(message.get("altered", {})),
        "Problem": _problem(message.get("problem") or {}),
        "Rejected rows": message.get("rejects"),
        "Accepted by": message.get("accepted_by"),
        "Archived as": str(message.get("archived_at", "")).removeprefix(NOT_KEPT),
        "Corrects run": message.get("corrects"),
        "Run": message["run"],
    }
    first = f"The file {name} {OUTCOMES[RunState(message['state'])]}."
    return _with_lines(first, lines)


def _source_text(message: Mapping[str, Any]) -> str:
    lines = {"Problem": _problem(message["problem"]), "Read up to": message["done"] or "nothing yet"}
    first = f"The source of {message['object']} cannot be read. Landfall tries again until it can."
    return _with_lines(first, lines)


def _export_text(message: Mapping[str, Any]) -> str:
    lines = {"File": message["file"], "Problem": _problem(message["problem"])}
    first = f"The export of {message['object']} cannot be written. Its file stays as it is; Landfall tries again."
    return _with_lines(first, lines)


def _with_lines(first: str, lines: Mapping[str, Any]) -> str:
    """Return a sentence, and below it a line for each fact that is there."""
    return "\n".join(map(visible, [first, *(f"{what}: {text}" for what, text in lines.items() if text)]))


def _problem(problem: Mapping[str, Any]) -> str:
    line = f", line {problem['line']:,}" if problem.get("line") else ""
    return f"{problem['message']} ({problem['code']}{line})" if problem else ""
