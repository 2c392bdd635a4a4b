"""Planted bugs of sources, and of transforms."""

from __future__ import annotations

from tests.simulation.cuts import EXTRACTION, HTTP_SOURCE, PROGRESS, SOURCE_LANDING, TRANSFORM, bug

CLOSED = "        self.record.change(self.record.progress.closed(files))\n"
LAST = "        if content:\n            files = self._land(window, files, content, token)\n"
PUT = "        self.put(file_key(self.object, window, files + 1, body), body)\n"
NOTED = "        self.record.change(self.record.progress.landed(files + 1, token))\n"
MOVE = "self.ctx.bookmarks.move(bookmark_of(self.object), self.seen, text)"

OF_SOURCES = (
    bug("the position is stored before the last file lands", (SOURCE_LANDING, LAST + CLOSED, CLOSED + LAST)),
    bug("a file is noted before it lands", (SOURCE_LANDING, PUT + NOTED, NOTED + PUT)),
    bug("the last pages of a window do not land", (SOURCE_LANDING, "        if content:\n", "        if 0:\n")),
    bug(
        "a file's key does not derive from its window",
        (SOURCE_LANDING, "window.start, window.stop, hashlib.sha256(body).hexdigest())", ")"),
    ),
    bug(
        "a window begins where time was when the last one was read",
        (SOURCE_LANDING, "start = self._start(progress.done)", "start = self.settings.begin or until"),
    ),
    bug(
        "a lease keeps no worker out",
        (PROGRESS, "return max(self.lease_until, self.not_before) > now", "return self.not_before > now"),
    ),
    bug(
        "a worker stores a record that another one has changed",
        (EXTRACTION, f"if not {MOVE}:", "if self.ctx.bookmarks.set(bookmark_of(self.object), text):"),
    ),
    bug(
        "the message of a source that was lost is never sent again",
        (PROGRESS, "self.asked_until <= now and", "not self.asked_until and"),
    ),
    bug(
        "a window that is read again moves the position",
        (PROGRESS, "self.done if self.again else self.until", "self.until"),
    ),
    bug(
        "a pause ends the window",
        (
            EXTRACTION,
            "lease.change(lease.progress.paused(ctx.clock.now() + pause_.seconds))",
            "lease.change(lease.progress.closed(0))\n"
            "            lease.change(lease.progress.paused(ctx.clock.now() + pause_.seconds))",
        ),
    ),
    bug(
        "a window ends now, and transactions are still open",
        (HTTP_SOURCE, "at_seconds(surroundings.now() - surroundings.settings.lag)", "at_seconds(surroundings.now())"),
    ),
    bug(
        "a page that the source does not know any more is requested for ever",
        (SOURCE_LANDING, "            self.record.change(self.record.progress.restarted())\n", ""),
    ),
)

OF_TRANSFORMS = (
    bug(
        "what a transform changed is staged as the file has it",
        (TRANSFORM, "own if kept else new for", "own for"),
    ),
)
