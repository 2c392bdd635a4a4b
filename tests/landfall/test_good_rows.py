"""`check --good` writes what the contract's dialect reads back as the same rows, in any dialect."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect, Empty, Encoding, Escape, Newline, Trailer
from chalicelib.domain.contract.notation import Negative, Notation
from landfall.check.check_outputs import open_good
from landfall.check.checking import Checked, Outputs, check_file
from landfall.localfile import opened
from tests.support.files.dialects import DIALECTS, pieces, things
from tests.support.files.engine import contract, stage_file, text

SUMS = Trailer(starts_with="T,", count_field=2, sum_fields=(("b", 3),))


def good_of(folder: Path, data: bytes, object_: Contract, *, files: int = 1, chunk: int | None = None) -> bytes:
    """Write the good rows of a file, or of the same file several times."""
    path, out = folder / "x.csv", folder / "good.csv"
    path.write_bytes(data)
    with ExitStack() as stack:
        good = open_good(out, stack)
        assert good
        outputs = Outputs(reject=lambda _reject: None, begin=good.begin, good=good.rows)
        for _ in range(files):
            with opened(path) as source:
                check_file(source, object_, outputs, chunk)
    return out.read_bytes() if out.exists() else b""


def checked(folder: Path, data: bytes, object_: Contract) -> Checked:
    (folder / "y.csv").write_bytes(data)
    with opened(folder / "y.csv") as source:
        return check_file(source, object_, Outputs(reject=lambda _reject: None))


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), chunk=st.integers(20, 60))
def test_good_rows_are_read_back_as_the_same_rows(tmp_path: Path, name: str, data: st.DataObject, chunk: int) -> None:
    dialect = replace(DIALECTS[name], sep_line=False, eof_mark=False)
    file, object_ = data.draw(pieces(dialect).filter(bool)), things(dialect)
    whole = stage_file(file, object_, len(file) + 1)
    again = stage_file(good_of(tmp_path, file, object_, chunk=chunk), object_, 1 << 20)
    assert again.rejects == []
    assert again.good == whole.good


@pytest.mark.parametrize(
    ("dialect", "file", "good"),
    [
        (Dialect(empty=Empty.TEXT, null=("",)), b'a,b\n"",\n', b'a,b\n"",\n'),
        (Dialect(escape=Escape.BACKSLASH), b"a,b\nC:\\\\x,1\n1,2,3\n", b"a,b\nC:\\\\x,1\n"),
        (Dialect(escape=Escape.BACKSLASH), b"a,b\n1,\\\r", b"a,b\n1,\\\r\r\n"),
        (Dialect(escape=Escape.BACKSLASH), b"a,b\n1,\\\\\r", b"a,b\n1,\\\\\r\n"),
        (Dialect(escape=Escape.BACKSLASH), b"a,b\n1,2\r", b"a,b\n1,2\r\n"),
        (Dialect(preamble_lines=1, footer_lines=1), b"May\na,b\n1\n1,2\nend", b"May\na,b\n1,2\nend"),
        (Dialect(skip_after_header=1), b"b,a\nkg,m\n1\n1,2", b"b,a\nkg,m\n1,2\n"),
        (Dialect(newline=Newline.CR), b"a,b\r1,2\r3\r4,5", b"a,b\r1,2\r4,5\r"),
        (Dialect(trailer=Trailer(starts_with="T,", count_field=2)), b"a,b\n1,2\n1\nT,2\n", b"a,b\n1,2\nT,1\n"),
        (Dialect(trailer=SUMS), b"a,b\n1,2\n3\nT,2,5,0\r\n\n", b"a,b\n1,2\nT,1,2,0\r\n\n"),
        (Dialect(trailer=SUMS), b'a,b\n1,-2\n3\n1,4\nT,"3","9",x', b'a,b\n1,-2\n1,4\nT,"2","2",x'),
        (Dialect(trailer=SUMS), b'a,b\n1,2\n3\nT,2,5,"a,b"\n\x1a\n\n', b'a,b\n1,2\nT,1,2,"a,b"\n\x1a\n\n'),
        (Dialect(trailer=SUMS, comment="#"), b"a,b\n1\nT,1,5\n#2\n \n", b"a,b\nT,0,0\n#2\n \n"),
        (
            Dialect(trailer=Trailer(starts_with='"T,",', count_field=2)),
            b'a,b\n1,2\n1\n"T,",2\n',
            b'a,b\n1,2\n"T,",1\n',
        ),
        (Dialect(encoding=Encoding.CP1252), b"a,b\n\x80,1\n1\n", "\ufeffa,b\n€,1\n".encode()),
        (Dialect(), b"a,b\n1,2\x1a", b"a,b\n1,2\n\x1a"),
    ],
)
def test_the_lines_around_the_rows_are_kept(tmp_path: Path, dialect: Dialect, file: bytes, good: bytes) -> None:
    object_ = replace(things(dialect), dialect=dialect)
    if dialect.trailer and dialect.trailer.sum_fields:
        object_ = contract(
            Column(name="a", type=text(200)), Column(name="b", type=ColumnType(kind=TypeName.BIGINT)), dialect=dialect
        )
    assert good_of(tmp_path, file, object_) == good
    again = checked(tmp_path, good, object_)
    assert again.rejected == 0
    assert again.good == checked(tmp_path, file, object_).good


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(st.decimals(-(10**20), 10**20, places=2), st.booleans()), max_size=8),
    delimiter=st.sampled_from(",;|"),
    decimal=st.sampled_from(".,"),
    chunk=st.integers(1, 60),
)
def test_the_trailer_announces_the_good_rows(
    tmp_path: Path, cells: list[tuple[Decimal, bool]], delimiter: str, decimal: str, chunk: int
) -> None:
    trailer = Trailer(starts_with="T", count_field=2, sum_fields=(("a", 3),))
    number = Column(
        name="a",
        type=ColumnType(kind=TypeName.DECIMAL, precision=38, scale=2),
        notation=Notation(decimal=decimal, negative=Negative.PARENTHESES),
    )
    dialect = Dialect(delimiter=delimiter, trailer=trailer)
    object_ = contract(number, Column(name="b", type=text(9)), dialect=dialect)
    object_ = replace(object_, limits=replace(object_.limits, min_rows=0, max_reject_ratio=1.0))
    rows = [f'"{value:f}"'.replace(".", decimal) + f"{delimiter}x{delimiter * bad}" for value, bad in cells]
    data = "\n".join([f"a{delimiter}b", *rows, delimiter.join(["T", "0", '"x"'])]).encode()
    again = checked(tmp_path, good_of(tmp_path, data, object_, chunk=chunk), object_)
    assert (again.refusal, again.rejected) == (None, 0)
    assert again.good == sum(not bad for _, bad in cells)


@pytest.mark.parametrize(("file", "rows"), [(b"1\n2\n", None), (b"1\n2,3\n", b"2,3\n"), (b"1\n#2\n", None)])
def test_an_empty_file_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: bytes, rows: bytes | None
) -> None:
    (tmp_path / "good.csv").write_bytes(b"yesterday")
    dialect = Dialect(header=False, columns=("a", "b"), comment="#")
    assert good_of(tmp_path, file, replace(things(Dialect()), dialect=dialect)) == (rows or b"")
    assert (tmp_path / "good.csv").exists() == (rows is not None)
    assert ("good.csv is not written" in capsys.readouterr().err) == (rows is None)


def test_rows_of_several_files_stand_behind_one_header(tmp_path: Path) -> None:
    dialect = Dialect(footer_lines=1)
    object_ = replace(things(dialect), dialect=dialect)
    assert good_of(tmp_path, b"a,b\n1,2\n3,4\nend\n", object_, files=2) == b"a,b\n1,2\n3,4\n1,2\n3,4\nend\n"
