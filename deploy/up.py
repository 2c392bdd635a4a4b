"""`make deploy STAGE=dev`: the stack, the tables, `chalice deploy`, settings that it lacks, a trial. Idempotent."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy import account
from deploy.after import (
    allow_loops,
    as_switched,
    download_record,
    has_own_contracts,
    keep_logs,
    limit_calls,
    record_of,
    set_gateway_responses,
    tag,
    upload_record,
)
from deploy.artifacts import Artifacts
from deploy.bundle.attached import must_be_attached
from deploy.bundle.package import chalice, measure, packed
from deploy.bundle.project import BUILD, Project
from deploy.bundle.vendor import PLATFORMS, PackageError, vendor
from deploy.found import record
from deploy.landing import folders, has_rule, notify
from deploy.limits import bound_roles, limit_usage
from deploy.machine import has_machine
from deploy.policy_size import must_fit
from deploy.preflight.preflight import preflight
from deploy.sources import rights_of_sources
from deploy.stack import DeployError, apply, environment, name_of, outputs, placeholders, region_of, takes
from deploy.stage import (
    BUCKET,
    CHALICE,
    ROOT,
    filled,
    functions,
    granted,
    settings,
    stage_name,
    use_of_key,
    with_bucket,
    with_login,
)
from landfall.contracts import FOLDER_VARIABLE, deployed, has_own
from landfall.doctor import smoke as trial
from landfall.doctor.site import of_stage
from landfall.faults import CommandError, ExitCode
from landfall.migration import migrate as migration
from landfall.migration.data_api import DataApi
from landfall.migration.grants import Grants
from landfall.migration.plan import Wanted
from landfall.migration.target import WarehouseOptions, named
from landfall.remote.deployment import described_stack

DEPLOYED = CHALICE / "deployed"


def deploy(
    session: Any,
    stage: str,
    given: dict[str, str],
    architecture: str,
    *,
    migrates: bool,
    secret_arn: str = "",
    artifacts: str = "",
) -> None:
    """Deploy everything: no function runs before its tables. Raises DeployError, PackageError."""
    must_be_attached(stage)
    vendored = vendor(architecture, BUILD)  # a fault of this machine shows before anything is made
    left = infrastructure(session, stage, given, migrates=migrates, secret_arn=secret_arn, artifacts=artifacts)
    put_functions(session, stage, architecture, vendored)
    if left:
        print("\n".join(left))


def look(session: Any, stage: str, given: Mapping[str, str]) -> None:
    """Look at the account before anything is made. Raises DeployError if the deployment would fail there."""
    report = preflight(session, stage, given)
    if report.show() is not ExitCode.OK:
        raise DeployError("the account is not ready, and nothing was made: see the lines that begin with fail")


def smoke(session: Any, stage: str, secret_arn: str) -> None:
    """Let a file of three rows go the whole way, and undo it. Raises DeployError if it does not arrive as it should."""
    try:
        with of_stage(session, WarehouseOptions(stage=stage, secret_arn=secret_arn)) as site:
            code = trial.smoke(site).show()
    except CommandError as fault:
        raise DeployError(f"all is deployed, but cannot be tried: {fault}") from None
    if code is not ExitCode.OK:
        again = f"`landfall doctor --deployment --stage {stage}` tries again"
        raise DeployError(f"all is deployed, but a file does not arrive as it should: see the line with fail; {again}")


def same_contracts(s3: Any, bucket: str, stage: str) -> None:
    """Raise DeployError if a stage with contracts of its own would get those of the checkout unintentionally."""
    if not os.environ.get(FOLDER_VARIABLE) and has_own_contracts(s3, bucket, stage):
        raise DeployError(
            f"stage {stage} has contracts of its own: name their folder (CONTRACTS=… for make, {FOLDER_VARIABLE} for "
            "chalice), or chalicelib/contracts to replace them"
        )


def same_orchestrator(stage: str, found: Mapping[str, str]) -> None:
    """Raise DeployError unless the stack has a state machine if, and only if, the stage is configured for one."""
    chosen, there = has_machine(settings(stage)), "StateMachine" in found
    if chosen != there:
        seen = "has a state machine, which" if there else "has no state machine, which"
        wanted = "no longer chooses" if there else "chooses"
        raise DeployError(
            f"the stack {name_of(stage)} {seen} stage {stage} {wanted} in .chalice/config.json: "
            f"change the stack first, by make infrastructure STAGE={stage}"
        )


def infrastructure(
    session: Any, stage: str, given: dict[str, str], *, migrates: bool, secret_arn: str = "", artifacts: str = ""
) -> list[str]:
    """Make everything except functions and API. Return lines for the operator. Raises DeployError."""
    region_of(session)
    must_fit(stage, given.get("BucketName") or BUCKET, placeholders(session, stage))
    found = _stack(session, stage, given, artifacts)
    if hours := found.get("DailyRpuHours"):  # only of a workgroup that the stack has made
        line = limit_usage(session.client("redshift-serverless"), found["WarehouseArn"], int(hours))
        print(line, end="\n" if line else "")
    left = migrate(session.client, stage, found, secret_arn) if migrates else []
    return [*left, "lines with ! are left to the operator; the rest is done"] if left else []


def _stack(session: Any, stage: str, given: dict[str, str], artifacts: str) -> dict[str, str]:
    """Make the stack. Return its outputs."""
    cloudformation, s3 = session.client("cloudformation"), session.client("s3")
    if described_stack(cloudformation, stage):
        same_contracts(s3, outputs(cloudformation, stage).get("Bucket", ""), stage)
    changed = apply(cloudformation, stage, given, Artifacts(s3=s3, bucket=artifacts).put)
    print(f"stack {name_of(stage)}: {'applied' if changed else 'unchanged'}")
    return outputs(cloudformation, stage)


def migrate(clients: Callable[[str], Any], stage: str, found: Mapping[str, str], secret_arn: str) -> list[str]:
    """Bring the stack's warehouse up to date. Return the lines that are left to the operator. Raises DeployError."""
    names = {"workgroup": found.get("Workgroup", ""), "cluster": found.get("Cluster", "")}
    options = WarehouseOptions(stage=stage, database=found["Database"], secret_arn=secret_arn, **names)
    try:
        _, where = named(options, clients)
        wanted = Wanted(sql_dir=ROOT / "sql", contracts=deployed(), grants=Grants.of_stage(stage, where["Database"]))
        lines = migration.migrate(DataApi(clients("redshift-data"), where), wanted)
    except (CommandError, migration.MigrationError) as error:
        raise DeployError(
            f"the warehouse is not migrated, and no function is deployed: {error} (docs/operate/deploy.md)"
        ) from None
    left = [line for line in lines if line.startswith("!")]
    done = [line for line in lines if line not in left]
    print("\n".join(f"warehouse: {line}" for line in done or ["nothing to do"]))
    return left


