"""`landfall token add|list|revoke`: the API's tokens of a stage, or of the local stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from landfall.faults import absent, guarded
from landfall.options import Json
from landfall.remote.deployment import LOCAL, advice, local_stack

app = typer.Typer(help="Add, list and revoke the API's tokens.", no_args_is_help=True)
Stage = Annotated[str, typer.Option(envvar="LANDFALL_STAGE", help="Stage; the local stack if left out.")]


class Role(StrEnum):
    """What a token may do."""

    READER = "reader"
    OPERATOR = "operator"


@app.command()
@guarded
def add(
    name: Annotated[str, typer.Argument(help="Who will use it. A second token of a name replaces none.")],
    *,
    role: Annotated[Role, typer.Option(help="A reader reads; an operator also starts runs.")] = Role.READER,
    object: Annotated[list[str] | None, typer.Option(help="Limit it to this contract; may be repeated.")] = None,
    stage: Stage = "",
    json: Json = False,
) -> None:
    """Add a token, and print it: the one time that it is seen."""
    from landfall import tokens
    from landfall.contracts import known, shipped
    from landfall.screen import print_json, print_lines

    objects = [known(shipped(), one).name for one in object or []]
    with _secret(stage) as secret:
        added = datetime.now(UTC).isoformat(timespec="seconds")
        token, entry = tokens.add(secret, name, role.value, objects, added)
    if json:
        print_json({**_shown(entry), "token": token})
        return
    print_lines(f"{name} ({tokens.token_id(entry)}) is a new {role.value}; the token is shown this once:", stderr=True)
    print_lines(token)


@app.command(name="list")
@guarded
def list_(*, stage: Stage = "", json: Json = False) -> None:
    """List the tokens by name, without what would let anyone use them."""
    from landfall.screen import print_json, print_lines

    with _secret(stage) as secret:
        found = [_shown(entry) for entry in secret.entries()]
    if json:
        for entry in found:
            print_json(entry)
        return
    for entry in found:
        limit = ", ".join(entry["objects"]) or "every object"
        print_lines(f"{entry['id']}  {entry['role']:8}  {entry['name']}  {limit}  {entry['added']}".rstrip())
    if not found:
        print_lines("there is no token: the API refuses every caller")


@app.command()
@guarded
def revoke(
    token: Annotated[str, typer.Argument(help="Name or id, as `landfall token list` shows them.")],
    *,
    stage: Stage = "",
    json: Json = False,
) -> None:
    """Revoke a token. The API may take it for LANDFALL_TOKEN_CACHE_SECONDS more, at worst for twice that."""
    from landfall import tokens
    from landfall.screen import print_json, print_lines

    with _secret(stage) as secret:
        entry = tokens.revoke(secret, token)
    if json:
        print_json(_shown(entry))
    else:
        longest = "LANDFALL_TOKEN_CACHE_SECONDS more, at worst for twice that"
        print_lines(f"{entry['name']} ({tokens.token_id(entry)}) is revoked; the API may take it for {longest}")


@contextmanager
def _secret(stage: str) -> Iterator[Any]:
    """Open the secret of a stage, or of the local stack. Raises CommandError, also for errors of AWS meanwhile."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from landfall.tokens import Secret

    try:
        if stage and stage != LOCAL:
            session: Any = boto3.session.Session()
            yield Secret(manager=session.client("secretsmanager"), name=f"landfall-{stage}-tokens")
        elif (stack := local_stack()) is not None:
            yield Secret(manager=stack.client("secretsmanager"), name=stack.settings["LANDFALL_TOKENS_SECRET"])
        else:
            raise absent("there is no deployment: start the local stack with `landfall up`, or name a stage (--stage)")
    except (BotoCoreError, ClientError) as error:
        raise absent(f"the tokens cannot be reached: {str(error).rstrip('.')}{advice(error)}") from None


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    from landfall.tokens import token_id

    found = {name: entry.get(name, "") for name in ("name", "role", "added")}
    return {"id": token_id(entry), **found, "objects": entry.get("objects", [])}
