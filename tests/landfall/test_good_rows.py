"""`check --good` writes what the contract's dialect reads back as the same rows, in any dialect."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect, Empty, Encoding, Escape, Newline, Trailer
from landfall.check.check_outputs import open_good
from landfall.check.checking import Checked, Outputs, check_file
from landfall.localfile import opened
from tests.support.files.dialects import DIALECTS, pieces, things
from tests.support.files.engine import stage_file


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
    return out.read_bytes()


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
        (Dialect(encoding=Encoding.CP1252), b"a,b\n\x80,1\n1\n", "\ufeffa,b\n€,1\n".encode()),
        (Dialect(), b"a,b\n1,2\x1a", b"a,b\n1,2\n\x1a"),
    ],
)
def test_the_lines_around_the_rows_are_kept(tmp_path: Path, dialect: Dialect, file: bytes, good: bytes) -> None:
    object_ = replace(things(dialect), dialect=dialect)
    assert good_of(tmp_path, file, object_) == good
    again = checked(tmp_path, good, object_)
    assert again.rejected == 0
    assert again.good == checked(tmp_path, file, object_).good


def test_rows_of_several_files_stand_behind_one_header(tmp_path: Path) -> None:
    dialect = Dialect(footer_lines=1)
    object_ = replace(things(dialect), dialect=dialect)
    assert good_of(tmp_path, b"a,b\n1,2\n3,4\nend\n", object_, files=2) == b"a,b\n1,2\n3,4\n1,2\n3,4\nend\n"
