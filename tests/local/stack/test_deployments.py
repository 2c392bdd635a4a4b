"""What `chalice deploy` asks of the local AWS, beyond what the stack itself needs."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local.aws.clients import client
from local.record import Record
from tests.local.stack.conftest import REPO, RunningStack
from tests.local.stack.uploaded import TELLER


def _api(*paths: str) -> bytes:
    """An API with GET on these paths, each behind an authorizer, as Chalice writes it."""
    get = {
        "get": {"security": [{"authorize": []}], "x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": "any"}}
    }
    authorizer = {"type": "token", "authorizerUri": "any"}
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": authorizer}
    said = {"swagger": "2.0", "info": {"title": "landfall", "version": "1.0"}, "paths": dict.fromkeys(paths, get)}
    return json.dumps({**said, "securityDefinitions": {"authorize": scheme}}).encode()


def _routes(gateway: Any, api: str) -> dict[str, str]:
    """Each path, and how its GET is guarded."""
    items = gateway.get_resources(restApiId=api, embed=["methods"])["items"]
    return {r["path"]: r["resourceMethods"]["GET"]["authorizationType"] for r in items if r.get("resourceMethods")}


def test_an_api_put_over_keeps_id_and_stages_with_new_routes(running: RunningStack) -> None:
    gateway = running.client("apigateway")
    api = gateway.import_rest_api(body=_api("/runs", "/status/{file}"))["id"]
    assert _routes(gateway, api) == {"/runs": "CUSTOM", "/status/{file}": "CUSTOM"}
    gateway.create_deployment(restApiId=api, stageName="api")
    assert gateway.put_rest_api(restApiId=api, mode="overwrite", body=_api("/health"))["id"] == api
    assert _routes(gateway, api) == {"/health": "CUSTOM"}
    assert [stage["stageName"] for stage in gateway.get_stages(restApiId=api)["item"]] == ["api"]
    assert [found["id"] for found in gateway.get_rest_apis()["items"]] == [api]
    gateway.delete_rest_api(restApiId=api)
    with pytest.raises(ClientError, match="NotFoundException"):
        gateway.put_rest_api(restApiId=api, mode="overwrite", body=_api("/health"))
    assert gateway.get_rest_apis()["items"] == []


def test_a_deployed_function_sees_its_own_code_only(
    account: Record,
) -> None:
    functions = client("lambda", account.ports.url("aws"), account.credentials)
    functions.create_function(**TELLER)
    answer = json.loads(functions.invoke(FunctionName="teller")["Payload"].read())
    assert answer["path"][0] == answer["here"]
    assert [path for path in answer["path"] if "site-packages" in path or str(REPO) in path] == []
    assert (answer["ours"], answer["site"]) == ([], False)
    assert answer["keys"] == [account.credentials.access_key, account.credentials.secret], "it can sign"


def test_where_uploaded_code_runs_no_other_address_is_invoked(account: Record) -> None:
    functions = client("lambda", account.ports.url("aws"), account.credentials)
    with pytest.raises(ClientError, match="code of its own"):
        functions.create_function(**TELLER, Environment={"Variables": {"MINISTACK_LAMBDA_PROXY_URL": "http://host"}})


@pytest.mark.parametrize("proxy", [{}, {"MINISTACK_LAMBDA_PROXY_URL": "http://127.0.0.1:9"}])
def test_the_stack_makes_no_function_but_its_workers(running: RunningStack, proxy: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        running.client("lambda").create_function(**TELLER, Environment={"Variables": proxy})


def test_the_stack_runs_no_uploaded_code_however_it_came_there(running: RunningStack) -> None:
    functions, worker = running.client("lambda"), running.record.ports.url("worker")
    functions.create_function(**TELLER, Environment={"Variables": {"MINISTACK_LAMBDA_PROXY_URL": worker}})
    try:
        functions.update_function_code(FunctionName="teller", ZipFile=TELLER["Code"]["ZipFile"])
        functions.update_function_configuration(FunctionName="teller", Environment={"Variables": {}})
        answer = functions.invoke(FunctionName="teller")
    finally:
        functions.delete_function(FunctionName="teller")
    assert answer["FunctionError"]
    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.NotOurs"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/restapis/abc/api/_user_request_/runs", 404),  # no such API: its own authorizer would check the caller
        ("/restapis/abc/api/_user_request_", 404),
        ("/", 403),
        ("/restapis", 403),
        ("/restapis/abc", 403),
        ("/restapis/a%2Fb%2Fc/x/_user_request_/", 403),
        ("/restapis/abc/api/%2E%2E/_user_request_/", 403),
        ("/restapis/abc/api/_user_request_%2F..", 403),
        ("/restapis/abc/api/_user_request_x", 403),
        ("//restapis/abc/api/_user_request_/", 403),
        ("/_aws/execute-api/abc/api/runs", 403),
        ("/_ministack/health", 403),
        ("/x?y=/restapis/abc/api/_user_request_/", 403),
    ],
)
def test_only_a_deployed_api_is_called_without_a_signature(account: Record, path: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", account.ports.aws, timeout=10)
    headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    connection.request("POST", path, b"{}", headers)
    answer = connection.getresponse()
    assert (answer.status, b"Queue" in answer.read()) == (status, False)
    connection.close()


def _alarm(expression: str) -> str:
    """A template with one alarm on an expression."""
    stat = {"Metric": {"Namespace": "Landfall", "MetricName": "RowsStaged"}, "Period": 60, "Stat": "Sum"}
    properties = {
        "AlarmName": "bad-rows",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "Metrics": [
            {"Id": "shown", "Expression": expression, "ReturnData": True},
            {"Id": "read", "ReturnData": False, "MetricStat": stat},
        ],
    }
    return json.dumps({"Resources": {"BadRows": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}})


def test_an_alarm_is_made_if_cloudwatch_takes_its_expression(account: Record) -> None:
    where = account.ports.url("aws"), account.credentials
    cloudformation, cloudwatch = client("cloudformation", *where), client("cloudwatch", *where)
    cloudformation.create_stack(StackName="refused", TemplateBody=_alarm("100 / MAX([read, 1])"))
    with pytest.raises(WaiterError, match="ROLLBACK"):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="refused", WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName="refused")["StackEvents"]
    assert any("time series only" in event.get("ResourceStatusReason", "") for event in events)
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    cloudformation.create_stack(StackName="taken", TemplateBody=_alarm("IF(read > 0, 100 / read, 0)"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="taken", WaiterConfig={"Delay": 1})
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["bad-rows"]
    for name in ("refused", "taken"):
        cloudformation.delete_stack(StackName=name)


def test_the_recursion_guard_is_on_until_it_is_switched_off(account: Record) -> None:
    functions = client("lambda", account.ports.url("aws"), account.credentials)
    assert functions.get_function_recursion_config(FunctionName="any")["RecursiveLoop"] == "Terminate"
    functions.put_function_recursion_config(FunctionName="any", RecursiveLoop="Allow")
    assert functions.get_function_recursion_config(FunctionName="any")["RecursiveLoop"] == "Allow"
    assert functions.get_function_recursion_config(FunctionName="other")["RecursiveLoop"] == "Terminate"
