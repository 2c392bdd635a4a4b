"""Files that are no plain CSV: JSON, and files whose rows a contract's function changes."""

from __future__ import annotations

import json

from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.outside import OTHERS
from tests.support.simulated.scenarios import numbered

Rows = dict[str, str]


def json_files(deployment: SimulatedDeployment) -> None:
    """Objects a line with bad ones among them, then an array with keys that the first file has, too."""
    deployment.deploy({"plain": OTHERS["plain"]})
    first, second = numbered(5, tag="a"), numbered(4, tag="b", base=3)
    lines = [*_objects(first), '{"id": "x1", "value": "y", "amount": "many"}', '{"id": "x2", "id": "x3"}']
    deployment.put("incoming/plain/a.json", "\n".join(lines).encode(), first)
    deployment.put("incoming/plain/b.json", f"[{', '.join(_objects(second))}]".encode(), second)


def _objects(rows: Rows) -> list[str]:
    return [
        json.dumps({"amount": int(amount), "id": key, "value": value})
        for key, (value, _, amount) in ((key, rest.partition(",")) for key, rest in rows.items())
    ]


def transformed(deployment: SimulatedDeployment) -> None:
    """A contract whose function drops rows, refuses rows, and changes the others; its files share keys."""
    deployment.deploy({"tidy": OTHERS["tidy"]})
    for number, name in enumerate(("a.csv", "b.csv")):
        rows = [(f"k{n + 2 * number}", name[0], n) for n in range(4)]
        sent = [*rows[:2], (f"t{number}", "test", 1), *rows[2:], (f"l{number}", "x", 91), (f"b{number}", "y", "no")]
        body = "id,value,half\n" + "".join(f"{key},{value},{half}\n" for key, value, half in sent)
        wanted = {key: f"{value.upper()},{2 * half}" for key, value, half in rows}
        deployment.put(f"incoming/tidy/{name}", body.encode(), wanted)
