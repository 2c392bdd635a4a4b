"""The keys of a run's own objects in the bucket. Pure functions of the run, so every try writes the same keys.

processed/<object>/<load id>/plan.json            the ranges and columns
processed/<object>/<load id>/chunks.json          the chunks to be staged by a state machine, if they are many
processed/<object>/<load id>/text-00001           the file's text, in pieces, if it was packed or in another encoding
processed/<object>/<load id>/part-00001.csv.zst   good rows of one chunk; .json.zst if the contract stages JSON
processed/<object>/<load id>/rejects-00001.jsonl  bad rows of one chunk, lines counted from the chunk's start
processed/<object>/<load id>/manifest.json        the parts to COPY
processed/<object>/<load id>/corrections/<id>.csv  rows of that load that the operator corrected; nothing is masked
processed/<object>/<load id>/corrections/<id>.origins  where each of them comes from
processed/<object>/<group id>/manifest.json       the same for runs that are loaded together
processed/<object>/<load id>/*-without-1, refused-1, manifest-1  a part, and the rest, after COPY refused rows
rejected/<object>/<load id>/part-00001.jsonl      bad rows, lines counted from the file's start
rejected/<object>/<load id>/part-00001.refused-1.jsonl  those that COPY refused
rejected/<object>/<load id>/corrections/<load id>.json  which of them a correction has loaded, by first byte
unload/<object>/<id>/000                          what an UNLOAD writes, before it becomes the export
archive/<object>/<yyyy>/<mm>/<dd>/<run id>/<name> the source, once loaded; its side file has .ctl behind that name
"""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.domain.contract.contract import StageAs
from chalicelib.domain.export.settings import FOLDER
from chalicelib.domain.run.group import Group
from chalicelib.domain.run.model import Chunk, Correction, Run

OUTPUTS = ("processed/", "rejected/", "archive/", "unload/", FOLDER)
"""No contract may take files from below these."""

NAME_BYTES = 255
LONGEST = 1024
"""Bytes of a key in S3."""


def too_long(name: str) -> bool:
    """Return whether the name is too long for a key in S3. DynamoDB refuses to search for some of these."""
    return len(name.encode()) > LONGEST


def plan(run: Run) -> str:
    return f"processed/{run.prefix}/plan.json"


def chunk_list(run: Run) -> str:
    return f"processed/{run.prefix}/chunks.json"


def text(run: Run, number: int) -> str:
    return f"processed/{run.prefix}/text-{number:05d}"


def processed(run: Run) -> str:
    """Return the folder of a run's own staged objects."""
    return f"processed/{run.prefix}/"


def manifest(run: Run, copy_round: int = 0) -> str:
    """Return the key of the manifest after so many rounds in which COPY refused rows."""
    return f"{processed(run)}manifest{f'-{copy_round}' if copy_round else ''}.json"


def refused(run: Run, copy_round: int) -> str:
    """Return the key of the rows that COPY refused in all rounds up to that one."""
    return f"{processed(run)}refused-{copy_round}.json"


def part_without(chunk: Chunk, copy_round: int) -> str:
    """Return the key of a chunk's part without the rows that COPY refused in the rounds up to that one."""
    stem, form, packed = chunk.part.rsplit(".", 2)
    return f"{stem}-without-{copy_round}.{form}.{packed}"


def is_part_of(chunk: Chunk, key: str) -> bool:
    """Return whether the key is that of the chunk's part, or of its part without some rows."""
    return key == chunk.part or key.startswith(f"{chunk.part.rsplit('.', 2)[0]}-without-")


def group_manifest(object: str, group: Group) -> str:
    return f"processed/{object}/{group.group_id}/manifest.json"


def part(run: Run, chunk: Chunk, planned_start: int, form: StageAs) -> str:
    """Return the key of a chunk's part, whose ending names the form of its rows.

    A chunk staged again from another start gets another key: a late worker cannot overwrite the right part.
    """
    return f"processed/{run.prefix}/part-{_number(chunk, planned_start)}.{form.value}.zst"


def chunk_rejects(run: Run, chunk: Chunk, planned_start: int) -> str:
    return f"processed/{run.prefix}/rejects-{_number(chunk, planned_start)}.jsonl"


def rejects(run: Run, number: int) -> str:
    return f"{reject_parts(run)}{number:05d}.jsonl"


def refused_rejects(run: Run, number: int, copy_round: int) -> str:
    """Return the key of a chunk's rejects of one round. It sorts after the key of the chunk's other rejects."""
    return f"{reject_parts(run)}{number:05d}.refused-{copy_round}.jsonl"


def reject_parts(run: Run) -> str:
    return f"{rejects_prefix(run)}part-"


def rejects_prefix(run: Run) -> str:
    return f"rejected/{run.prefix}/"


def corrected(run: Run, name: str) -> str:
    """Return the source of a run that corrects rejects of `run`."""
    return f"processed/{run.prefix}/corrections/{name}.csv"


def row_origins(source_key: str) -> str:
    return source_key.removesuffix(".csv") + ".origins"


def loaded_corrections(object: str, load_id: str) -> str:
    """Return the folder where each load of corrections records which rejects of that load it merged."""
    return f"rejected/{object}/{load_id}/corrections/"


def loaded_correction(run: Run, corrects: Correction) -> str:
    return f"{loaded_corrections(run.object, corrects.load_id)}{run.load_id}.json"


def archive(run: Run) -> str:
    """Return the archive key. The run id separates versions of one file; the file name is shortened to fit S3."""
    day = datetime.fromtimestamp(run.source.last_modified, UTC)
    name = run.source.name.encode()[-NAME_BYTES:].decode(errors="ignore")
    return f"archive/{run.object}/{day:%Y/%m/%d}/{run.run_id}/{name}"


def unloaded(object: str, name: str) -> str:
    """Return the folder of one UNLOAD."""
    return f"unload/{object}/{name}/"


def export_requests(object: str) -> str:
    """Return the bookmark that counts the loads of an object."""
    return f"export requests/{object}"


def export_progress(object: str) -> str:
    """Return the bookmark with the record of an object's export."""
    return f"export/{object}"


def _number(chunk: Chunk, planned_start: int) -> str:
    again = "" if chunk.start == planned_start else f"-from-{chunk.start}"
    return f"{chunk.number:05d}{again}"