def put_functions(session: Any, stage: str, architecture: str, vendored: Path) -> None:
    """Make what Chalice makes, and the settings that it lacks. Raises DeployError if there is no stack for it."""
    found = outputs(session.client("cloudformation"), stage)
    same_orchestrator(stage, found)
    made, s3 = BUILD / f"deploy-{stage}", session.client("s3")
    same_contracts(s3, found["Bucket"], stage)
    download_record(s3, found["Bucket"], stage, DEPLOYED)
    if not record_of(DEPLOYED, stage).exists() and record(session, stage, DEPLOYED):
        print("an earlier deployment was not completed: going on with what it has made")
    where = placeholders(session, stage)
    must_fit(stage, found["Bucket"], where)
    project(stage, found, where, architecture).make(made, vendored)
    measure(packed(made, architecture))
    bound_roles(session.client("iam"), stage, found.get("PermissionsBoundary", ""))
    with as_switched(session.client("events"), stage):
        print(chalice(made, "deploy", "--stage", stage, region=region_of(session)).strip())
    upload_record(s3, found["Bucket"], stage, DEPLOYED, own_contracts=has_own())
    notify(session, found["Bucket"], where, folders(), by_rule=has_rule(settings(stage)))
    _afterwards(session, stage, where)


def project(stage: str, found: Mapping[str, str], where: dict[str, str], architecture: str) -> Project:
    """Return the stage's project, with the account and the stack's outputs in place of placeholders."""
    cluster, landing, sources = found.get("Cluster", ""), folders(), rights_of_sources()
    arns = dict.fromkeys(("WarehouseArn", "WorkgroupArn"), found["WarehouseArn"])
    warehouse = {**arns, "ClusterIdentifier": cluster, "Database": found["Database"]}

    def allowed(name: str) -> dict[str, Any]:
        document = with_login(granted(name, settings(stage), landing, sources), cluster=bool(cluster))
        if key := found.get("KmsKeyArn"):
            document["Statement"].append(use_of_key(document, key))
        return dict(filled(with_bucket(document, found["Bucket"]), {**where, **warehouse}))

    return Project(
        stage=stage,
        environment=environment(stage, found),
        policies={name: allowed(name) for name in functions(stage)},
        architecture=architecture,
        deployed=DEPLOYED,
    )


