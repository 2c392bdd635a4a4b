"""What staging may count on from any format."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.format import Format
from chalicelib.domain.formats.registry import FORMATS, by_name, format_of
from chalicelib.domain.raw.bytesource import InMemory, Range, until
from chalicelib.domain.raw.swar import PADDING
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import Rejected
from tests.formats.samples import COLUMNS, SAMPLES, Sample

LAYOUT = Layout(columns=COLUMNS)
SIZES = (1, 7, 30, 64, 200, 10_000)
LONGEST = 1 << 20


@pytest.fixture(params=FileFormat, ids=[member.value for member in FileFormat])
def name(request: pytest.FixtureRequest) -> FileFormat:
    return request.param


@pytest.fixture
def form(name: FileFormat) -> Format:
    return by_name(name)


@pytest.fixture
def sample(name: FileFormat) -> Sample:
    return SAMPLES[name]


def test_every_format_has_a_class_and_a_sample() -> None:
    assert SAMPLES.keys() == FORMATS.keys() == set(FileFormat)


def test_a_contract_leads_to_its_format(form: Format, sample: Sample) -> None:
    assert format_of(sample.contract) is form


def test_a_format_is_imported_on_first_use(name: FileFormat) -> None:
    module = FORMATS[name].rpartition(".")[0]
    code = (
        "import sys; from chalicelib.domain.formats.registry import FileFormat, by_name; "
        f"before = {module!r} in sys.modules; by_name({name}); print(before, {module!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_the_head_has_the_names_and_where_records_begin(form: Format, sample: Sample) -> None:
    head = form.head(InMemory(sample.data), sample.contract)
    assert head.fields == tuple(column.name for column in COLUMNS)
    assert head.data_start == sample.starts[0]
    assert head.lines == sample.lines


@pytest.mark.parametrize("size", SIZES)
def test_the_ranges_cover_the_records_without_a_gap(form: Format, sample: Sample, size: int) -> None:
    cuts = form.cut(InMemory(sample.data), sample.contract, size)
    edges = [cuts.header.data_start, *(cut.stop for cut in cuts.ranges)]
    assert [cut.start for cut in cuts.ranges] == edges[:-1]
    assert (edges[0], edges[-1]) == (sample.starts[0], len(sample.data))
    assert all(cut.start < cut.stop for cut in cuts.ranges)
    assert cuts.layout.columns == LAYOUT.columns


@pytest.mark.parametrize("block", [1, 50, 1 << 20])
@pytest.mark.parametrize("size", SIZES)
def test_the_rows_do_not_depend_on_the_cuts(form: Format, sample: Sample, size: int, block: int) -> None:
    """Each range begins where the one before it ended, as the chain of ends has it."""
    cuts = form.cut(InMemory(sample.data), sample.contract, size)
    source, rules = until(InMemory(sample.data), len(sample.data)), compile_rules(sample.contract, cuts.layout)
    at, good, rejected = cuts.header.data_start, b"", []
    for cut in cuts.ranges:
        for done in stage_chunk(source, Range(start=at, stop=max(at, cut.stop)), rules, block_bytes=block):
            at, good = done.end, good + bytes(done.good)
            rejected += [reject.byte_offset for reject in done.rejects]
    assert (at, good, tuple(rejected)) == (len(sample.data), sample.good, sample.rejected)


def test_a_block_is_read_up_to_its_last_whole_record(form: Format, sample: Sample) -> None:
    first, data = sample.starts[0], sample.data
    reader = form.reader(sample.contract, LAYOUT)
    rules = compile_rules(sample.contract, LAYOUT)
    for stop in range(first + 1, len(data) + 1):
        size, at_end = stop - first, stop == len(data)
        reading = reader.read(data[first:stop] + PADDING, size, at_end=at_end, work=Work.of_chunk(size, LONGEST))
        ends = [start - first for start in (*sample.starts, len(data))]
        assert reading.consumed in ends
        assert reading.consumed <= size
        assert reading.starts.tolist() == [start for start in ends if start < reading.consumed]
    assert reading.consumed == size
    assert reader.newline == rules.newline


def test_a_file_without_a_record_has_no_range(form: Format, sample: Sample) -> None:
    assert form.cut(InMemory(sample.empty), sample.contract, 100).ranges == ()


def test_a_head_that_does_not_fit_is_rejected(form: Format, sample: Sample) -> None:
    with pytest.raises(Rejected):
        form.cut(InMemory(sample.foreign), sample.contract, 100)


def test_work_is_counted_and_bounded(form: Format, sample: Sample) -> None:
    reader, data = form.reader(sample.contract, LAYOUT), sample.data[sample.starts[0] :]
    work = Work.of_chunk(len(data), LONGEST)
    reader.read(data + PADDING, len(data), at_end=True, work=work)
    assert work.looked >= len(data)
    with pytest.raises(Rejected, match="too much work"):
        reader.read(data + PADDING, len(data), at_end=True, work=Work(allowed=len(data) // 2))
