"""`landfall cost`: what a workload costs a month, next to Glue for the same. Asks no deployment."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.domain.run.cost import PRICES_OF, US_EAST_1, Workload, costs, glue_month, month_of
from landfall.faults import absent, guarded, usage
from landfall.screen import Grid, console, say, say_json, show

Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
LINES = {"glue_dpu_seconds": "Glue DPU-seconds", "rpu_seconds": "Redshift RPU-seconds"}


@guarded
def cost(
    *,
    files_per_day: Annotated[float, typer.Option(min=0, max=1e9, help="Files that land a day.")],
    gb_per_file: Annotated[float, typer.Option(min=0, max=1e6, help="GB (10^9 bytes) of each.")],
    chunk_mb: Annotated[float, typer.Option(min=1, help="MB of source per chunk.")] = Workload.chunk_mb,
    files_per_load: Annotated[
        float, typer.Option(min=1, help="Files that one transaction loads together.")
    ] = Workload.files_per_load,
    stage_seconds_per_gb: Annotated[float, typer.Option(min=0, help="Of staging.")] = Workload.stage_seconds_per_gb,
    load_seconds_per_gb: Annotated[
        float, typer.Option(min=0, help="Of COPY and merge; assumed.")
    ] = Workload.load_seconds_per_gb,
    glue_seconds_per_gb: Annotated[
        float, typer.Option(min=0, help="Of a Glue job of 2 DPU; assumed.")
    ] = Workload.glue_seconds_per_gb,
    prices: Annotated[Path | None, typer.Option(help="TOML of prices, in place of the list's.")] = None,
    json: Json = False,
) -> None:
    """Estimate a month's cost, next to AWS Glue."""
    work = Workload(
        files_per_day=files_per_day,
        gb_per_file=gb_per_file,
        chunk_mb=chunk_mb,
        files_per_load=files_per_load,
        stage_seconds_per_gb=stage_seconds_per_gb,
        load_seconds_per_gb=load_seconds_per_gb,
        glue_seconds_per_gb=glue_seconds_per_gb,
    )
    label = f"the prices of {prices}, for others {PRICES_OF}" if prices else PRICES_OF
    tell(estimate(work, {**US_EAST_1, **_own(prices)}, label), as_json=json)


def estimate(work: Workload, prices: dict[str, float], prices_of: str = PRICES_OF) -> dict[str, Any]:
    """Amounts and USD of a month. `prices_of` says whose prices these are."""
    used = month_of(work)
    landfall, glue = costs(used, prices), glue_month(work, prices)
    return {
        "prices": prices_of,
        "amounts": asdict(used),
        "landfall": landfall,
        "glue": glue,
        "totals": {"landfall": sum(landfall.values()), "glue": sum(glue.values())},
    }


def tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    names = [*found["landfall"], "glue_dpu_seconds"]
    rows = [_row(n, found["amounts"].get(n), found["landfall"].get(n), found["glue"].get(n)) for n in names]
    rows.append(_row("total", None, found["totals"]["landfall"], found["totals"]["glue"]))
    columns = ("a month", "amount", "Landfall, USD", "Glue, USD")
    show(console(), Grid(columns=columns, rows=rows, right=columns[1:]))
    say(f"An estimate at {found['prices']}, without free tiers: docs/operate/cost.md.")


def _row(name: str, amount: float | None, landfall: float | None, glue: float | None) -> tuple[str, ...]:
    money = ["" if usd is None else f"{usd:,.2f}" for usd in (landfall, glue)]
    return LINES.get(name, name.replace("_", " ")), "" if amount is None else f"{amount:,.0f}", *money


def _own(path: Path | None) -> dict[str, float]:
    """The prices of a file. Raises CommandError."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise absent(f"{path} cannot be read") from None
    except ValueError as fault:
        raise usage(f"{path} is no TOML: {fault}") from None
    if wrong := [n for n, p in found.items() if n not in US_EAST_1 or type(p) not in (int, float) or p < 0]:
        raise usage(f"{path}: {', '.join(wrong)}: not a price; known are {', '.join(sorted(US_EAST_1))}")
    return {name: float(price) for name, price in found.items()}
