"""Calls a contract's function with rows as a pandas DataFrame, and takes its result.

The labels of the index are the places of the rows in the file. They must come back, so that every row is accounted for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.transform import Transform
from chalicelib.domain.staging.transform import Changed, Given, Values
from chalicelib.errors import Broken
from chalicelib.transforms.functions import failure
from chalicelib.transforms.row_error import RowError
from chalicelib.transforms.values import DtypeError, Form, form_of, same_values
from chalicelib.visible import visible

INDEX = "byte_offset"
"""The name of the index: where a row begins in its file."""
LONGEST_REASON = 200


@dataclass(frozen=True, kw_only=True)
class Call:
    """The function of a contract, to be called with rows."""

    transform: Transform
    function: Callable[[Any], object]
    read: Sequence[Column]
    """The columns of the function's input."""
    staged: Sequence[Column]
    """The columns of its result."""

    @classmethod
    def of(cls, contract: Contract, transform: Transform, function: Callable[[Any], object]) -> Call:
        """Return the call of a contract's function."""
        return cls(transform=transform, function=function, read=contract.as_read.columns, staged=contract.columns)

    def __call__(self, given: Given) -> Changed:
        """Return the changed rows. Raises Broken."""
        frame = self._frame(given)
        failed = None
        try:
            result = self.function(frame.copy(deep=True))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the function is not ours
            failed = failure(self.transform, error)
        if failed:  # the function's own error may have values: it is not chained
            raise failed
        return self._changed(frame, result)

    @cached_property
    def _forms(self) -> dict[str, Form]:
        """The form of each column of the function's input."""
        return {column.name: form_of(column.type) for column in self.read}

    def _frame(self, given: Given) -> pd.DataFrame:
        """Return the rows. A column that the file does not have is NULL."""
        index = pd.Index(given.offsets, name=INDEX)
        absent = [None] * len(index)
        columns = {name: form.series(given.columns.get(name, absent), index) for name, form in self._forms.items()}
        return pd.DataFrame(columns, index=index)

    def _changed(self, frame: pd.DataFrame, result: object) -> Changed:
        rows, errors = result if isinstance(result, tuple) and len(result) == 2 else (result, ())
        if not isinstance(rows, pd.DataFrame) or not isinstance(errors, list | tuple):
            raise self._wrong(f"a {type(result).__name__} in place of a DataFrame, alone or with a list of RowError")
        faults = dict(self._faults(frame, errors))
        places = self._places(frame, rows)
        order = [at for at in np.argsort(places, kind="stable").tolist() if int(places[at]) not in faults]
        kept = places[order]
        rows, before = rows.iloc[order], frame.iloc[kept]
        self._raise_for_names(rows)
        columns, same = dict[str, Values](), dict[str, Sequence[bool]]()
        for column in self.staged:
            columns[column.name], same[column.name] = self._texts(column, rows[column.name], before)
        return Changed(rows=kept.tolist(), columns=columns, same=same, faults=faults)

    def _places(self, frame: pd.DataFrame, rows: pd.DataFrame) -> Any:
        """Return the place of each row of the result in the input."""
        if rows.index.name != INDEX:
            raise self._wrong(f'an index that is not "{INDEX}": keep the index of the input, do not reset it')
        if not rows.index.is_unique:
            raise self._wrong("a row twice: each row of the file is at most one row of the result")
        places = frame.index.get_indexer(rows.index)
        if (places < 0).any():
            raise self._wrong("rows that it did not get: keep the labels of the index as they are")
        return places

    def _raise_for_names(self, rows: pd.DataFrame) -> None:
        names, known = [str(name) for name in rows.columns], {c.name for c in self.staged}
        problems = {
            "lacks": [name for name in known if name not in names],
            "has twice": [name for name in names if names.count(name) > 1],
            "has, but the contract does not,": [n for n in names if n not in known and n not in self._forms],
        }
        for what, found in problems.items():
            if found:
                raise self._wrong(f"a table that {what} the column {visible(sorted(found)[0])}")

    def _texts(self, column: Column, values: pd.Series[Any], before: pd.DataFrame) -> tuple[Values, Sequence[bool]]:
        """Return a column as text, and which values are as the file has them: these are not written again."""
        form, same = form_of(column.type), [False] * len(values)
        if self._forms.get(column.name) is form:
            same = same_values(values, before[column.name])
        try:
            texts = iter(form.texts(values[~np.array(same, np.bool_)], column.type))
        except DtypeError as error:
            raise self._wrong(f"a column {column.name} that {error}") from None
        return [b"" if kept else next(texts) for kept in same], same

    def _faults(self, frame: pd.DataFrame, errors: Sequence[object]) -> Iterator[tuple[int, RowFault]]:
        """Yield each rejected row with its fault; the first error of a row comes last."""
        names = {"", *self._forms, *(column.name for column in self.staged)}
        for error in reversed(errors):
            if not isinstance(error, RowError):
                raise self._wrong(f"a {type(error).__name__} among its errors, which must be RowError")
            if error.column not in names or not isinstance(error.reason, str) or not error.reason.strip():
                raise self._wrong("a RowError without a reason, or for a column that the contract does not have")
            places = frame.index.get_indexer(pd.Index(list(error.rows)))
            if (places < 0).any():
                raise self._wrong("a RowError for a row that it did not get")
            reason = visible(error.reason)[:LONGEST_REASON]
            yield from (
                (row, RowFault(column=error.column, code=RowCode.CONTRACT, reason=reason)) for row in places.tolist()
            )

    def _wrong(self, what: str) -> Broken:
        message = f"the transform {self.transform.name} returned {what}; correct it, and run the file again"
        return Broken(message, code="TRANSFORM_RESULT")


@dataclass(frozen=True, kw_only=True)
class CheckedCall:
    """A call that finds out whether the function decides on each row alone. It calls the function four times."""

    call: Call

    def __call__(self, given: Given) -> Changed:
        """Return the changed rows. Raises Broken if the same rows have another result in other company."""
        changed = self.call(given)
        wanted, count = _by_row(changed, given), len(given.offsets)
        halves = [slice(0, count // 2), slice(count // 2, count)]
        apart = [_part(given, piece) for piece in halves if piece.stop > piece.start]
        found = dict[int, object]()
        for part in apart:
            found |= _by_row(self.call(part), part)
        if found != wanted or _by_row(self.call(given), given) != wanted:
            raise Broken(
                f"the transform {self.call.transform.name} has another result for the same rows if it is called again, "
                "or with fewer rows; it must decide on each row alone, without a clock or chance",
                code="TRANSFORM_VARIES",
            )
        return changed


def _part(given: Given, rows: slice) -> Given:
    return Given(offsets=given.offsets[rows], columns={name: values[rows] for name, values in given.columns.items()})


def _by_row(changed: Changed, given: Given) -> dict[int, object]:
    """Return what becomes of each row that is not dropped, by its place in the file."""
    offsets = given.offsets.tolist()
    found: dict[int, object] = {offsets[row]: fault for row, fault in changed.faults.items()}
    both = [zip(changed.columns[name], changed.same[name], strict=True) for name in changed.columns]
    return found | {offsets[row]: values for row, values in zip(changed.rows, zip(*both, strict=True), strict=True)}
