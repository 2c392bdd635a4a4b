"""`landfall cost`: estimates what a workload costs a month, next to AWS Glue. It calls no deployment."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.domain.contract.load_window import window_fault
from chalicelib.domain.run.cost import (
    BY_EXECUTIONS,
    BY_MESSAGES,
    PRICES_OF,
    US_EAST_1,
    Calls,
    Workload,
    costs,
    glue_month,
    month_of,
    wake_ups,
)
from landfall.choices import ORCHESTRATOR, SQS, chooses_machine
from landfall.faults import absent, guarded, usage
from landfall.options import Json
from landfall.screen import Grid, console, print_json, print_lines, show

LINES = {"glue_dpu_seconds": "Glue DPU-seconds", "rpu_seconds": "Redshift RPU-seconds", "wake_ups": "Redshift wake-ups"}
OF_MACHINES = {"state_transitions"}
"""Lines that are left out if there is nothing of them."""

GlueSeconds = Annotated[float, typer.Option(min=0, help="Seconds of a Glue job of 2 DPU for a GB; assumed.")]
OrchestratorOption = Annotated[str, typer.Option(help="What moves runs on: sqs, or step_functions.")]


@guarded
def cost(
    *,
    files_per_day: Annotated[float, typer.Option(min=0, max=1e9, help="Files that land a day.")],
    gb_per_file: Annotated[float, typer.Option(min=0, max=1e6, help="Size of each file in GB (10^9 bytes).")],
    load_every: Annotated[
        float, typer.Option(help="Seconds of the load windows (load_every); 0 for none.")
    ] = Workload.load_every,
    rpus: Annotated[
        float, typer.Option(min=1, help="Redshift's capacity in RPU: the stack's BaseCapacity.")
    ] = Workload.rpus,
    chunk_mb: Annotated[float, typer.Option(min=1, help="MB of source per chunk.")] = Workload.chunk_mb,
    files_per_load: Annotated[
        float, typer.Option(min=1, help="Files that one transaction loads together.")
    ] = Workload.files_per_load,
    stage_seconds_per_gb: Annotated[
        float, typer.Option(min=0, help="Seconds to stage a GB.")
    ] = Workload.stage_seconds_per_gb,
    load_seconds_per_gb: Annotated[
        float, typer.Option(min=0, help="Seconds to COPY and merge a GB; assumed.")
    ] = Workload.load_seconds_per_gb,
    glue_seconds_per_gb: GlueSeconds = Workload.glue_seconds_per_gb,
    orchestrator: OrchestratorOption = SQS,
    prices: Annotated[Path | None, typer.Option(help="TOML file of prices that replace the list's.")] = None,
    json: Json = False,
) -> None:
    """Estimate a month's cost, next to AWS Glue."""
    _refuse_window(load_every)
    work = Workload(
        files_per_day=files_per_day,
        gb_per_file=gb_per_file,
        load_every=load_every,
        rpus=rpus,
        chunk_mb=chunk_mb,
        files_per_load=files_per_load,
        stage_seconds_per_gb=stage_seconds_per_gb,
        load_seconds_per_gb=load_seconds_per_gb,
        glue_seconds_per_gb=glue_seconds_per_gb,
        by=_calls_by(orchestrator),
    )
    show_estimate(_estimate_at(prices, work), as_json=json)


def _estimate_at(prices: Path | None, work: Workload) -> dict[str, Any]:
    label = f"the prices of {prices}, for others {PRICES_OF}" if prices else PRICES_OF
    return estimate(work, {**US_EAST_1, **_own(prices)}, label)


def estimate(work: Workload, prices: dict[str, float], prices_of: str = PRICES_OF) -> dict[str, Any]:
    """Return amounts and USD of a month. `prices_of` describes the prices."""
    used = month_of(work)
    landfall, glue = costs(used, prices), glue_month(work, prices)
    return {
        "prices": prices_of,
        "amounts": {**asdict(used), "wake_ups": wake_ups(work)},
        "landfall": landfall,
        "glue": glue,
        "totals": {"landfall": sum(landfall.values()), "glue": sum(glue.values())},
        "without_windows": sum(costs(month_of(replace(work, load_every=0.0)), prices).values()),
    }


def show_estimate(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    used = [name for name in found["landfall"] if name not in OF_MACHINES or found["amounts"][name]]
    names = [*used, "glue_dpu_seconds", "wake_ups"]
    rows = [_row(n, found["amounts"].get(n), found["landfall"].get(n), found["glue"].get(n)) for n in names]
    rows.append(_row("total", None, found["totals"]["landfall"], found["totals"]["glue"]))
    columns = ("a month", "amount", "Landfall, USD", "Glue, USD")
    show(console(), Grid(columns=columns, rows=rows, right=columns[1:]))
    before, after = found["without_windows"], found["totals"]["landfall"]
    if before > after:
        print_lines(f"Without load windows it would be {before:,.2f} USD: {before - after:,.2f} USD more.")
    print_lines(f"An estimate at {found['prices']}, without free tiers: docs/operate/cost.md.")


def _row(name: str, amount: float | None, landfall: float | None, glue: float | None) -> tuple[str, ...]:
    money = ["" if usd is None else f"{usd:,.2f}" for usd in (landfall, glue)]
    return LINES.get(name, name.replace("_", " ")), "" if amount is None else f"{amount:,.0f}", *money


def _refuse_window(seconds: float) -> None:
    if fault := window_fault(seconds):
        raise usage(f"--load-every: {fault}")


def _calls_by(orchestrator: str) -> Calls:
    try:
        return BY_EXECUTIONS if chooses_machine({ORCHESTRATOR: orchestrator}) else BY_MESSAGES
    except ValueError as fault:
        raise usage(f"--orchestrator: {fault}") from None


def _own(path: Path | None) -> dict[str, float]:
    """Read the prices of a file. Raises CommandError."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise absent(f"{path} cannot be read") from None
    except ValueError as fault:
        raise usage(f"{path} is not TOML: {fault}") from None
    if wrong := [n for n, p in found.items() if n not in US_EAST_1 or type(p) not in (int, float) or p < 0]:
        raise usage(f"{path}: {', '.join(wrong)}: not a price; the prices are {', '.join(sorted(US_EAST_1))}")
    return {name: float(price) for name, price in found.items()}
