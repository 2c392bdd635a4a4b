"""`make deployed`: a stage is deployed to an AWS on this machine, twice, is used, and is taken down. In this order.

What runs is what `make deploy` has uploaded: nothing of the checkout is on the functions' path.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.landing import FUNCTION, folders
from deploy.metrics.alarms import alarms
from deploy.stage import API, LOOPING, functions
from deploy.template.merge import QUEUES
from local.options import REGION
from tests.deployed.conftest import BUCKET, ROOT, STACK, Site
from tests.e2e.conftest import transactions

pytestmark = pytest.mark.deployed
TOKEN = "a token for tests"
SWEEP = "landfall-dev-on_schedule-event"
PATIENCE = 180.0
COPY = "landfall-dev-copy"
ALARMS = [
    resource["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("landfall-${Stage}-")
    for resource in alarms(sorted(functions("dev"))).values()
]


def full(name: str) -> str:
    return "landfall-dev" if name == API else f"landfall-dev-{name}"


def until(done: Callable[[], Any]) -> Any:
    """What is waited for. It does not come by itself: events bring it."""
    give_up = time.monotonic() + PATIENCE
    while not (found := done()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.5)
    return found


def status(site: Site, file: str) -> dict[str, Any]:
    answer = requests.get(
        f"{site.account.rest_api()}/status/{file}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    return dict(answer.json()) if answer.ok else {}


@pytest.fixture(scope="module")
def deployed(site: Site) -> Site:
    """The stage, made by one verb and Chalice's own command, and a token for its API."""
    early = site.typed()
    assert (early.returncode, "make infrastructure STAGE=dev" in early.stderr) == (1, True)
    assert {kind: found for kind, found in site.account.inventory().items() if found} == {}
    said = site.infrastructure(*STACK)
    assert "warn  rights: " in said  # what this AWS cannot answer is never good in silence
    assert ", 0 fail" in said
    assert "stack landfall-dev: applied" in said
    tables, rights = map(said.index, ("created landing.transactions", "granted the rights"))
    assert tables < rights
    assert not site.account.inventory()["functions"]
    typed = site.typed()
    assert (typed.returncode, "Rest API URL" in typed.stdout) == (0, True), typed.stdout + typed.stderr
    assert "8 ok, 0 warn, 0 fail" in site.smoke()  # a file goes the whole way, before there is a token
    assert site.rows("select count(*) from landing.landfall_smoke") == [(0,)]
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens = {"tokens": [{"name": "test", "role": "operator", "sha256": digest}]}
    site.account.client("secretsmanager").put_secret_value(
        SecretId="landfall-dev-tokens", SecretString=json.dumps(tokens)
    )
    return site


def test_each_configured_function_has_a_role_of_its_own(deployed: Site) -> None:
    found = deployed.account.inventory()
    wanted = functions("dev")
    assert set(found["functions"]) == {full(name) for name in wanted}
    assert set(found["roles"]) == {COPY, *(f"landfall-dev-{name}" for name in wanted)}
    for name, said in wanted.items():
        function = found["functions"][full(name)]
        assert function["Handler"] == ("app.app" if name == API else f"app.{name}")
        assert (function["MemorySize"], function["Timeout"]) == (said["lambda_memory_size"], said["lambda_timeout"])
        assert function["Role"].endswith(f":role/landfall-dev-{name}")
        assert function["Runtime"] == "python3.13"
        assert function["Loops"] == ("Allow" if name in LOOPING else "Terminate")
        assert function["Environment"]["LANDFALL_BUCKET"] == BUCKET
        assert {"Environment": "dev", "Project": "landfall"}.items() <= function["Tags"].items()
        (policy,) = found["roles"][f"landfall-dev-{name}"].values()
        assert "${" not in json.dumps(policy).replace("${aws:", "")
        assert found["log groups"][f"/aws/lambda/{full(name)}"]["retentionInDays"] == 30


def test_what_was_uploaded_is_the_zip_that_was_measured(deployed: Site) -> None:
    (archive,) = (deployed.clone / "build/deploy-dev/.chalice/deployments").glob("*.zip")
    sha = base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()
    assert {f["CodeSha256"] for f in deployed.account.inventory()["functions"].values()} == {sha}


