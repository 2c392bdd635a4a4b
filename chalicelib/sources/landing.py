"""Lands what is new in a source, one window at a time.

Guarantees that every row lands at least once, wherever a worker is killed, and that the record never moves back. A
file's key derives from the object, the window, the file's number and its content. For that reason a window that is read
again writes the same files again, and the same content makes no second run. If the source has changed meanwhile, the
new file replaces none: the merge by key absorbs rows that land twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chalicelib.domain.run.ids import digest
from chalicelib.domain.source.position import Cursor, at, earlier, landing_folder, moment_of
from chalicelib.domain.source.progress import Progress
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import Refused, Retryable
from chalicelib.sources.source import Source, TokenExpired, Window


class LeaseLost(Exception):
    """Another worker has changed the record: this one stops."""


class Record(Protocol):
    """The record of a source, of which this worker holds the lease."""

    progress: Progress

    def change(self, progress: Progress) -> None:
        """Store the record, if it is still the one that was read. Raises LeaseLost."""


@dataclass(frozen=True, kw_only=True)
class Landing:
    """The landing of one source's windows."""

    object: str
    settings: SourceSettings
    source: Source
    put: Callable[[str, bytes], None]
    """Writes a file to the bucket."""
    record: Record
    has_time: Callable[[], bool]
    file_bytes: float
    """Pages are joined to files of at least this size, while there is time."""

    def window(self) -> bool:
        """Land the open window, or the next one. Return whether there may be more to land.

        Stops at the end of a page once the time is up, if the source can continue there. What was read before a pause
        or a fault that may pass stays: a source that limits requests would else never be read to its end.
        """
        if not self.record.progress.open and not self._open():
            return False
        progress = self.record.progress
        window = Window(start=progress.start, stop=progress.until)
        files, content, token = progress.files, bytearray(), ""
        try:
            for page in self.source.pages(window, progress.token):
                content += page.content
                token = page.token
                stops = bool(token) and not self.has_time()
                if stops or len(content) >= self.file_bytes:
                    files = self._keep(window, files, content, token)
                    content.clear()
                if stops:
                    return True
        except TokenExpired:
            self.record.change(self.record.progress.restarted())
            raise
        except Retryable:
            if token:
                self._keep(window, files, content, token)
            raise
        if content:
            files = self._land(window, files, content, token)
        self.record.change(self.record.progress.closed(files))
        return progress.again or bool(self.settings.max_window)

    def _open(self) -> bool:
        progress = self.record.progress
        if progress.wanted:
            start, until = progress.wanted
            self.record.change(progress.opened(start, until, again=True))
            return True
        until = self.source.position()
        if not until or until <= (progress.done or self.settings.begin):
            return False
        start = self._start(progress.done)
        self.record.change(progress.opened(start, self._end(start, progress.done, until)))
        return True

    def _start(self, done: str) -> str:
        if not done:
            return self.settings.begin
        if self.settings.cursor is Cursor.NUMBER:
            return str(max(int(done) - int(self.settings.look_back), 0)).zfill(len(done))
        return earlier(done, self.settings.look_back)

    def _end(self, start: str, done: str, until: str) -> str:
        """Return the window's end: at most `max_window` after what is done, so that each window goes on."""
        if not self.settings.max_window:
            return until
        longest = at(moment_of(done or start) + timedelta(seconds=self.settings.max_window))
        return min(until, longest)

    def _keep(self, window: Window, files: int, content: bytearray, token: str) -> int:
        """Land the pages that were read, and store what the source continues with. Raises Refused."""
        if self.record.progress.repeats(token):
            raise Refused("a next page was named twice; the pages do not end", code="SOURCE_REPEATS")
        if not content:
            self.record.change(self.record.progress.at(token))
            return files
        return self._land(window, files, content, token)

    def _land(self, window: Window, files: int, content: bytearray, token: str) -> int:
        body = bytes(content)
        self.put(file_key(self.object, window, files + 1, body), body)
        self.record.change(self.record.progress.landed(files + 1, token))
        return files + 1


def file_key(object: str, window: Window, number: int, body: bytes) -> str:
    """Return the key of a file: below the object's landing folder, the same whenever the same content is read."""
    work = digest("page", object, window.start, window.stop, hashlib.sha256(body).hexdigest())
    return f"{landing_folder(object)}{work}-{number:05d}.json"
