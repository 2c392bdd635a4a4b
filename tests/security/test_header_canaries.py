"""I13 for the first line of a file: it may be a row, and nothing of a row is told outside of rejected/.

Rows in the header's place, with values that happen to be columns' names, at every position, in every dialect, packed
and plain; headers that swallow rows.
"""

from __future__ import annotations

import gzip
import io
import itertools
import zipfile
from collections.abc import Callable

import pytest
from backports import zstd

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.model import RunState
from tests.security.canaries import PII, ROW, Output, answers


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("data.csv", data)
    return out.getvalue()


COLUMNS = ("id", "name", "born", "amount", "note")
CELLS = (f"{ROW}1", f"{PII} {ROW}", f"{ROW}3", PII, f"{ROW}5")
EXTRA = ("fail", "ignore", "rescue")
DIALECTS = {
    "plain": "",
    "semicolons": "delimiter = ';'",
    "backslashes": "escape = 'backslash'",
    "lenient": "quotes = 'lenient'",
    "carriage returns": "newline = 'cr'",
    "preamble": "preamble_lines = 1",
    "comments": "comment = '#'",
    "utf-16": "encoding = 'utf-16'",
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "zip": zipped,
}


def person(dialect: str = "", *, pii: bool = False, extra: str = "fail", required: str = "id") -> Contract:
    columns = [
        f'{name} = {{ type = "varchar(64)", pii = {str(pii and name in ("name", "born")).lower()}, '
        f"required = {str(name == required).lower()} }}"
        for name in COLUMNS
    ]
    return read_contract(
        "person.toml",
        "\n".join(
            (
                'name = "person"',
                'target = "landing.people"',
                f'key = ["{required}"]',
                'lands_at = ["incoming/person/*"]',
                f'extra_columns = "{extra}"',
                "[dialect]",
                dialect,
                "[columns]",
                *columns,
            )
        ).encode(),
    )


def land(output: Output, contract: Contract, body: bytes) -> None:
    output.deployment.reconfigure(contracts={"person": contract})
    output.deployment.put("incoming/person/a.csv", body, {})
    output.deployment.check = lambda deployment, where: set()
    output.play()


def silent(output: Output) -> None:
    """Nothing is told of the first line, nor kept in what is told from; where rows go is another matter."""
    said = output.text() + answers(output)
    assert ROW not in said
    assert PII not in said


def row(*named: int) -> tuple[str, ...]:
    """A row in which some values are the names of columns."""
    return tuple(COLUMNS[place] if place in named else cell for place, cell in enumerate(CELLS))


@pytest.mark.parametrize("pii", [False, True])
@pytest.mark.parametrize("named", [(), *itertools.combinations(range(5), 1), *itertools.combinations(range(5), 2)])
@pytest.mark.parametrize("extra", EXTRA)
def test_a_row_that_holds_columns_names_is_not_reported(
    output: Output,
    named: tuple[int, ...],
    extra: str,
    pii: bool,
) -> None:
    cells = row(*named)
    if extra != "fail" and 0 in named:
        pytest.skip("all that is needed is there: the line is the header, and what comes of it is a column")
    land(output, person(pii=pii, extra=extra), f"{','.join(cells)}\n{','.join(CELLS)}\n".encode())
    [run] = output.deployment.runs.runs.values()
    assert (run.state, run.problem.code if run.problem else "") == (RunState.REJECTED, "HEADER_MISMATCH")
    silent(output)


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("place", range(5))
def test_nor_in_any_dialect_or_packing(output: Output, place: int, dialect: str, packed: str) -> None:
    contract = person(DIALECTS[dialect], pii=place % 2 == 0, required=COLUMNS[place])
    end, mark = ("\r" if dialect == "carriage returns" else "\n"), (";" if dialect == "semicolons" else ",")
    lines = [*(["a preamble"] if dialect == "preamble" else []), mark.join(row(place)), mark.join(CELLS), ""]
    land(output, contract, PACKED[packed](end.join(lines).encode("utf-16" if dialect == "utf-16" else "utf-8")))
    [run] = output.deployment.runs.runs.values()
    assert run.state is RunState.REJECTED
    silent(output)


ROWS = f"{','.join(CELLS)}\n" * 2
SWALLOWED = {
    "a quote that is left open": f'id,name,born,amount,note,"more\n{ROWS}"\n',
    "another line end": f"id,name,born,amount,note\n{ROW},{PII}\n",
    "another delimiter": f"id,name,born,amount,note,{';'.join(CELLS)}{';'.join(CELLS)}\n",
    "a header of one long field": f'"id,name,born,amount,note\n{ROWS}"\n',
    "a row behind the names": f"id,name,born,amount,note,{','.join(CELLS)}\n",
    "a row before the names": f"{','.join(CELLS)},id,name,born,amount,note\n",
    "names twice": f"id,name,born,id,{ROW}\n",
}


@pytest.mark.parametrize("text", SWALLOWED.values(), ids=SWALLOWED)
@pytest.mark.parametrize("dialect", ["", "newline = 'cr'", "quotes = 'lenient'", "escape = 'backslash'"])
def test_a_header_that_swallows_rows_is_not_reported(output: Output, text: str, dialect: str) -> None:
    land(output, person(dialect), text.encode())
    [run] = output.deployment.runs.runs.values()
    assert run.state is RunState.REJECTED
    silent(output)


@pytest.mark.parametrize("pii", [False, True])
def test_an_unknown_name_is_shown_unless_it_may_be_private(
    output: Output,
    pii: bool,
) -> None:
    """The control: the name is found where it is told."""
    land(output, person(pii=pii), f"id,name,born,amount,{ROW}\n{','.join(CELLS)}\n".encode())
    [run] = output.deployment.runs.runs.values()
    assert run.problem
    assert (f"unexpected: {ROW}" in run.problem.message) is not pii
    assert ("unexpected: field 5" in run.problem.message) is pii
