"""Planted bugs of rejected rows that people fix."""

from __future__ import annotations

from tests.simulation.cuts import (
    AMENDS,
    MODEL,
    OUTCOMES,
    PIPELINE,
    REFUSED,
    REFUSED_PARTS,
    RESUBMITS,
    STAGING,
    WAREHOUSE,
    bug,
)

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
        (STAGING, "mark=run.mark.encode(), origins=origins)", "mark=run.mark.encode())"),
    ),
    bug("a file's books do not follow its corrections", (PIPELINE, "        update_books(self.ctx, run)\n", "")),
    bug(
        "a correction's run is there before its rows",
        (RESUBMITS, "    pipeline.ctx.objects.put(bucket, keys.row_origins(key), row_origins.to_json())\n", ""),
        (
            RESUBMITS,
            "    pipeline.ctx.runs.create(fresh, None)  # no other run has its key\n",
            "    pipeline.ctx.runs.create(fresh, None)\n"
            "    pipeline.ctx.objects.put(bucket, keys.row_origins(key), row_origins.to_json())\n",
        ),
    ),
    bug(
        "a file that was run again gets the books of the load before",
        (AMENDS, " or run.generation != corrects.generation", ""),
    ),
    bug(
        "rows that COPY refused stay in their part",
        (REFUSED_PARTS, "if offset_of(row) not in offsets)", "if True)"),
    ),
    bug(
        "a round of refused rows forgets the rounds before",
        (REFUSED, "if self.number == 1:", "if True:"),
    ),
    bug(
        "an accepted file is refused again",
        (OUTCOMES, "return as_accepted(contract) if run.accepted_by else contract", "return contract"),
    ),
)
