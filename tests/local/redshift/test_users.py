"""Users, rights and secrets, as far as a deployment needs them of a Redshift."""

from __future__ import annotations

from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from tests.support.redshift.desk import Desk

NAME = "IAMR:role-of-a-test"


@pytest.fixture
def serverless(desk: Desk) -> Any:
    keys = desk.redshift.credentials
    session: Any = boto3.session.Session(
        aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret, region_name="eu-west-1"
    )
    return session.client("redshift-serverless", endpoint_url=desk.redshift.api_url)


def test_the_administrators_secret_is_found_and_logs_in(desk: Desk, serverless: Any) -> None:
    name = serverless.get_workgroup(workgroupName="local")["workgroup"]["namespaceName"]
    secret = serverless.get_namespace(namespaceName=name)["namespace"]["adminPasswordSecretArn"]
    assert desk.ok("select 1", SecretArn=secret)
    with pytest.raises(ClientError, match="can't find the specified secret"):
        desk.submit("select 1", SecretArn=secret[:-1])
    with pytest.raises(ClientError, match="CreateNamespace is not emulated"):
        serverless.create_namespace(namespaceName="another")


def test_a_user_of_iam_gets_rights_and_no_login(desk: Desk) -> None:
    desk.ok(f'create user "{NAME}" password disable')
    assert "already exists" in desk.error(f'create user "{NAME}" password disable')
    desk.ok("create table of_users (a integer)")
    desk.ok(f'grant select on of_users to "{NAME}"', f'grant temp on database dev to "{NAME}"')
    held = f"has_table_privilege('{NAME.lower()}', 'of_users', "
    assert desk.rows(f"select {held} 'select'), {held} 'delete')") == [[True, False]]
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(desk.redshift.dsn, user=NAME.lower())


def test_procedures_belong_to_their_owner_until_granted(desk: Desk) -> None:
    desk.ok('create user "IAMR:caller" password disable')
    may = "select has_function_privilege('iamr:caller', 'public.{}()', 'execute')"
    desk.ok("create procedure public.before() as $$ begin end; $$ language plpgsql")
    desk.ok('alter default privileges in schema public grant execute on procedures to "IAMR:caller"')
    desk.ok("create procedure public.after() as $$ begin end; $$ language plpgsql")
    assert [desk.rows(may.format(name)) for name in ("before", "after")] == [[[False]], [[True]]]


def test_the_database_has_snapshot_isolation(desk: Desk) -> None:
    sql = "select isolation_level from stv_db_isolation_level where db_name = current_database()"
    assert [[level.strip() for level in row] for row in desk.rows(sql)] == [["Snapshot Isolation"]]
