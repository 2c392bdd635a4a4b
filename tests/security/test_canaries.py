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
from chalicelib.adapters.redshift_data import scrubbed
from chalicelib.config import Settings, SettingsError
from chalicelib.domain.run.model import RunState
from chalicelib.ports import StatementState
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


@dataclass
class Ears:
    """Everything that a deployment in memory says of itself."""

    world: World
    log: io.StringIO
    raised: list[str] = field(default_factory=list)

    def heard(self) -> str:
        world = self.world
        runs = [json.dumps(run_item(run)) for run in world.runs.runs.values()]
        chunks = [str(asdict(c)) for r in world.runs.runs.values() for c in world.chunks.of_run(r.run_id, r.generation)]
        notified = [json.dumps(m) for m in (*world.notifier.successes, *world.notifier.failures)]
        statements = [f"{s.error} {s.name}" for s in world.warehouse.statements.values()]
        names = [key for _, key in world.objects.objects if not key.startswith("incoming/")]
        queue = [m.body for m in world.queue.messages]
        return "\n".join([self.log.getvalue(), *self.raised, *runs, *chunks, *notified, *statements, *names, *queue])

    def bodies(self, *prefixes: str) -> str:
        held = [v for (_, key), v in self.world.objects.objects.items() if key.startswith(prefixes)]
        return "\n".join((v[-1].body or b"").decode("utf-8", "backslashreplace") for v in held)

    def play(self) -> None:
        """As World.run, and whatever a handler raises is what Lambda would write to its log."""
        handle = self.world._handle

        def overheard(*given: Any) -> None:
            try:
                handle(*given)
            except Exception as error:
                self.raised.append(f"{type(error).__name__}: {error}")
                raise Killed from error  # the message is not answered, and comes back

        self.world._handle = overheard  # type: ignore[method-assign]
        self.world.run()


@pytest.fixture
def ears() -> Iterator[Ears]:
    log = io.StringIO()
    handler = observe._logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before, handler.stream = handler.stream, log  # setStream would flush what pytest may have closed
    world = World()
    world.reconfigure(contracts={"person": CONTRACT}, note=observe.note)
    tokens = Tokens(Secrets(), SETTINGS, world.clock)
    bootstrap.use(bootstrap.Wired(pipeline=world.pipeline, queue=world.queue, tokens=tokens))  # type: ignore[arg-type]
    yield Ears(world=world, log=log)
    bootstrap.use(None)
    handler.stream = before


class Secrets:
    """Secrets Manager, with tokens that must not be seen."""

    def get_secret_value(self, **_: str) -> dict[str, str]:
        each = [{"name": role, "role": role, "token": f"{SECRET}-{role}"} for role in ("reader", "operator")]
        return {"SecretString": json.dumps({"tokens": each})}


def land(ears: Ears, text: str, name: str = "a") -> None:
    ears.world.put(f"incoming/person/{name}.csv", text.encode("utf-8", "surrogateescape"), {})
    ears.world.check = lambda world, where: set()


def answers(ears: Ears, *, rejects: bool = False) -> str:
    """What every route says, asked with tokens right and wrong."""
    client = Client(application.app)
    runs = list(ears.world.runs.runs.values())
    paths = ["/runs", "/health", "/runs?state=FAILED", *(f"/status/{run.run_id}" for run in runs)]
    paths += [f"/rejects/{run.run_id}" for run in runs if rejects]
    said = []
    for token in (f"{SECRET}-operator", f"{SECRET}-reader", f"{SECRET}-wrong", ""):
        for path in paths:
            got = client.http.get(path, headers={"Authorization": f"Bearer {token}"})
            said.append(f"{got.status_code} {got.headers} {got.body.decode()}")
        body = json.dumps({"file": "nobody.csv", "dry_run": True}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        got = client.http.post("/runs/person", headers=headers, body=body)
        said.append(got.body.decode())
    assert any(text.startswith("200") for text in said)
    assert any(text.startswith("401") or text.startswith("403") for text in said)
    return "\n".join(said)


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
