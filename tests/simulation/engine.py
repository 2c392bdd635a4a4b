"""The real splitter and checks, asked once for the same bytes: schedules of one scenario read the same small files.

What they read they read again each time, so that the same calls leave the pipeline; only what follows from the bytes
is remembered. Values that are changed hundreds of times in each schedule are changed at once (`changed`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from chalicelib.adapters import moves
from chalicelib.adapters.memory import queue, runs
from chalicelib.adapters.messages import run_body, task_body
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats import registry
from chalicelib.domain.formats.format import Cuts, Format
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.run import group, model
from chalicelib.domain.run.events import run_of, task_of
from chalicelib.domain.staging import stage, validate
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.validate import Rules
from chalicelib.orchestration import sqs as handlers
from chalicelib.pipeline import staging

Answer = TypeVar("Answer")
Where = tuple[int, int]
"""From which byte, and how many."""


class Tape:
    """A source that keeps what was read of it, for who begins to read anew."""

    def __init__(self, source: ByteSource) -> None:
        self.size = source.size
        self.reads: list[tuple[Where, bytes]] = []
        self._source, self._given = source, 0

    def further(self, where: Where) -> bytes:
        """Read on."""
        self.reads.append((where, self._source.read(*where)))
        return self.reads[-1][1]

    def read(self, start: int, length: int) -> bytes:
        """From the beginning: what was read already is given again."""
        if self._given == len(self.reads):
            self.further((start, length))
        where, data = self.reads[self._given]
        assert where == (start, length), "what follows from the bytes is not to depend on anything else"
        self._given += 1
        return data


class _Found(NamedTuple):
    """How far one came: what was asked for, of how many bytes, and what was read."""

    wanted: Hashable
    size: int
    reads: int = 0
    data: bytes = b""

    def and_then(self, data: bytes) -> _Found:
        return _Found(self.wanted, self.size, self.reads + 1, self.data + data)


class Memory(Generic[Answer]):
    """Answers by what was asked for and what was read for them."""

    def __init__(self) -> None:
        self._next: dict[_Found, Where] = {}
        """What is read next."""
        self._answers: dict[_Found, Answer] = {}

    def find(self, wanted: Hashable, source: ByteSource, work: Callable[[ByteSource], Answer]) -> Answer:
        """What `work` makes of the source. It has to read the same as long as it finds the same."""
        tape, found = Tape(source), _Found(wanted, source.size)
        while where := self._next.get(found):
            found = found.and_then(tape.further(where))
        answer = self._answers.get(found)
        return self._learnt(_Found(wanted, source.size), tape, work(tape)) if answer is None else answer

    def _learnt(self, found: _Found, tape: Tape, answer: Answer) -> Answer:
        for where, data in tape.reads:
            self._next[found] = where
            found = found.and_then(data)
        return self._answers.setdefault(found, answer)


_CUTS, _BLOCKS = Memory[Cuts](), Memory[tuple[Block, ...]]()
_COMPILED: dict[Hashable, Rules] = {}
_really_compile, _really_stage = validate.compile_rules, stage.stage_chunk
"""The pipeline imports them while it runs, from the modules where they are replaced."""
_KIND, _KINDS = "_kind", dict[Hashable, int]()


def _kind(contract: Contract) -> int:
    """Stands for what of a contract the engine looks at, and is kept beside it: to hash that takes long.

    Of corrected rows dialect and limits are not those of the fingerprint.
    """
    own = vars(contract)
    if _KIND not in own:
        looked_at = contract.fingerprint, contract.dialect, contract.limits, contract.lineage
        own[_KIND] = _KINDS.setdefault(looked_at, len(_KINDS))
    return cast(int, own[_KIND])


def _compile_rules(contract: Contract, layout: Layout) -> Rules:
    wanted = _kind(contract), tuple(column.name for column in layout.columns), layout.rescued
    return _COMPILED.get(wanted) or _COMPILED.setdefault(wanted, _really_compile(contract, layout))


class _Remembered:
    """A format that cuts the same text once."""

    def __init__(self, own: Format) -> None:
        self.head, self.reader, self._cut = own.head, own.reader, own.cut

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        return _CUTS.find((_kind(contract), size), text, lambda tape: self._cut(tape, contract, size))


def _format_of(contract: Contract) -> Format:
    return _Remembered(registry.format_of(contract))


def _stage_chunk(source: ByteSource, chunk: Range, rules: Rules, **more: Any) -> Iterator[Block]:
    if more:  # one row, by rules of its own
        yield from _really_stage(source, chunk, rules, **more)
        return
    origins = rules.origins.to_json() if rules.origins else b""
    columns = id(rules.columns)  # compiled rules are kept for good, and with them their columns
    wanted = columns, rules.mark, origins, chunk
    yield from _BLOCKS.find(wanted, source, lambda tape: tuple(_really_stage(tape, chunk, rules)))


_again = lru_cache(10_000)
"""For small functions of their arguments, which are asked the same hundreds of times in each schedule."""
_digest = _again(model.digest)


def changed(value: Answer, **changes: Any) -> Answer:
    """As dataclasses.replace, which asks every field anew: for a value that only keeps what it is given."""
    if unknown := changes.keys() - vars(value).keys():
        raise TypeError(f"{type(value).__name__} has no field {unknown}")
    new = object.__new__(type(value))
    vars(new).update(vars(value), **changes)
    return new


REMEMBERING: dict[ModuleType | type, dict[str, Callable[..., Any]]] = {
    staging: {"format_of": _format_of},
    validate: {"compile_rules": _compile_rules},
    stage: {"stage_chunk": _stage_chunk},
    model: {"digest": _digest, "replace": changed},
    runs: {"replace": changed},
    moves: {"replace": changed},
    group: {"digest": _digest, "replace": changed},
    handlers: {"run_of": _again(run_of), "task_of": _again(task_of)},
    queue: {"run_body": _again(run_body), "task_body": _again(task_body)},
    FilePlan: {"from_json": _again(FilePlan.from_json), "to_json": _again(FilePlan.to_json)},
}
"""What takes the place of what, in whom."""


def remember() -> None:
    """From now on, in this process."""
    for whom, remembering in REMEMBERING.items():
        for name, answer in remembering.items():
            setattr(whom, name, answer)
