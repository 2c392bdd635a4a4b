"""`landfall migrate`: bring a warehouse up to date with sql/ and the contracts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from landfall.contracts import shipped
from landfall.deployment import advice, local_stack, repository
from landfall.faults import ExitCode, absent, usage

HOST, USER, PASSWORD = "LANDFALL_WAREHOUSE_HOST", "LANDFALL_WAREHOUSE_USER", "LANDFALL_WAREHOUSE_PASSWORD"
PORT, TLS = "LANDFALL_WAREHOUSE_PORT", "LANDFALL_WAREHOUSE_TLS"
REDSHIFTS_PORT = "5439"
THIS_MACHINE = ("localhost", "127.0.0.1")


def migrate_warehouse(*, as_json: bool) -> ExitCode:
    """Apply what is missing. Return exit code 1 if something is left to the operator. Raises CommandError."""
    from landfall.migrate import migrate

    sql, contracts = repository() / "sql", shipped()
    connection = _connect()
    try:
        done = migrate(connection, sql, contracts)
    finally:
        connection.close()
    left = [line for line in done if line.startswith("!")]
    if as_json:
        print(json.dumps({"done": [line for line in done if line not in left], "left": left}))
    else:
        print("\n".join(done) if done else "nothing to do")
    return ExitCode.BAD if left else ExitCode.OK


def _connect() -> Any:
    """Connect to the warehouse that the environment names, else to the local stack's. Raises CommandError."""
    import redshift_connector
    from botocore.exceptions import BotoCoreError, ClientError
    from redshift_connector.error import Error

    try:
        return redshift_connector.connect(**_where(os.environ))
    except (Error, OSError, BotoCoreError, ClientError) as error:
        # The driver has the system's error among its own arguments.
        causes = [cause for cause in (error, *error.args) if isinstance(cause, OSError)]
        message = (causes[0].strerror if causes else "") or str(error)
        tunnel = "; is the tunnel up?" if causes and os.environ.get(HOST) in THIS_MACHINE else ""
        raise absent(f"the warehouse does not answer: {message.rstrip('.')}{advice(error)}{tunnel}") from None


def _where(env: Mapping[str, str]) -> dict[str, Any]:
    database = env.get("LANDFALL_DATABASE", "dev")
    if host := env.get(HOST):
        if not (env.get(USER) and env.get(PASSWORD)):
            raise usage(f"{HOST} is set: set {USER} and {PASSWORD} too")
        port, tls = env.get(PORT, REDSHIFTS_PORT), env.get(TLS, "on")
        if not port.isdecimal() or tls not in ("on", "off"):
            raise usage(f"{PORT} is a number, and {TLS} is on or off")
        there = {"host": host, "port": int(port), "ssl": tls == "on", "database": database}
        return {**there, "user": env[USER], "password": env[PASSWORD]}
    if workgroup := env.get("LANDFALL_WORKGROUP"):
        return {"iam": True, "is_serverless": True, "serverless_work_group": workgroup, "database": database}
    if cluster := env.get("LANDFALL_CLUSTER"):
        user = env.get("LANDFALL_DB_USER", "")
        return {"iam": True, "cluster_identifier": cluster, "db_user": user, "database": database}
    stack = local_stack()
    if stack is None or not stack.warehouse:
        raise absent(
            f"no warehouse to migrate: set LANDFALL_WORKGROUP, LANDFALL_CLUSTER or {HOST}, or run `landfall up`"
        )
    wire = stack.warehouse
    return {
        "host": wire["wire_host"],
        "port": wire["wire_port"],
        "ssl": False,
        **{name: wire[name] for name in ("database", "user", "password")},
    }