def _afterwards(session: Any, stage: str, where: dict[str, str]) -> None:
    """Apply the settings that Chalice lacks. Raises DeployError."""
    apigateway, api = session.client("apigateway"), rest_api(stage)
    tag(session, stage, api, where)
    keep_logs(session.client("logs"), stage, where)
    allow_loops(session.client("lambda"), stage)
    set_gateway_responses(apigateway, stage, api)
    limit_calls(apigateway, stage, api)


def rest_api(stage: str) -> str:
    """Return the id of the API that Chalice has deployed. Raises DeployError."""
    try:
        deployed = json.loads(record_of(DEPLOYED, stage).read_text())
    except FileNotFoundError:
        raise DeployError(f"Chalice has no record of stage {stage}") from None
    return str(next(r["rest_api_id"] for r in deployed["resources"] if r["resource_type"] == "rest_api"))


def parameters(texts: list[str], stage: str) -> dict[str, str]:
    """Parse each NAME=VALUE. Raises DeployError if one has no `=`: CloudFormation would read its value as empty."""
    if faulty := [text for text in texts if "=" not in text]:
        raise DeployError(f"a parameter is given as NAME=VALUE, not as {', '.join(faulty)}")
    given = {name: value for name, _, value in (text.partition("=") for text in texts)}
    known = takes(stage)
    if unknown := sorted(set(given) - set(known)):
        raise DeployError(f"no such parameter: {', '.join(unknown)}. There are {', '.join(known)}")
    return given


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.up", description=__doc__)
    parser.add_argument("--stage", type=stage_name, default="dev")
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="x86_64")
    parser.add_argument("--contracts", help="folder of contracts that replace those of the checkout")
    parser.add_argument("--infrastructure", action="store_true", help="make everything except functions and API")
    parser.add_argument("--no-preflight", action="store_true", help="do not look at the account first")
    parser.add_argument("--no-migrate", action="store_true", help="leave the warehouse's tables alone")
    parser.add_argument("--secret-arn", default="", help="secret to migrate with, if not the administrator's own")
    parser.add_argument("--artifacts-bucket", default="", help="bucket for a template that is too large for a call")
    parser.add_argument("--no-smoke", action="store_true", help="do not load a file of three rows at the end")
    parser.add_argument("--emulated", action="store_true", help="deploy to what AWS_ENDPOINT_URL names, not to AWS")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="parameters of the stack")
    args = parser.parse_args()
    if args.contracts:
        os.environ[FOLDER_VARIABLE] = str(Path(args.contracts).resolve())
    try:
        given = parameters(args.parameters, args.stage)
        session = account.session(emulated=args.emulated)
        if not args.no_preflight:
            look(session, args.stage, given)
        how = {"migrates": not args.no_migrate, "secret_arn": args.secret_arn, "artifacts": args.artifacts_bucket}
        if args.infrastructure:
            left = infrastructure(session, args.stage, given, **how)
            print("\n".join([*left, f"functions and API: chalice deploy --stage {args.stage}"]))
        else:
            deploy(session, args.stage, given, args.architecture, **how)
            if not args.no_smoke:
                smoke(session, args.stage, args.secret_arn)
    except (DeployError, PackageError, BotoCoreError, ClientError) as error:
        sys.exit(f"deploy: {error}")


if __name__ == "__main__":
    main()
