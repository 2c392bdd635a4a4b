"""Which warehouse `landfall migrate` goes to, and how: the Data API as administrator, or a connection of one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from landfall.faults import absent, usage
from landfall.migration.data_api import DataApi
from landfall.migration.grants import Grants
from landfall.migration.warehouse import Warehouse
from landfall.migration.wire import Wire
from landfall.remote.deployment import LOCAL, Deployment, advice, local_stack, stack_outputs

LOGIN = ("LANDFALL_WAREHOUSE_USER", "LANDFALL_WAREHOUSE_PASSWORD")
PORT, TLS = "LANDFALL_WAREHOUSE_PORT", "LANDFALL_WAREHOUSE_TLS"
REDSHIFTS_PORT = "5439"
DATABASE = "dev"
NO_STAGE = "name the stage (--stage): the user that its loads run as gets the rights"
THIS_MACHINE = ("localhost", "127.0.0.1")
Clients = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class WarehouseOptions:
    """What the command line and the environment name. Empty: not named."""

    stage: str = ""
    workgroup: str = ""
    cluster: str = ""
    database: str = ""
    secret_arn: str = ""
    db_user: str = ""
    host: str = ""
    loads_as: str = ""

    @property
    def local(self) -> bool:
        """Whether the local stack is meant: by its stage, as in a shell with its settings, or if nothing is named."""
        return self.stage == LOCAL or not (self.stage or self.workgroup or self.cluster)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A warehouse, and the user that loads run as."""

    warehouse: Warehouse
    grants: Grants


@contextmanager
def opened(options: WarehouseOptions) -> Iterator[Target]:
    """Open the warehouse that is named, else the local stack's. Raises CommandError, also later, if it is away."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if options.host:
            with _over_the_wire(options) as target:
                yield target
        else:
            yield _by_the_data_api(options)
    except (BotoCoreError, ClientError) as error:
        raise absent(f"the warehouse does not answer: {str(error).rstrip('.')}{advice(error)}") from None


def _by_the_data_api(options: WarehouseOptions) -> Target:
    options, clients = reached(options)
    stage, where = named(options, clients)
    grants = grants_of(options, stage, where["Database"])
    return Target(warehouse=DataApi(clients("redshift-data"), where), grants=grants)


def grants_of(options: WarehouseOptions, stage: str, database: str) -> Grants:
    """Return the grants of whom loads run as: the user that is named, else the secret's, else the function's."""
    return Grants.of_stage(stage, database, options.loads_as or _user_of_secret(options))


def _user_of_secret(options: WarehouseOptions) -> str:
    """The user in the secret with which the local stack's loads log in; empty for any other stage."""
    stack = local_stack() if options.local else None
    if not stack or not (secret := stack.settings.get("LANDFALL_DB_SECRET")):
        return ""
    kept = stack.client("secretsmanager").get_secret_value(SecretId=secret)
    return str(json.loads(kept["SecretString"])["username"])


def reached(options: WarehouseOptions) -> tuple[WarehouseOptions, Clients]:
    """Return what is named and how AWS is reached: the local stack if that is meant and up. Raises CommandError."""
    stack = local_stack() if options.local else None
    if options.stage and options.local and not stack:
        raise absent("the local stack is not up: start it with `landfall up`, or name another stage (--stage)")
    return (_of_stack(stack, options), stack.client) if stack else (options, _session().client)


def named(options: WarehouseOptions, clients: Clients) -> tuple[str, dict[str, str]]:
    """Return the stage, and the Data API's arguments for warehouse, database and login. Raises CommandError."""
    if not (options.workgroup or options.cluster):
        options = _of_stage(options, clients)
    if options.workgroup and options.cluster:
        raise usage("name a workgroup or a cluster, not both")
    if options.db_user and (options.secret_arn or not options.cluster):
        raise usage("--db-user is for a cluster, instead of a secret: leave it out, or leave out --secret-arn")
    if not options.stage:
        raise usage(NO_STAGE)
    return options.stage, {"Database": options.database or DATABASE, **_warehouse(options), **_login(options, clients)}


def _session() -> Any:
    import boto3

    return boto3.session.Session()


