"""Transforms of tasks, matters and cases."""

from decimal import Decimal

from chalicelib.transforms.row_error import RowError


def estimated(frame):
    """Turn `1h 30m` into 1.50 hours, rounded to what the column keeps."""
    parts = frame["estimate"].str.extract("(?:([0-9]+)h)? ?(?:([0-9]+)m)?")
    minutes = parts[0].fillna("0").astype("Int64") * 60 + parts[1].fillna("0").astype("Int64")
    hours = minutes.map(lambda value: (Decimal(value) / 60).quantize(Decimal("0.01"))).astype(object)
    return frame.assign(estimated_hours=hours.where(frame["estimate"].notna(), None))


def in_order(frame):
    """Reject matters that close before they open."""
    late = frame.index[frame["closed_on"] < frame["opened_on"]]
    return frame, [RowError(late, "closed_on", "is before opened_on")]


def court_and_state(frame):
    """Split `Ulm (BW)` into court and state; other texts stay."""
    parts = frame["court"].str.extract(r"^(.*?) *\((.*)\)$")
    return frame.assign(court=parts[0].fillna(frame["court"]), jurisdiction=parts[1].fillna(frame["jurisdiction"]))
