"""What a source needs of its secret. Errors name what is missing, and no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.errors import Refused

BAD_SECRET = "SOURCE_BAD_SECRET"  # noqa: S105  # nosec B105 - the code of an error


def require(secret: Mapping[str, str], names: Sequence[str]) -> None:
    """Raise Refused if the secret lacks one of these texts."""
    if missing := [name for name in names if not secret.get(name)]:
        raise Refused(f"the source's secret has no {missing[0]} that is a text; add it", code=BAD_SECRET)
