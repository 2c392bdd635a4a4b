"""Planted bugs of exports."""

from __future__ import annotations

from tests.simulation.cuts import EXPORTING, EXPORTS, LOADING, SWEEP, bug

OF_EXPORTS = (
    bug(
        "an export is recorded before its file is moved",
        (EXPORTING, "        self.change(self.progress.moved())\n", ""),
        (
            EXPORTING,
            "        if found:\n            self.ctx.objects.copy(found[0], key)\n",
            "        self.change(self.progress.moved())\n"
            "        if found:\n            self.ctx.objects.copy(found[0], key)\n",
        ),
    ),
    bug(
        "an older export replaces a newer one: nobody holds what is moved, and it stays there",
        (EXPORTS, "lease_until=now + MOVE_SECONDS", "lease_until=0.0"),
        (EXPORTING, "        self._remove(found)\n", ""),
    ),
    bug(
        "an export counts for loads that came while it was written",
        (EXPORTS, "exported=self.taken,", "exported=9**9 if self.taken else 0,"),
    ),
    bug(
        "an export is asked for once its runs are LOADED",
        (
            LOADING,
            "        request_export(self.ctx, runs, rows)\n",
            "",
        ),
        (
            LOADING,
            "        stopped = isinstance(failure, Retryable)",
            "        request_export(self.ctx, runs, rows)\n        stopped = isinstance(failure, Retryable)",
        ),
    ),
    bug(
        "two exports share a folder",
        (EXPORTING, "str(self.progress.tried), str(self.progress.taken_at))", '"")'),
        (EXPORTING, "        self._remove(found)\n", ""),
    ),
    bug("the sweep does not look at exports", (SWEEP, "if export and export.due:", "if False:")),
)
