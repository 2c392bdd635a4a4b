"""The guard says no to whatever PostgreSQL would read otherwise than Redshift, wherever the chunks are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.redshift.copy.guard import Guard
from local.redshift.copy.target import TargetColumn


def _column(kind: str, *size: int) -> TargetColumn:
    return TargetColumn(name=kind, kind=kind, size=size, required=False, identity="")


_COLUMNS = [
    _column("int4"),
    _column("varchar", 20),
    _column("numeric", 8, 2),
    _column("date"),
    _column("timestamp"),
    _column("timestamptz"),
]
_GOOD = b'1,"a.999 ""q"" x, y",20.25,2024-01-02,2024-01-02 03:04:05,2024-01-02 03:04:05.5+02:00\n'


def _says(text: bytes, size: int, columns: list[TargetColumn] = _COLUMNS) -> bool:
    guard = Guard(columns, delimiter=",", quote='"', null=b"\\N", absent=b"")
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    return all(guard.fine(chunk) for chunk in chunks) and guard.end()


@given(st.integers(1, 200), st.lists(st.sampled_from([_GOOD, b'\\N,"\n\n",,,,\n', b'"7",x,"1.5",,,\r\n']), max_size=6))
def test_good_files_pass_however_they_are_cut(size: int, lines: list[bytes]) -> None:
    assert _says(b"".join(lines), size)
    assert _says(b"".join(lines).removesuffix(b"\n"), size)


@pytest.mark.parametrize(
    "line",
    [
        b"0x1f,a,1,2024-01-02,,\n",
        b" 1,a,1,2024-01-02,,\n",
        b"1,a,1.255,,,\n",
        b"1,a,1e2,,,\n",
        b"1,a,NaN,,,\n",
        b"1,a,,2024-1-02,,\n",
        b"1,a,,20240102,,\n",
        b"1,a,,epoch,,\n",
        b"1,a,,2024-01-02 ,,\n",
        b"1,a,,,2024-01-02T03:04:05,\n",
        b"1,a,,,2024-01-02 03:04:05 BC,\n",
        b"1,a,,,2024-01-02 03:04:05.1234567,\n",
        b"1,a,,,2024-01-02 03:04:05+02,\n",
        b"1,a,,,,2024-01-02 03:04:05 Europe/Paris\n",
        b'1,a"b"c,,,,\n',
        b'1,"a"b,,,,\n',
        b"1,a,,,\n",
        b"1,a,,,,,\n",
        b"\n",
        b"1" * 70 + b",a,,,,\n",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_what_must_not_pass(line: bytes, size: int) -> None:
    assert not _says(_GOOD + line + _GOOD, size)


def test_a_null_string_that_must_be_absent_is_seen_across_chunks() -> None:
    guard = Guard([_column("varchar", 5)], delimiter=",", quote='"', null=b"", absent=b"\\N")
    assert guard.fine(b"a\n\\")
    assert not guard.fine(b"N\n")
    assert guard.saw_absent
