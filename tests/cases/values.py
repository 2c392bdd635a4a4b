"""Values as people write them, each in a file of one row."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cases import numbers, times, words
from tests.cases.case import KEY, Altered, Bad, Layout

VALUES = {**numbers.VALUES, **words.VALUES, **times.VALUES}


def layouts() -> Iterator[Layout]:
    """Yield a file of one row for each value."""
    for (kind, settings), values in VALUES.items():
        for written, expected in values.items():
            yield Layout(
                name=f"{kind} {settings}: {written!r}",
                dialect='delimiter = "|"',
                columns=f'{KEY}\nv = {{ type = "{kind}", {settings} }}',
                text=f"id|v\n1|{written}\n",
                rows=[] if isinstance(expected, Bad) else [(1, getattr(expected, "value", expected))],
                bad=[expected] if isinstance(expected, Bad) else [],
                altered={expected.kind: 1} if isinstance(expected, Altered) else {},
            )
