"""Finds a stage's resources in the account, in the form of Chalice's record.

Chalice writes its record when all is done. A first deployment that fails halfway leaves functions, roles, rules and an
API that are in no record: the next one would make a second API. A deletion that fails halfway leaves a record of
resources that are gone: the next one would stop at them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from deploy.after import mappings, record_of, role_name, rules
from deploy.stage import filled, function_name, functions
from deploy.template.infra import PROJECT

Resource = dict[str, str]
FORM = {"schema_version": "2.0", "backend": "api"}
"""The other fields of Chalice's record."""


def record(session: Any, stage: str, deployed: Path) -> bool:
    """Write the record from what is there. Return whether there is anything."""
    found = resources(session, stage)
    if found:
        deployed.mkdir(exist_ok=True)
        record_of(deployed, stage).write_text(json.dumps({"resources": found, **FORM}, indent=2))
    return bool(found)


def resources(session: Any, stage: str) -> list[Resource]:
    """List the resources in the order in which they are made: Chalice deletes from the end."""
    lambdas = session.client("lambda")
    arns = _functions(lambdas, stage)
    return [
        *_roles(session.client("iam"), stage),
        *(_of("lambda_function", name, lambda_arn=arn) for name, arn in arns.items()),
        *_mappings(lambdas, stage, arns),
        *_rules(session.client("events"), stage),
        *_rest_apis(session.client("apigateway"), stage),
    ]


def _of(kind: str, name: str, **values: str) -> Resource:
    return {"name": name, "resource_type": kind, **values}


def _functions(lambdas: Any, stage: str) -> dict[str, str]:
    """Return the functions' ARNs by their names in the app."""
    found = {}
    for name in functions(stage):
        with suppress(lambdas.exceptions.ResourceNotFoundException):
            function = lambdas.get_function(FunctionName=filled(function_name(name), {"Stage": stage}))
            found[name] = function["Configuration"]["FunctionArn"]
    return found


def _roles(iam: Any, stage: str) -> Iterator[Resource]:
    for name in functions(stage):
        with suppress(iam.exceptions.NoSuchEntityException):
            role = iam.get_role(RoleName=role_name(stage, name))["Role"]
            yield _of("iam_role", f"{name}_role", role_arn=role["Arn"], role_name=role["RoleName"])


def _mappings(lambdas: Any, stage: str, arns: Mapping[str, str]) -> Iterator[Resource]:
    """Yield the mappings of queues to functions. SQS refuses a second mapping of the same pair."""
    for name, arn in arns.items():
        for mapping in mappings(lambdas, stage, name):
            queue = mapping["EventSourceArn"]
            known = {"event_uuid": mapping["UUID"], "queue_arn": queue, "queue": queue.rpartition(":")[2]}
            yield _of("sqs_event", f"{name}-sqs-event-source", lambda_arn=arn, **known)


def _rules(events: Any, stage: str) -> Iterator[Resource]:
    for rule in rules(events, stage):
        name = rule["Name"]
        yield _of("cloudwatch_event", name.removeprefix(f"{PROJECT}-{stage}-"), rule_name=name)


def api_url(session: Any, stage: str) -> str:
    """Return the address of the stage's API; empty if there is none."""
    apigateway = session.client("apigateway")
    found = next(_rest_apis(apigateway, stage), None)
    if found is None:
        return ""
    id_, endpoint = found["rest_api_id"], apigateway.meta.endpoint_url
    if ".amazonaws.com" not in endpoint:
        return f"{endpoint}/restapis/{id_}/api/_user_request_"
    return f"{endpoint.replace('://apigateway.', f'://{id_}.execute-api.')}/api"


def _rest_apis(apigateway: Any, stage: str) -> Iterator[Resource]:
    """Yield the APIs that use the stage's authorizer: Chalice gives the APIs of all stages the same name.

    Chalice goes on with the first. It deletes any other, like every resource that the app no longer has.
    """
    ours = f":function:{PROJECT}-{stage}-authorize/"
    found = list[str]()
    for page in apigateway.get_paginator("get_rest_apis").paginate():
        for api in (api for api in page["items"] if api["name"] == PROJECT):
            authorizers = apigateway.get_authorizers(restApiId=api["id"])["items"]
            if any(ours in authorizer.get("authorizerUri", "") for authorizer in authorizers):
                found.append(api["id"])
    for n, id_ in enumerate(found):
        yield _of("rest_api", f"rest_api {id_}" if n else "rest_api", rest_api_id=id_)
