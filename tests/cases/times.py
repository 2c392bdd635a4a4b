"""Dates and times as people write them: what is written, and what the table holds then."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cases.case import Bad

NO_DATE, NO_TIME = Bad(code=1205), Bad(code=1206)

VALUES: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("timestamp", "required = false"): {
        "2031-07-04 10:00:00.1234560": "2031-07-04 10:00:00.123456",
        "2031-07-04 10:00:00.1234567": NO_TIME,
        "2031-07-04 22:19:42.999999945": NO_TIME,
    },
    ("date", 'format = "M/D/YYYY"'): {
        "7/4/2031": "2031-07-04",
        "12/31/2031": "2031-12-31",
        "07/04/2031": "2031-07-04",
        "13/1/2031": NO_DATE,
        "2/30/2031": NO_DATE,
        "7/4/31": NO_DATE,
        "7/4/": NO_DATE,
    },
    ("date", 'format = "D.M.YY", century_from = 1930'): {
        "4.7.31": "1931-07-04",
        "4.7.29": "2029-07-04",
        "29.2.28": "2028-02-29",
        "29.2.30": NO_DATE,
        "4.7.2031": NO_DATE,
    },
    ("date", 'format = "DD.MM.YYYY"'): {
        "04.07.2031": "2031-07-04",
        "4.7.2031": NO_DATE,
        "31.06.2031": NO_DATE,
        "04/07/2031": NO_DATE,
    },
    ("timestamp", 'format = "M/D/YYYY H12:MI:SS AM"'): {
        "4/7/2031 1:30:00 pm": "2031-04-07 13:30:00",
        "4/7/2031 12:00:00 AM": "2031-04-07 00:00:00",
        "4/7/2031 13:30:00 PM": NO_TIME,
    },
    ("timestamp", 'format = "epochsecs"'): {
        "1924992000": "2031-01-01 00:00:00",
        "0": "1970-01-01 00:00:00",
        "-1": "1969-12-31 23:59:59",
        "1.5": NO_TIME,
        "x": NO_TIME,
    },
    ("timestamp", 'format = "epochmillisecs"'): {
        "1924992000123": "2031-01-01 00:00:00.123",
        "-1": "1969-12-31 23:59:59.999",
    },
    ("timestamptz", 'timezone = "Europe/Oslo"'): {
        "2031-07-04 10:00:00": "2031-07-04 10:00:00+02:00",
        "2031-01-04 10:00:00": "2031-01-04 10:00:00+01:00",
        "2031-10-26 02:30:00": NO_TIME,
        "2031-03-30 02:30:00": NO_TIME,
        "2031-10-26 04:30:00": "2031-10-26 04:30:00+01:00",
    },
}
"""By type and settings: what stands in the file, and the value in the table, or why its row is rejected."""
