"""What wrong cuts cost: each chunk is staged at most twice, whoever chose the cuts.

A chunk is opened again only when all before it are proven, at the start that they prove. So its second start is right,
and it is never opened a third time. The bytes read are at most twice the file's, and what is read beyond chunks' ends.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.raw.bytesource import Range
from tests.support.files.engine import Memory, contract, gap_of, header_of, stage_file, stage_range, text

LONGEST = 600
THINGS = contract(
    Column(name="a", type=text(2_000)),
    Column(name="b", type=text(2_000)),
    longest=LONGEST,
    dialect=Dialect(eof_mark=False),  # the file's end is not read again for each chunk
)
STORY = b'5,"' + b"once,upon\n" * 40 + b'"\n'
"""A record of lines that look like records: from any byte within, the quotes seem to be astray at its end only."""


def staged_with_cuts(data: bytes, cuts: list[int]) -> tuple[Memory, Counter[int], bytes]:
    """Stage chunks as the pipeline does; how often each was opened again, and the good rows."""
    source, again = Memory(data), Counter[int]()
    planned = [Range(start=a, stop=b) for a, b in pairwise([len(header_of(THINGS)), *cuts, len(data)])]
    done = [stage_range(source, THINGS, chunk, 256) for chunk in planned]
    while wrong := gap_of(planned, [summary for summary, _, _ in done]):
        place, start = wrong
        again[place] += 1
        done[place] = stage_range(source, THINGS, Range(start=start, stop=planned[place].stop), 256)
    return source, again, b"".join(good for _, good, _ in done)


@pytest.mark.parametrize("seed", range(8))
def test_each_cut_wrong_costs_each_chunk_once_more(seed):
    dice = random.Random(seed)
    head = header_of(THINGS)
    data = head + STORY * 60
    cuts = [len(head) + place * len(STORY) + dice.randrange(3, len(STORY) - 1) for place in range(0, 60, 3)]
    source, again, good = staged_with_cuts(data, cuts)
    assert len(again) == len(cuts)  # every single one was wrong
    assert set(again.values()) == {1}
    assert good == data[len(head) :]
    beyond = 2 * (len(cuts) + 1) * (4_096 + 4 * LONGEST + len(head))
    assert sum(len(source.data[at : at + length]) for at, length in source.reads) <= 2 * len(data) + beyond + 50_000


def test_cuts_within_one_record_that_fills_chunks_cost_no_more():
    head = header_of(THINGS)
    data = head + STORY * 4
    cuts = list(range(len(head) + 5, len(data) - 5, 50))
    _, again, good = staged_with_cuts(data, cuts)
    assert max(again.values()) == 1
    assert good == stage_file(data, THINGS, len(data)).good == data[len(head) :]
