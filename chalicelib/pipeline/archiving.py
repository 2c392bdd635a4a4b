"""The archive of a loaded source: copy it, verify the copy, then delete it where it landed."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import NOT_KEPT, Run, SourceObject
from chalicelib.errors import SourceChanged, SourceGone
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.side_files import archive_side_file


def archived(ctx: Context, run: Run) -> str:
    """Archive source and side file. Return its key, or NOT_KEPT. After the notice, archive a second drop too."""
    key, source = keys.archive(run), run.source
    archive_side_file(ctx, run, key)
    kept = _archive_copy(ctx, source, key)
    if run.notified:
        with suppress(SourceGone):
            again = ctx.objects.head(source.bucket, source.key)
            kept = (again.etag == source.etag and _archive_copy(ctx, again, key)) or kept
    return key if kept else NOT_KEPT


def _archive_copy(ctx: Context, source: SourceObject, key: str) -> bool:
    """Move a source to the archive. Return whether the archive has it."""
    try:
        ctx.objects.copy(source, key)
    except (SourceGone, SourceChanged):
        return any(copy.key == key for copy in ctx.objects.list(source.bucket, key))
    ctx.objects.delete(source)
    return True
