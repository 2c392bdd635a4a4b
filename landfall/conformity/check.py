"""One check: statements, and what they must lead to. The list of checks is data, in the TOML files beside this."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from chalicelib.domain.run.load_errors import meaning
from landfall.conformity.session import End, Session

FOLDER = Path(__file__).parent / "checks"


class Check(Protocol):
    """Something that Landfall assumes of a warehouse."""

    @property
    def name(self) -> str: ...
    @property
    def why(self) -> str:
        """What goes wrong in Landfall where it does not hold."""
        ...

    @property
    def expected(self) -> str: ...
    @property
    def only_slower(self) -> bool:
        """Landfall works without it, but not at its best."""
        ...

    def see(self, session: Session) -> str:
        """Return what the warehouse does. It is as assumed if it is what is expected."""
        ...


@dataclass(frozen=True, kw_only=True)
class Statements:
    """A check that is statements: some to prepare, one batch, and a query of what came of it."""

    name: str
    why: str
    setup: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    repeat: int = 1
    """How many times the batch's statements are in it."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    rows: tuple[tuple[Any, ...], ...] = ()
    """What the query, or the batch's last statement, must find."""
    fails: str = ""
    """A pattern for the error that the batch must end with."""
    cause: str = ""
    """The cause that Landfall must read from the error."""
    only_slower: bool = False

    def __post_init__(self) -> None:
        if not (self.batch or self.query) or not (self.rows or self.fails):
            raise ValueError(f"{self.name}: a check runs something, and expects rows or an error")

    @property
    def expected(self) -> str:
        failure = f"fails: {self.fails}{f' ({self.cause})' if self.cause else ''}" if self.fails else ""
        return "; ".join(text for text in (failure, _json(self.rows) if self.rows else "") if text)

    def see(self, session: Session) -> str:
        for statement in self.setup:
            if (made := session.one(statement)).failed:
                return f"cannot be prepared: {made.error}"
        seen: list[str] = []
        if self.batch:
            end = session.run(self.batch * self.repeat, self.parameters)
            if end.failed:
                seen.append(self._failure(end))
            elif not self.query:
                return _json(session.rows(f"{end.id}:{len(self.batch) * self.repeat}"))
        if self.query:
            found = session.found(self.query)
            seen.append(f"the query fails: {found}" if isinstance(found, str) else _json(found))
        return "; ".join(seen)

    def _failure(self, end: End) -> str:
        """Return the error, in the words of the expectation if it is the expected one."""
        cause = meaning(end.error).cause.name
        if self.fails and re.search(self.fails, end.error) and self.cause in ("", cause):
            return f"fails: {self.fails}{f' ({self.cause})' if self.cause else ''}"
        return f"fails: {end.error} ({cause})"


def statements(folder: Path = FOLDER) -> Iterator[Statements]:
    """Yield the checks of a folder's files."""
    for file in sorted(folder.glob("*.toml")):
        for written in tomllib.loads(file.read_text(encoding="utf-8"))["check"]:
            yield Statements(**{name: _frozen(value) for name, value in written.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _json(rows: Any) -> str:
    return json.dumps(rows, ensure_ascii=False)
