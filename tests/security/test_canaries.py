"""I13: what is planted as a row's value or a secret is looked for in all that a deployment says of itself.

Files with every defect go all the way, in memory, behind the real routes and log. A row's value may be where rows are;
a pii column's value not even in rejected/.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import observe
from chalicelib.adapters import aws_errors
from chalicelib.adapters.memory import Fate
from chalicelib.adapters.statement_errors import scrubbed
from chalicelib.config import Settings, SettingsError
from chalicelib.domain.run.model import RunState
from chalicelib.domain.warehouse.statement import StatementState
from tests.security.canaries import (
    DEFECTS,
    GOOD,
    HEADER,
    PII,
    ROW,
    SECRET,
    Output,
    answers,
    land,
)
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment

WITHOUT_HEADER = {
    "rows and no header": GOOD,
    "rows with as many columns less one": f"{ROW},{PII},1\n" * 4,
    "one row": f"{PII} {ROW}@example.com\n",
}


@pytest.mark.parametrize("text", DEFECTS.values(), ids=DEFECTS)
def test_no_value_of_a_bad_row_is_reported(output: Output, text: str) -> None:
    land(output, HEADER + GOOD + text)
    output.play()
    (run,) = output.deployment.runs.runs.values()
    assert run.counts.rejected or run.problem
    assert '"event":"sealed"' in output.log.getvalue().replace(" ", "")
    said = output.text() + answers(output)
    assert ROW not in said
    assert PII not in said
    assert SECRET not in said
    rejected = output.bodies("rejected/")
    assert rejected
    assert PII not in rejected
    assert PII not in answers(output, rejects=True)


def test_values_are_where_the_rows_are(output: Output) -> None:
    """The control: were nothing planted, nothing would be found missing."""
    land(output, HEADER + GOOD + DEFECTS["a pattern that does not fit"])
    output.play()
    assert ROW in output.bodies("rejected/")
    assert ROW in output.bodies("archive/")
    assert PII in output.bodies("archive/")
    assert ROW in answers(output, rejects=True)
    assert ROW in str(output.deployment.warehouse.rows("landing.people"))


@pytest.mark.parametrize("text", WITHOUT_HEADER.values(), ids=WITHOUT_HEADER)
def test_a_row_in_the_headers_place_is_not_reported(output: Output, text: str) -> None:
    land(output, text)
    output.play()
    (run,) = output.deployment.runs.runs.values()
    assert run.state is RunState.REJECTED
    said = output.text() + answers(output, rejects=True) + output.bodies("rejected/")
    assert ROW not in said
    assert PII not in said


FAULTS: dict[str, Callable[[], Exception]] = {
    "a value error": lambda: ValueError(f"cannot make a date of {ROW}"),
    "a key error": lambda: KeyError(PII),
    "a decoding error": lambda: UnicodeDecodeError("utf-8", ROW.encode(), 0, 1, PII),
    "an error with a cause": lambda: RuntimeError(f"{SECRET} {ROW}"),
}
PLACES = (
    "objects.put",
    "objects.stream",
    "objects.upload",
    "warehouse.submit",
    "warehouse.describe",
    "notifier.success",
)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_error_that_nobody_foresaw_is_reported_by_its_kind(
    output: Output, where: str, fault: Callable[[], Exception]
) -> None:
    def next_fault(name: str) -> None:
        if name == where:
            raise fault()

    output.deployment.schedule.next = next_fault  # type: ignore[method-assign]
    land(output, HEADER + GOOD)
    output.play()
    assert output.raised
    assert type(fault()).__name__ in output.text()
    said = output.text() + answers(output, rejects=True)
    for canary in (ROW, PII, SECRET):
        assert canary not in said


def test_a_failed_copy_is_reported_without_values(output: Output) -> None:
    text = (
        f'ERROR: invalid input syntax for type integer: "{ROW}"{PII}"\n'
        f'DETAIL: Failing row contains ({ROW}, {PII}). CONTEXT: COPY people, line 3, column born: "{PII}"'
    )
    warehouse = output.deployment.warehouse
    land(output, HEADER + GOOD)
    warehouse.fates.append(Fate.STUCK)
    output.deployment.when(lambda deployment: bool(warehouse.statements)).do(
        lambda deployment: refuse(deployment, scrubbed(text))
    )
    output.play()
    (run,) = output.deployment.runs.runs.values()
    assert run.state is RunState.FAILED
    assert run.problem
    assert "invalid input syntax for type integer" in run.problem.message
    said = output.text() + answers(output, rejects=True)
    assert ROW not in said
    assert PII not in said


def refuse(deployment: SimulatedDeployment, error: str) -> None:
    """The one statement fails for good, with that text."""
    (statement,) = deployment.warehouse.statements.values()
    statement.fate, statement.state, statement.error = Fate.FINE, StatementState.FAILED, error


CODES = sorted(
    aws_errors.THROTTLES | aws_errors.PASSING | aws_errors.GONE | aws_errors.CHANGED | {"ValidationException", "Odd"}
)


@given(code=st.sampled_from(CODES), status=st.sampled_from([400, 404, 412, 500, 503]), source=st.booleans())
def test_the_text_of_an_aws_error_is_not_kept(code: str, status: int, source: bool) -> None:
    answer = {
        "Error": {"Code": code, "Message": f"Value {ROW} of {PII} with {SECRET}"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": SECRET},
        "CancellationReasons": [{"Code": "None", "Item": {"value": {"S": ROW}}}],
    }
    error = aws_errors.translated("put chunk 1", aws_errors.ClientError(answer, "PutItem"), source=source)  # type: ignore[arg-type]
    assert str(error).startswith("put chunk 1: ")
    assert "CANARY" not in f"{error!r} {error} {error.message}"


def test_wrong_settings_are_named_without_what_they_hold() -> None:
    env = {f"LANDFALL_{name}": SECRET for name in ("CHUNK_MB", "GROUP_FILES", "STUCK_SECONDS", "TOKEN_CACHE_SECONDS")}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**env, "AWS_SECRET_ACCESS_KEY": SECRET, "LANDFALL_TOKEN": SECRET})
    assert "LANDFALL_CHUNK_MB" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_metric_holds_numbers_only(output: Output) -> None:
    observe.note(
        "sealed", {"run": "r", "object": "person", "rejects": f"password={SECRET}", "token": SECRET, "row": ROW}
    )
    line = output.log.getvalue()
    assert '"run":"r"' in line.replace(" ", "")
    assert SECRET not in line
    assert ROW not in line


def test_the_bucket_holds_no_secret(output: Output) -> None:
    land(output, HEADER + GOOD)
    output.play()
    answers(output)
    assert {bucket for bucket, _ in output.deployment.objects.objects} == {BUCKET}
    assert SECRET not in output.text() + output.bodies("processed/", "rejected/", "archive/")
