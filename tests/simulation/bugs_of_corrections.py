"""Planted bugs of rejected rows that people fix."""

from __future__ import annotations

from tests.simulation.cuts import AMENDS, MODEL, PIPELINE, RESUBMITS, STAGING, WAREHOUSE, bug

OF_MENDS = (
    bug(
        "a row is corrected as often as it is sent",
        (WAREHOUSE, "[row for row in rows if (shares[0].corrects, row.offset) not in self.corrected]", "list(rows)"),
    ),
    bug(
        "corrected rows are as new as their correction",
        (MODEL, "        if self.corrects:\n            return self.corrects.source_order\n", ""),
    ),
    bug(
        "corrected rows are known by their place among themselves",
        (STAGING, "mark=run.mark.encode(), places=places)", "mark=run.mark.encode())"),
    ),
    bug("a file's books do not follow its corrects", (PIPELINE, "        amend_books(self, run)\n", "")),
    bug(
        "a correction's run is there before its rows",
        (RESUBMITS, "    pipeline.objects.put(bucket, keys.row_origins(key), where.to_json())\n", ""),
        (
            RESUBMITS,
            "    pipeline.runs.create(fresh, None)  # no other run has its key\n",
            "    pipeline.runs.create(fresh, None)\n"
            "    pipeline.objects.put(bucket, keys.row_origins(key), where.to_json())\n",
        ),
    ),
    bug(
        "a file that was run again gets the books of the load before",
        (AMENDS, " or run.generation != corrects.generation", ""),
    ),
)