def _of_stack(stack: Deployment, options: WarehouseOptions) -> WarehouseOptions:
    """Return the options of the local stack's warehouse. Raises CommandError if others are named."""
    settings = stack.settings
    own = WarehouseOptions(
        stage=settings.get("LANDFALL_STAGE", LOCAL),
        workgroup=settings["LANDFALL_WORKGROUP"],
        database=settings["LANDFALL_DATABASE"],
        loads_as=options.loads_as,
    )
    for name in ("workgroup", "cluster", "database", "secret_arn", "db_user"):
        if getattr(options, name) not in ("", getattr(own, name)):
            option = f"--{name.replace('_', '-')}"
            raise usage(f"the local stack has one warehouse: leave out {option}, or name another stage (--stage)")
    return own


def _of_stage(options: WarehouseOptions, clients: Clients) -> WarehouseOptions:
    """Ask the stage's stack which warehouse it has. What the command line names goes before."""
    if not options.stage:
        raise absent("no warehouse is named: name a stage (--stage), a workgroup or a cluster, or run `landfall up`")
    outputs = stack_outputs(clients("cloudformation"), options.stage)
    return WarehouseOptions(
        stage=options.stage,
        workgroup=outputs.get("Workgroup", ""),
        cluster=outputs.get("Cluster", ""),
        database=options.database or outputs.get("Database", ""),
        secret_arn=options.secret_arn,
        db_user=options.db_user,
        loads_as=options.loads_as,
    )


def _warehouse(options: WarehouseOptions) -> dict[str, str]:
    return {"WorkgroupName": options.workgroup} if options.workgroup else {"ClusterIdentifier": options.cluster}


def _login(options: WarehouseOptions, clients: Clients) -> dict[str, str]:
    """As whom: a secret that is named, a cluster's user that is named, else the administrator that Redshift keeps."""
    if options.secret_arn:
        return {"SecretArn": options.secret_arn}
    if options.db_user:
        return {"DbUser": options.db_user}
    return {"SecretArn": _kept_secret(options, clients)}


def _kept_secret(options: WarehouseOptions, clients: Clients) -> str:
    """The secret in which Redshift keeps the administrator's password. Raises CommandError if it keeps none."""
    if options.workgroup:
        serverless = clients("redshift-serverless")
        name = serverless.get_workgroup(workgroupName=options.workgroup)["workgroup"]["namespaceName"]
        found = serverless.get_namespace(namespaceName=name)["namespace"].get("adminPasswordSecretArn")
        fix = f"aws redshift-serverless update-namespace --namespace-name {name} --manage-admin-password"
    else:
        (cluster,) = clients("redshift").describe_clusters(ClusterIdentifier=options.cluster)["Clusters"]
        found = cluster.get("MasterPasswordSecretArn")
        fix = f"aws redshift modify-cluster --cluster-identifier {options.cluster} --manage-master-password"
    if not found:
        raise absent(f"Redshift keeps no secret for the administrator: name one with --secret-arn, or run `{fix}`")
    return str(found)


@contextmanager
def _over_the_wire(options: WarehouseOptions) -> Iterator[Target]:
    """By host, user and password."""
    import redshift_connector
    from redshift_connector.error import Error

    if not options.stage:
        raise usage(NO_STAGE)
    if options.secret_arn:
        raise usage(f"a host is named: {' and '.join(LOGIN)} log in; leave out --secret-arn")
    where = wire_arguments(options, os.environ)
    grants = grants_of(options, options.stage, where["database"])
    try:
        connection = redshift_connector.connect(**where)
    except (Error, OSError) as error:
        # The driver puts the system's error beside its own words.
        causes = [cause for cause in (error, *error.args) if isinstance(cause, OSError)]
        said = (causes[0].strerror if causes else "") or str(error)
        tunnel = "; is the tunnel up?" if causes and options.host in THIS_MACHINE else ""
        raise absent(f"the warehouse does not answer: {said.rstrip('.')}{tunnel}") from None
    with closing(connection):
        yield Target(warehouse=Wire(connection), grants=grants)


def wire_arguments(options: WarehouseOptions, env: Mapping[str, str]) -> dict[str, Any]:
    """Return the driver's arguments. User and password come from the environment. Raises CommandError."""
    user, password = (env.get(name, "") for name in LOGIN)
    if not (user and password):
        raise usage(f"a host is named: set {' and '.join(LOGIN)} too")
    port, tls = env.get(PORT, REDSHIFTS_PORT), env.get(TLS, "on")
    if not port.isdecimal() or tls not in ("on", "off"):
        raise usage(f"{PORT} is a number, and {TLS} is on or off")
    there = {"host": options.host, "port": int(port), "ssl": tls == "on", "database": options.database or DATABASE}
    return {**there, "user": user, "password": password}