def test_everything_that_is_to_call_a_function_does(deployed: Site) -> None:
    found = deployed.account.inventory()
    assert found["buckets"] == {BUCKET: dict.fromkeys(folders(), full(FUNCTION))}
    assert {m["calls"] for m in found["mappings"].values()} == {full(name) for name in QUEUES}
    assert {queue: m["at once"] for queue, m in found["mappings"].items()} == {
        "landfall-dev-runs": 3, "landfall-dev-chunks": 4, "landfall-dev-runs-dead": 2, "landfall-dev-chunks-dead": 2,
    }  # fmt: skip
    assert {m["batch"] for m in found["mappings"].values()} == {1}
    assert found["rules"][SWEEP] == {"State": "ENABLED", "when": "rate(5 minutes)", "calls": [full("on_schedule")]}
    assert found["rules"]["landfall-dev-on_statement-event"]["calls"] == [full("on_statement")]
    (api,) = found["rest apis"].values()
    assert (api["stage"], api["limits"]) == ("api", {"throttlingBurstLimit": 40, "throttlingRateLimit": 20.0})
    assert {"POST /runs/{name}", "GET /status/{file}", "GET /health"} <= set(api["methods"])
    assert all(security for method, security in api["methods"].items() if not method.startswith("OPTIONS"))


def test_every_alarm_of_the_template_is_there(deployed: Site) -> None:
    wanted = {f"landfall-dev-{name}" for name in ALARMS}
    assert set(deployed.account.inventory()["alarms"]) == wanted


def test_all_that_chalice_has_made_is_tagged_too(deployed: Site) -> None:
    found = deployed.account.inventory()["tags"]
    assert len(found) == len(functions("dev")) + len(("copy", "api", "its stage")) + len(QUEUES) + 2
    wanted = {"Environment": "dev", "Project": "landfall"}
    assert {name for name, tags in found.items() if not wanted.items() <= tags.items()} == set()


def test_make_deploy_changes_nothing_after_that(deployed: Site) -> None:
    before = deployed.account.inventory()
    said = deployed.deploy()
    assert "stack landfall-dev: unchanged" in said
    assert "warehouse: nothing to do" in said
    assert deployed.account.inventory() == before


def test_a_schedule_that_was_switched_off_stays_off(deployed: Site) -> None:
    events = deployed.account.client("events")
    events.disable_rule(Name=SWEEP)
    deployed.deploy("--no-migrate")
    assert deployed.account.inventory()["rules"][SWEEP]["State"] == "DISABLED"
    events.enable_rule(Name=SWEEP)


def test_a_file_that_lands_is_loaded_by_the_code_in_the_zip(deployed: Site) -> None:
    deployed.account.client("s3").put_object(
        Bucket=BUCKET, Key="incoming/transactions/deployed.csv", Body=transactions(1, 3_000, bad=2).encode()
    )
    ended = until(lambda: (found := status(deployed, "deployed.csv")).get("finished") and found)
    assert (ended["state"], ended["rows"]["inserted"], ended["rows"]["rejected"]) == ("LOADED", 3_000, 2)
    assert deployed.rows("select count(*), count(distinct transaction_id) from landing.transactions") == [
        (3_000, 3_000)
    ]
    assert deployed.rows(
        "select rows_read, loaded, rejected, balanced from etl.books where object = 'transactions'"
    ) == [(3_002, 3_000, 2, True)]
    running = deployed.running()
    assert {"on_incoming", "advance_run", "stage_chunk", "on_statement"} <= {
        name.removeprefix("landfall-dev-") for name in running
    }
    for name, process in running.items():
        code = Path(process.cwd())
        loaded = [m.path for m in process.memory_maps() if m.path.startswith(str(ROOT))]
        assert "-I" in process.cmdline()  # nothing of the environment's packages on its path
        assert [path for path in loaded if not Path(path).is_relative_to(code)] == []
        if name.endswith(("advance_run", "stage_chunk")):
            assert any("numpy" in path for path in loaded)


def test_the_api_knows_its_callers(deployed: Site) -> None:
    url = deployed.account.rest_api()
    assert requests.get(f"{url}/health", timeout=60).status_code == 401
    known = requests.get(f"{url}/health", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).json()
    assert (known["status"], known["stage"], known["warehouse"]) == ("ok", "dev", {"reachable": True})


def test_a_stage_with_contracts_of_its_own_is_apart(deployed: Site, tmp_path: Path) -> None:
    before = deployed.account.inventory()
    text = (deployed.clone / "chalicelib/contracts/transactions.toml").read_text()
    own = re.sub("^lands_at = .*$", 'lands_at = ["suppliers/acme/*"]', text, flags=re.MULTILINE)
    fault = "acme.toml: mode"
    (tmp_path / "acme.toml").write_text(own.replace('mode = "scd1"', 'mode = "none"'))
    assert fault in deployed.refused(*STACK, "--contracts", str(tmp_path), stage="team-a")
    (tmp_path / "acme.toml").write_text(
        own.replace('"transactions"', '"acme"').replace("landing.transactions", "landing.acme")
    )
    said = deployed.deploy(*STACK, "--contracts", str(tmp_path), stage="team-a")
    assert "created landing.acme" in said
    bucket = BUCKET.replace("dev", "team-a")
    called = dict.fromkeys(("incoming/", "suppliers/"), "landfall-team-a-on_incoming")  # the former is the smoke test's
    assert deployed.account.inventory()["buckets"][bucket] == called
    deployed.account.client("s3").put_object(
        Bucket=bucket, Key="suppliers/acme/a.csv", Body=transactions(1, 100, bad=0).encode()
    )
    until(lambda: deployed.rows("select count(*) from landing.acme") == [(100,)])
    assert "contracts of its own" in deployed.refused(stage="team-a")
    assert f"bucket {bucket}" in deployed.teardown("--data", "delete", stage="team-a")
    assert deployed.account.inventory() == before


