"""`infer` reads a hostile sample by the engine's reader: in linear time, and with a clear end."""

from __future__ import annotations

import random

import pytest
from typer.testing import CliRunner

from bench.storms import ALPHABET, HOSTILE, storm
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.csv.block_reader import BlockReader
from landfall.infer.layout import rows
from landfall.infer.layout.sample import Sample
from landfall.infer.layout.sample_table import find_table
from landfall.main import app

MOST_LOOKS_A_BYTE = 120
"""Some forty dialects are tried on the sample."""
DRAWN = ["".join(random.Random(seed).choices(ALPHABET, k=1 + seed % 6)) for seed in range(24)]


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[BlockReader]:
    """Every reader that the detection makes."""
    made: list[BlockReader] = []

    class Noted(BlockReader):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(rows, "BlockReader", Noted)
    return made


@pytest.mark.parametrize("unit", [*HOSTILE, *DRAWN])
def test_a_sample_costs_what_its_bytes_cost(unit, readers):
    text = storm(unit, Dialect(comment="#"), 20_000)
    find_table(Sample(text=text, whole=True))
    assert readers
    assert sum(reader.looked + reader.work.looked for reader in readers) <= MOST_LOOKS_A_BYTE * len(text)


@pytest.mark.parametrize("text", [b"\\\n" * 9_000, b'a",",\n' * 9_000, b"a,b\n\0,1\n" * 900, b'"' + b"1,2\n" * 9_000])
def test_infer_ends_with_a_sentence(text, tmp_path):
    path = tmp_path / "things.csv"
    path.write_bytes(text)
    done = CliRunner().invoke(app, ["infer", str(path)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
