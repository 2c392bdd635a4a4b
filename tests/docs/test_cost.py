"""docs/operate/cost.md shows what the command prints, and the model's own figures."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chalicelib.domain.run import cost
from landfall.main import app

PAGE = (Path(__file__).parents[2] / "docs/operate/cost.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```\n\$ landfall (.*)\n((?:.*\n)*?)```", PAGE)
LABELS = {
    "lambda_requests": "Lambda requests",
    "dynamodb_writes": "DynamoDB write units",
    "dynamodb_reads": "DynamoDB read units",
    "sqs_requests": "SQS requests",
    "s3_writes": "S3 PUT, COPY, POST, LIST",
    "s3_reads": "S3 GET, HEAD",
    "sns_publishes": "SNS publishes",
}


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_an_example_is_what_the_command_prints(command: str, shown: str) -> None:
    done = CliRunner().invoke(app, shlex.split(command))
    assert (done.exit_code, done.output) == (0, shown)


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("seconds", [0, 300, 900, 3600])
def test_the_table_of_windows_is_what_the_command_prints(seconds: int) -> None:
    ask = f"cost --files-per-day 720 --gb-per-file 0.0001 --load-every {seconds} --json"
    found = json.loads(CliRunner().invoke(app, ask.split()).output)
    wake_ups, usd = found["amounts"]["wake_ups"], found["totals"]["landfall"]
    assert re.search(rf"^\| {seconds} \| .* \| {wake_ups:,.0f} \| {usd:,.2f} \|$", PAGE, re.MULTILINE)


def test_a_window_that_no_contract_may_have_is_refused() -> None:
    done = CliRunner().invoke(app, ["cost", "--files-per-day", "1", "--gb-per-file", "1", "--load-every", "7"])
    assert done.exit_code == 2


@pytest.mark.parametrize("name", LABELS)
def test_the_counted_calls_are_the_models(name: str) -> None:
    a_file, a_chunk = (getattr(of, name) for of in (cost.BY_MESSAGES.a_file, cost.BY_MESSAGES.a_chunk))
    assert f"| {LABELS[name]} | {a_file:g} | {a_chunk:g} |" in PAGE


@pytest.mark.parametrize("name", {**LABELS, "state_transitions": "Step Functions state transitions"}.items())
def test_the_calls_by_executions_are_the_models(name: tuple[str, str]) -> None:
    field, label = name
    usual, other = (
        tuple(getattr(of, field) for of in (by.a_file, by.a_chunk)) for by in (cost.BY_MESSAGES, cost.BY_EXECUTIONS)
    )
    shown = f"| {label} | {other[0]:g} | {other[1]:g} |" in PAGE.partition("### A state machine")[2]
    assert shown is (usual != other), "the section has what is different"


def test_a_machine_adds_its_line_and_an_unknown_one_is_refused() -> None:
    ask = ["cost", "--files-per-day", "100", "--gb-per-file", "0.001"]
    plain, machine = (CliRunner().invoke(app, [*ask, "--orchestrator", name]) for name in ("sqs", "step_functions"))
    assert plain.output == CliRunner().invoke(app, ask).output
    assert "state transitions" not in plain.output
    assert re.search(r"^state transitions +57,000 +1\.4[23] *$", machine.output, re.MULTILINE)
    assert CliRunner().invoke(app, [*ask, "--orchestrator", "airflow"]).exit_code == 2


@pytest.mark.parametrize("name", cost.US_EAST_1)
def test_every_price_is_shown(name: str) -> None:
    (found,) = re.findall(rf"^\| `{name}` \| ([0-9.]+)( per million| per \w+-hour| \(x86_64\)) \|", PAGE, re.MULTILINE)
    amount, unit = found
    per = 1e6 if "million" in unit else 3600 if "hour" in unit else 1
    assert float(amount) / per == pytest.approx(cost.US_EAST_1[name])


def test_each_line_has_a_price() -> None:
    assert {f.name for f in fields(cost.Usage)} | {"glue_dpu_seconds"} == set(cost.US_EAST_1)


def test_a_file_of_prices_is_taken_and_a_wrong_one_refused(tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("rpu_seconds = 0\n")
    ask = ["cost", "--files-per-day", "1", "--gb-per-file", "1", "--prices", str(prices), "--json"]
    found = json.loads(CliRunner().invoke(app, ask).output)
    assert (found["landfall"]["rpu_seconds"], found["glue"]["rpu_seconds"]) == (0, 0)
    assert found["totals"]["landfall"] == pytest.approx(sum(found["landfall"].values()))
    assert found["totals"]["landfall"] > 0
    prices.write_text("rpu_hours = 1\n")
    assert CliRunner().invoke(app, ask).exit_code == 2
    prices.unlink()
    assert CliRunner().invoke(app, ask).exit_code == 3
