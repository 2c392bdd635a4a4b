"""`landfall ddl`: what `landfall migrate` would make for the contracts."""

from __future__ import annotations

import json
from itertools import chain

from chalicelib.domain.ddl import gate_ddl, staging_ddl, target_ddl
from chalicelib.domain.model import MARK_LENGTH
from cli.contracts import known, shipped

EXAMPLE_LOAD = "0" * 32


def show_ddl(name: str, *, as_json: bool) -> None:
    """Targets and gates, and what each load's staging table is like. Raises CommandError."""
    contracts = shipped()
    chosen = [known(contracts, name)] if name else list(contracts.values())
    if as_json:
        for contract in chosen:
            columns = [c.name for c in contract.columns]
            made = {"target": target_ddl(contract), "gate": gate_ddl(contract)}
            print(
                json.dumps(
                    {
                        "object": contract.name,
                        **made,
                        "staging": staging_ddl(contract, columns, EXAMPLE_LOAD, EXAMPLE_LOAD[:MARK_LENGTH]),
                    }
                )
            )
        return
    for place, contract in enumerate(chosen):
        print("\n" * (place > 0) + f"-- {contract.name}")
        print("\n".join(f"{statement};" for statement in chain(target_ddl(contract), gate_ddl(contract))))
