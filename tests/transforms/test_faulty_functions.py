"""Functions that do what they must not: the run fails with a sentence, and nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.model import RunState
from chalicelib.errors import Broken
from landfall.check.checking import Outputs, check_file
from landfall.faults import ExitCode
from landfall.main import app
from tests.cases.case import Layout, outcome
from tests.transforms.code import contract_of

COLUMNS = """name = { type = "varchar(20)" }
amount = { type = "decimal(9,2)" }
n = { type = "integer" }
at = { type = "timestamp" }
seen = { type = "timestamptz" }"""
FILE = b"id,name,amount,n,at,seen\n" + b"".join(b"%d,secret%d,1.50,7,,\n" % (n, n) for n in range(9))

RESULTS = {
    "return None": "a NoneType in place of a DataFrame",
    "return frame, None": "a tuple in place of a DataFrame",
    "return frame, [], []": "a tuple in place of a DataFrame",
    "return frame.drop(columns='name')": "a table that lacks the column name",
    "frame['more'] = 1\nreturn frame": "a table that has, but the contract does not, the column more",
    "return pd.concat([frame, frame[['name']]], axis=1)": "a table that has twice the column name",
    "return pd.concat([frame, frame])": "a row twice",
    "return frame.reset_index(drop=True)": 'an index that is not "byte_offset"',
    "return frame[4:].reset_index(drop=True)": 'an index that is not "byte_offset"',
    "frame.index = (frame.index + 1).rename('byte_offset')\nreturn frame": "rows that it did not get",
    "frame['n'] = frame.n.astype(float)\nreturn frame": "a column n that is float64; integer needs Int64",
    "frame['n'] = [float(n) for n in frame.n]\nreturn frame": "a column n that is float64; integer needs Int64",
    "frame['n'] = frame.n == 7\nreturn frame": "a column n that is boolean; integer needs Int64",
    "frame['n'] = pd.Series([True] * len(frame), frame.index, object)\nreturn frame": "type bool; integer needs Int64",
    "frame['amount'] = frame.amount.astype(float)\nreturn frame": "amount that is float64; decimal(9,2) needs",
    "frame['amount'] = [0.1 for a in frame.amount]\nreturn frame": "amount that is float64",
    "frame['amount'] = pd.Series([0.1] * len(frame), frame.index, object)\nreturn frame": "a value of type float",
    "frame['name'] = frame.n\nreturn frame": "a column name that is Int64; varchar(20) needs string",
    "frame['name'] = frame.amount\nreturn frame": "a column name that has a value of type Decimal",
    "frame['name'] = [{} for _ in frame.name]\nreturn frame": "a column name that has a value of type dict",
    "frame['at'] = pd.Timestamp('2026-01-31', tz='UTC')\nreturn frame": "timestamp needs datetime64[us] without a",
    "frame['seen'] = pd.Timestamp('2026-01-31')\nreturn frame": "timestamptz needs datetime64[us] with a time zone",
    "frame['at'] = frame.n\nreturn frame": "a column at that is Int64; timestamp needs datetime64[us]",
    "return frame, ['x']": "a str among its errors, which must be RowError",
    "return frame, [RowError([1], 'n', 'is odd')]": "a RowError for a row that it did not get",
    "return frame, [RowError(frame.index, 'x', 'is odd')]": "for a column that the contract does not have",
    "return frame, [RowError(frame.index, 'n', ' ')]": "a RowError without a reason",
}
RAISED = {
    "return frame.nome": "raised AttributeError in line 5 of thing.py",
    "raise ValueError(frame.name.iloc[0])": "raised ValueError in line 5 of thing.py",
    "raise SystemExit(1)": "raised SystemExit in line 5 of thing.py",
    "return frame.name.astype('Int64')": "raised ValueError in line 5 of thing.py",
    "import no_such_module": "raised ModuleNotFoundError in line 5 of thing.py",
}
VARYING = (
    "frame['n'] = len(frame)\nreturn frame",
    "frame['name'] = frame.name.iloc[::-1].to_numpy()\nreturn frame",
    "return frame.drop_duplicates('n')",
    "frame['amount'] = frame.amount.cumsum()\nreturn frame",
    "import time\nframe['name'] = str(time.perf_counter_ns())\nreturn frame",
    "return frame[1:]",
    "return frame, [RowError(frame.index[:1], 'n', 'is first')]",
)


def _checked(contract: Contract) -> None:
    check_file(InMemory(FILE), contract, Outputs(reject=print))


@pytest.mark.parametrize("body", RESULTS)
def test_a_result_that_does_not_fit_fails_the_file(body: str, tmp_path: Path) -> None:
    with pytest.raises(Broken) as caught:
        _checked(contract_of(tmp_path, body, COLUMNS))
    assert (caught.value.code, "the transform thing:tidy returned " in caught.value.message) == (
        "TRANSFORM_RESULT",
        True,
    )
    assert RESULTS[body] in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("body", RAISED)
def test_an_exception_is_named_by_type_and_line(body: str, tmp_path: Path) -> None:
    with pytest.raises(Broken) as caught:
        _checked(contract_of(tmp_path, body, COLUMNS))
    assert (caught.value.code, RAISED[body] in caught.value.message) == ("TRANSFORM_FAILED", True)
    chain = (caught.value.__cause__, caught.value.__context__)
    assert (chain, "secret" in str(caught.value)) == ((None, None), False)


@pytest.mark.parametrize("body", VARYING)
def test_a_check_finds_functions_that_look_at_other_rows(body: str, tmp_path: Path) -> None:
    with pytest.raises(Broken) as caught:
        _checked(contract_of(tmp_path, body, COLUMNS))
    assert caught.value.code == "TRANSFORM_VARIES"


def test_a_run_fails_once_and_is_not_tried_again(tmp_path: Path) -> None:
    contract_of(tmp_path, "raise ValueError('secret')", 'name = { type = "varchar(20)" }')
    columns = 'id = { type = "bigint", required = true }\nname = { type = "varchar(20)" }'
    case = Layout(name="", text="id,name\n1,secret\n", columns=columns, top='transform = "thing:tidy"')
    run = outcome(case, tmp_path).run
    assert (run.state, run.problem and run.problem.code, run.generation) == (RunState.FAILED, "TRANSFORM_FAILED", 1)
    assert run.problem
    assert "secret" not in run.problem.message


def test_the_command_finds_the_code_beside_the_contract(tmp_path: Path) -> None:
    contract_of(tmp_path, "raise ValueError('secret')")
    (tmp_path / "a.csv").write_text("id\n1\n")
    found = CliRunner().invoke(app, ["check", str(tmp_path / "a.csv"), "--contract-file", str(tmp_path / "thing.toml")])
    assert found.exit_code == ExitCode.BAD
    assert "raised ValueError in line 5 of thing.py" in " ".join(found.output.split())
