"""`landfall ddl`: shows the statements by which `landfall migrate` makes the contracts' tables."""

from __future__ import annotations

from itertools import chain

from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.warehouse.ddl import gate_ddl, staging_ddl, target_ddl
from landfall.contracts import known, shipped
from landfall.screen import print_json, print_lines

EXAMPLE_LOAD = "0" * 32


def show_ddl(name: str, *, as_json: bool) -> None:
    """Show targets and gates; as JSON also the staging table of a load. Raises CommandError."""
    contracts = shipped()
    chosen = [known(contracts, name)] if name else list(contracts.values())
    if as_json:
        for contract in chosen:
            columns = [c.name for c in contract.columns]
            made = {"target": target_ddl(contract), "gate": gate_ddl(contract)}
            staging = staging_ddl(contract, columns, EXAMPLE_LOAD, EXAMPLE_LOAD[:MARK_LENGTH])
            print_json({"object": contract.name, **made, "staging": staging})
        return
    for place, contract in enumerate(chosen):
        print_lines(*[""] * (place > 0), f"-- {contract.name}")
        for statement in chain(target_ddl(contract), gate_ddl(contract)):
            print_lines(*f"{statement};".split("\n"))
