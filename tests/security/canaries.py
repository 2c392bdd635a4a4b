"""Values that must not leave their place, and all that a deployment reports of itself."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from chalice.test import Client

import app as application
from chalicelib.adapters.dynamodb.items import run_item
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Killed

ROW = "CANARYROW"


PII = "CANARYPII"


SECRET = ROW.replace("ROW", "SECRET")


TOML = b"""
name = "person"
target = "landing.people"
key = ["id"]
lands_at = ["incoming/person/*"]

[limits]
max_reject_ratio = 0.9
max_record_bytes = 500

[columns]
id = { type = "varchar(24)", required = true }
name = { type = "varchar(24)", pii = true }
born = { type = "date", pii = true }
amount = { type = "integer" }
note = { type = "varchar(24)", pattern = "[A-Za-z0-9 ]*" }
"""


CONTRACT = read_contract("person.toml", TOML)


HEADER = "id,name,born,amount,note\n"


GOOD = f"{ROW}1,{PII},1990-01-01,1,{ROW}\n{ROW}2,{PII},,2,\n"


DEFECTS = {
    "a number that is none": f"{ROW}3,{PII},1990-01-01,{ROW},x\n",
    "a date that is none": f"{ROW}3,{PII},{PII},3,x\n",
    "a text too long": f"{ROW}3,{PII * 9},,3,x\n",
    "a pattern that does not fit": f"{ROW}3,{PII},,3,{ROW}!\n",
    "a required value that is missing": f",{PII},,3,{ROW}\n",
    "too few columns": f"{ROW},{PII}\n",
    "too many columns": f"{ROW},{PII},,3,{ROW},{ROW},{PII}\n",
    "a quote that is not closed": f'{ROW},"{PII},,3,{ROW}\n' * 3,
    "a quote in a bare value": f'{ROW},{PII}"{PII},,3,{ROW}\n',
    "a record too long": f"{ROW},{PII},,3,{ROW * 90}\n",
    "a byte that is not UTF-8": f"{ROW},{PII}\udcff,,3,{ROW}\udcff\n",
    "a NUL": f"{ROW},{PII}\0,,3,{ROW}\0\n",
}


@dataclass
class Output:
    """Everything that a deployment in memory says of itself."""

    deployment: SimulatedDeployment
    log: io.StringIO
    raised: list[str] = field(default_factory=list)

    def text(self) -> str:
        deployment = self.deployment
        runs = [json.dumps(run_item(run)) for run in deployment.runs.runs.values()]
        chunks = [
            str(asdict(c))
            for r in deployment.runs.runs.values()
            for c in deployment.chunks.of_run(r.run_id, r.generation)
        ]
        notified = [json.dumps(m) for m in (*deployment.notifier.successes, *deployment.notifier.failures)]
        statements = [f"{s.error} {s.name}" for s in deployment.warehouse.statements.values()]
        names = [key for _, key in deployment.objects.objects if not key.startswith("incoming/")]
        queue = [m.body for m in deployment.queue.messages]
        return "\n".join([self.log.getvalue(), *self.raised, *runs, *chunks, *notified, *statements, *names, *queue])

    def bodies(self, *prefixes: str) -> str:
        held = [v for (_, key), v in self.deployment.objects.objects.items() if key.startswith(prefixes)]
        return "\n".join((v[-1].body or b"").decode("utf-8", "backslashreplace") for v in held)

    def play(self) -> None:
        """As SimulatedDeployment.settle, and whatever a handler raises is what Lambda would write to its log."""
        handle = self.deployment.handle_message

        def recorded(*given: Any) -> None:
            try:
                handle(*given)
            except Exception as error:
                self.raised.append(f"{type(error).__name__}: {error}")
                raise Killed from error  # the message is not answered, and comes back

        self.deployment.handle_message = recorded  # type: ignore[method-assign]
        self.deployment.settle()


class Secrets:
    """Secrets Manager, with tokens that must not be seen."""

    def get_secret_value(self, **_: str) -> dict[str, str]:
        each = [{"name": role, "role": role, "token": f"{SECRET}-{role}"} for role in ("reader", "operator")]
        return {"SecretString": json.dumps({"tokens": each})}


def land(output: Output, text: str, name: str = "a") -> None:
    output.deployment.put(f"incoming/person/{name}.csv", text.encode("utf-8", "surrogateescape"), {})
    output.deployment.check = lambda deployment, where: set()


def answers(output: Output, *, rejects: bool = False) -> str:
    """What every route says, asked with tokens right and wrong."""
    client = Client(application.app)
    runs = list(output.deployment.runs.runs.values())
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
