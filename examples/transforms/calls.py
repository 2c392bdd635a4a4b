"""Transforms of queues and contacts."""

from decimal import Decimal


def share(frame):
    """Read 80 as 80 %: a share is at most 1."""
    level = [value / 100 if value is not None and value > Decimal(1) else value for value in frame["service_level"]]
    return frame.assign(service_level=level)


def talk(frame):
    """Fill in missing seconds of talk from the two times."""
    seconds = (frame["ended_at"] - frame["started_at"]).dt.total_seconds().astype("Int64")
    return frame.assign(talk_seconds=frame["talk_seconds"].fillna(seconds))
