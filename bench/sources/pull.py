"""P: one worker reads a source to its end, and lands its pages in S3."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.adapters.clients import client
from chalicelib.adapters.s3 import S3Objects
from chalicelib.config import Settings
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.source.progress import Progress
from chalicelib.sources.landing import Landing
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Source, Surroundings


class Record:
    """The record of a source, in memory."""

    progress = Progress()

    def change(self, progress: Progress) -> None:
        self.progress = progress


def landfall(bucket: str, contract: str, secret: str, service: str) -> dict[str, Any]:
    """Read everything as `read_source` does, without a limit of time."""
    agreed = read_contract(Path(contract).name, Path(contract).read_bytes())
    settings = agreed.source
    assert settings
    around = Surroundings(
        object=agreed.name,
        settings=settings,
        secret=lambda: json.loads(secret),
        now=time.time,
        columns=agreed.columns,
        loopback=True,
    )
    record, landed = Record(), list[int]()
    objects = S3Objects(client("s3"))

    def put(key: str, body: bytes) -> None:
        objects.put(bucket, key, body)
        landed.append(body.count(b"\n"))

    landing = Landing(
        object=agreed.name,
        settings=settings,
        source=_source(around, service),
        put=put,
        record=record,
        has_time=partial(bool, True),
        file_bytes=Settings.source_file_mb * 1e6,
    )
    landing.window()
    return {"rows": sum(landed), "files": len(landed), "done": record.progress.done}


def _source(around: Surroundings, service: str) -> Source:
    """Return the source of the contract; a sheet's is another server than Google's."""
    if around.settings.sheets is None:
        return connect(around)
    from chalicelib.sources.sheets.google import Google
    from chalicelib.sources.sheets.service import Service
    from chalicelib.sources.sheets.source import SheetsSource

    google = Google(around.secret(), Service(**json.loads(service)), around.settings.sheets.spreadsheet)
    return SheetsSource(around, google)