def test_a_stage_may_change_to_a_state_machine_and_back(deployed: Site, tmp_path: Path) -> None:
    before, s3 = deployed.account.inventory(), deployed.account.client("s3")
    text = (deployed.clone / "chalicelib/contracts/transactions.toml").read_text()
    own = text.replace('"transactions"', '"moved"').replace("landing.transactions", "landing.moved")
    (tmp_path / "moved.toml").write_text(re.sub("^lands_at = .*$", 'lands_at = ["moved/*"]', own, flags=re.MULTILINE))
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    made, bucket = ("--contracts", str(tmp_path), "--artifacts-bucket", "artifacts"), BUCKET.replace("dev", "moved")
    for number, orchestrator in enumerate(("step_functions", "sqs"), 1):
        configure(deployed, "moved", orchestrator)
        deployed.deploy(*STACK, *made, stage="moved")
        machines = deployed.account.inventory()["state machines"]
        assert set(machines) == ({"landfall-moved", "landfall-moved-read_source"} if number == 1 else set())
        assert ("landfall-moved-landing" in deployed.account.inventory()["rules"]) is (number == 1)
        body = transactions(number * 100, 100).encode()
        s3.put_object(Bucket=bucket, Key=f"moved/{number}.csv", Body=body)
        until(lambda rows=number * 100: deployed.rows("select count(*) from landing.moved") == [(rows,)])
        if number == 1:
            [execution] = until(lambda: deployed.executions("landfall-moved", "SUCCEEDED"))
            assert execution.startswith("moved-")
            definition = json.loads(machines["landfall-moved"]["definition"])
            assert "${" not in json.dumps(definition)
            assert definition["States"]["Plan"]["Parameters"]["FunctionName"].endswith(":landfall-moved-advance_run")
    deployed.teardown("--data", "delete", stage="moved")
    s3.delete_object(Bucket="artifacts", Key=s3.list_objects_v2(Bucket="artifacts")["Contents"][0]["Key"])
    s3.delete_bucket(Bucket="artifacts")
    assert deployed.account.inventory() == before


def configure(site: Site, stage: str, orchestrator: str) -> None:
    """Give the clone's configuration a stage like dev, with an orchestrator; beside executions a rule for files."""
    path = site.clone / ".chalice/config.json"
    config = json.loads(path.read_text())
    one = json.loads(json.dumps(config["stages"]["dev"]))
    wiring = "eventbridge" if orchestrator == "step_functions" else "notification"
    one["environment_variables"] |= {"LANDFALL_ORCHESTRATOR": orchestrator, "LANDFALL_S3_WIRING": wiring}
    path.write_text(json.dumps({**config, "stages": {**config["stages"], stage: one}}))


def test_a_teardown_leaves_the_data_and_the_next_one_nothing(deployed: Site) -> None:
    before = deployed.account.inventory()
    said = deployed.teardown()
    assert f"bucket {BUCKET}" in said
    left = deployed.account.inventory()
    assert not any(left[kind] for kind in ("functions", "mappings", "rest apis", "rules"))
    assert list(left["roles"]) == [COPY]
    assert left["buckets"] == {BUCKET: {}}
    for kind in ("alarms", "log groups", "queues", "secrets", "stacks", "tables", "topics"):
        assert left[kind] == before[kind]
    deployed.teardown("--data", "delete")
    assert {kind: found for kind, found in deployed.account.inventory().items() if found} == {}
    assert "there are no functions and no API" in deployed.teardown()


def test_what_is_left_of_a_stack_that_was_deleted_by_hand_goes(deployed: Site) -> None:
    deployed.deploy(*STACK)
    deployed.account.client("cloudformation").delete_stack(StackName="landfall-dev")
    said = deployed.teardown("--data", "delete")
    assert "there is no stack landfall-dev; functions and API are gone" in said
    assert {kind: found for kind, found in deployed.account.inventory().items() if found} == {}
