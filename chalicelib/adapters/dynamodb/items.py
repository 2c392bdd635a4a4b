"""Convert runs, chunks and pointers to DynamoDB items and back. An item has no None and no empty index key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from chalicelib.adapters.dynamodb.table import chunk_key, file_key, run_key
from chalicelib.domain.run.model import Chunk, ChunkState, Correction, Counts, Problem, Run, RunState, SourceObject
from chalicelib.ports import Newest

Item = dict[str, Any]
"""Attribute names to DynamoDB's typed values, such as {"N": "7"}."""
T = TypeVar("T")

COUNT_NAMES = {f.name: f"rows_{f.name}" for f in fields(Counts)}
"""Each count is an attribute of its own, because ADD works only on attributes."""


# ---- values ---------------------------------------------------------------------------------------------------------


def encode(value: Any) -> dict[str, Any]:
    """Return a value with DynamoDB's type. Numbers are exact as text: a double has at most 17 of the 38 digits."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, Enum):
        return {"S": value.value}
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {"M": {name: encode(v) for name, v in value.items() if v is not None}}
    return {"S": value}


def decode(attribute: Mapping[str, Any]) -> Any:
    kind, value = next(iter(attribute.items()))
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind == "M":
        return {name: decode(v) for name, v in value.items()}
    return value


def _made(cls: type[T], values: Mapping[str, Any]) -> T:
    """Make a dataclass from decoded values. DynamoDB stores 5.0 as 5, so the field's type decides."""
    given = {f.name: values[f.name] for f in fields(cls) if f.name in values}  # type: ignore[arg-type]
    floats = [f.name for f in fields(cls) if f.type == "float"]  # type: ignore[arg-type]
    return cls(**(given | {name: float(given[name]) for name in floats if name in given}))


def key(pair: tuple[str, str]) -> Item:
    return {"pk": {"S": pair[0]}, "sk": {"S": pair[1]}}


# ---- runs -----------------------------------------------------------------------------------------------------------


def run_item(run: Run) -> Item:
    values = {f.name: getattr(run, f.name) for f in fields(Run)}
    attributes = {name: a for name, a in run_attributes(values).items() if a is not None}
    return {**key(run_key(run.run_id)), "kind": {"S": "RUN"}, **attributes, **({} if run.finished else OPEN)}


OPEN: Item = {"open": {"S": "1"}}
"""The attribute that keeps a run in the sparse index of unfinished runs."""


def run_attributes(values: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Return the attributes for some fields of a run; an attribute that is None is to be removed."""
    out: dict[str, dict[str, Any] | None] = {}
    for name, value in values.items():
        if name == "counts":
            out.update({COUNT_NAMES[n]: encode(v) for n, v in asdict(value).items()})
            continue
        absent = value is None or (name == "object" and value == "")
        out[name] = None if absent else encode(value)
        if name == "source":
            out["name"] = encode(value.name) if value.name else None
    return out


def read_run(item: Item) -> Run:
    values = {name: decode(a) for name, a in item.items()}
    return _made(
        Run,
        {
            **values,
            "object": values.get("object", ""),
            "state": RunState(values["state"]),
            "source": _made(SourceObject, values["source"]),
            "reads": _made(SourceObject, values["reads"]) if "reads" in values else None,
            "corrects": _made(Correction, values["corrects"]) if "corrects" in values else None,
            "problem": _made(Problem, values["problem"]) if "problem" in values else None,
            "counts": Counts(**{n: values.get(a, 0) for n, a in COUNT_NAMES.items()}),
            "moments": {state: float(at) for state, at in values["moments"].items()},
        },
    )


# ---- chunks ---------------------------------------------------------------------------------------------------------


def chunk_item(chunk: Chunk) -> Item:
    values = {f.name: getattr(chunk, f.name) for f in fields(Chunk)}
    attributes = {name: encode(v) for name, v in values.items() if v is not None}
    return {**key(chunk_key(chunk.run_id, chunk.generation, chunk.number)), **attributes}


def read_chunk(item: Item) -> Chunk:
    values = {name: decode(a) for name, a in item.items()}
    first = values.get("first_reject")
    return _made(
        Chunk,
        {
            **values,
            "state": ChunkState(values["state"]),
            "first_reject": _made(Problem, first) if first else None,
        },
    )


# ---- pointers -------------------------------------------------------------------------------------------------------


def pointer_item(run: Run) -> Item:
    source = run.source
    values = {"run_id": run.run_id, "etag": source.etag, "sequencer": source.sequencer, "key": source.key}
    return {**key(file_key(source.bucket, source.key)), **{name: encode(v) for name, v in values.items()}}


def read_pointer(item: Item) -> Newest:
    return _made(Newest, {name: decode(a) for name, a in item.items()})
