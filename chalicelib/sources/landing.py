"""Lands what is new in a source, one window at a time.

Guarantees that every row lands at least once, wherever a worker is killed, and that the bookmark never moves back. A
page's key derives from the object, the window and the page's number. For that reason a window that is read again is
written to the same keys, and the same content makes no second run. The merge by key absorbs rows that land twice.

worker 1: fixes window 1, lands its pages, is killed | bookmark: done up to 0, window 1 is open
worker 2: reads window 1 again into the same keys    | bookmark: done up to 1
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from chalicelib.domain.run.ids import digest
from chalicelib.ports import Bookmarks, ObjectStore
from chalicelib.sources.source import Source, Window


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A source's bookmark."""

    done: str = ""
    """The end of the last window whose pages have all landed."""
    until: str = ""
    """The end of the window that is being read; empty if no window is being read."""

    @classmethod
    def read(cls, text: str) -> Progress:
        return cls(**json.loads(text)) if text else cls()

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))


def land(source: Source, objects: ObjectStore, bookmarks: Bookmarks, bucket: str) -> bool:
    """Land one window. Return whether there was one; then there may be more. Raises what the ports raise."""
    name = f"source/{source.object}"
    seen = bookmarks.get(name)
    progress = Progress.read(seen)
    if not progress.until:
        stop = source.position()
        if stop <= progress.done:
            return False
        progress = replace(progress, until=stop)
        if not bookmarks.move(name, seen, progress.text):
            return True  # another worker has fixed a window
    window = Window(start=progress.done, stop=progress.until)
    for number, page in enumerate(source.pages(window), 1):
        objects.put(bucket, page_key(source, window, number), page)
    bookmarks.move(name, progress.text, Progress(done=progress.until).text)  # if it fails, another worker was faster
    return True


def page_key(source: Source, window: Window, number: int) -> str:
    """Return the key of a page: below the object's landing folder, the same whenever the window is read."""
    work = digest("page", source.object, window.start, window.stop)
    return f"incoming/{source.object}/{work}-{number:05d}{source.ending}"
