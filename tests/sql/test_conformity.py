"""The checks of `landfall doctor --warehouse` on the local Redshift, as they are and with differences planted in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from landfall.conformity.check import Check
from landfall.conformity.copies import Store
from landfall.conformity.run import Finding, all_checks, run
from landfall.conformity.session import Session
from tests.support.paths import ROOT
from tests.support.redshift.desk import WHERE, Desk
from tests.support.redshift.outside import Outside

SQL = ROOT / "sql"


class Objects:
    """S3's client, as far as a store needs it."""

    def __init__(self, outside: Outside) -> None:
        self._objects = outside.objects

    def put_object(self, **request: Any) -> None:
        self._objects["{Bucket}/{Key}".format(**request)] = request["Body"]

    def delete_object(self, **request: Any) -> None:
        self._objects.pop("{Bucket}/{Key}".format(**request), None)


def checks(outside: Outside) -> list[Check]:
    return list(all_checks(SQL, Store(s3=Objects(outside), bucket="landfall-doctor-bucket", role="default")))


NAMES = [check.name for check in checks(Outside())]


@pytest.fixture(scope="module")
def found(desk: Desk) -> Mapping[str, Finding]:
    """What each check has seen."""
    session = Session(api=desk.api, where=WHERE, schema="landfall_doctor_all")
    return {finding.name: finding for finding in run(session, checks(desk.outside))}


def test_each_check_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES) > 70


@pytest.mark.parametrize("name", NAMES)
def test_the_local_redshift_answers_as_assumed(found: Mapping[str, Finding], name: str) -> None:
    finding = found[name]
    assert finding.seen == finding.expected


def test_nothing_is_left_of_the_scratch_schema(desk: Desk, found: Mapping[str, Finding]) -> None:
    assert not found["the scratch schema is dropped"].differs
    assert desk.rows("select nspname from pg_namespace where nspname like 'landfall_doctor%'") == []
    assert not [path for path in desk.outside.objects if path.startswith("landfall-doctor-bucket/")]


def test_every_file_of_sql_is_applied() -> None:
    applied = {name.split()[0] for name in NAMES if name.startswith("sql/")}
    folders = ("migrations", "procedures", "views")
    assert applied == {str(p.relative_to(ROOT)) for f in folders for p in Path(SQL / f).glob("*.sql")}


class Unlike:
    """A client of a Redshift that is unlike what Landfall assumes, in one point.

    `sql` is replaced in every statement, `drops` is a parameter that it ignores, `status` is the text of every error.
    """

    def __init__(self, api: Any, *, sql: tuple[str, str] = ("", ""), drops: str = "", status: str = "") -> None:
        self._api, self._sql, self._drops, self._status = api, sql, drops, status

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    def _changed(self, text: str) -> str:
        return text.replace(*self._sql) if self._sql[0] else text

    def execute_statement(self, **request: Any) -> Any:
        return self._api.execute_statement(**{**request, "Sql": self._changed(request["Sql"])})

    def batch_execute_statement(self, **request: Any) -> Any:
        request.pop(self._drops, None)
        return self._api.batch_execute_statement(**{**request, "Sqls": list(map(self._changed, request["Sqls"]))})

    def describe_statement(self, **request: Any) -> Any:
        found = self._api.describe_statement(**request)
        if self._status and found["Status"] == "FAILED":
            found["Error"] = self._status
        return found


PLANTED: dict[str, dict[str, Any]] = {
    "a lock that is taken first comes before the snapshot": {"sql": ("lock table l_1", "select * from l_1")},
    "ROW_COUNT is exact for EXECUTE on every distribution": {
        "sql": ("v_updated := row_count;", "v_updated := row_count; v_updated := v_updated * 2;")
    },
    "a token that comes again is the same statement": {"drops": "ClientToken"},
    "a token with other statements runs nothing else": {"drops": "ClientToken"},
    "RAISE EXCEPTION arrives with its text": {"status": "ERROR: a procedure failed"},
    "the error of a missing table": {"status": 'ERROR: relation "absent_table" is not there'},
    "a data check refuses a file": {"status": "ERROR: Assert"},
    "a part that is gone is named": {"status": "ERROR: S3ServiceException: not found"},
    "an empty text is not NULL": {"sql": ("values (''), (null)", "values (null), (null)")},
    "texts sort by their bytes": {"sql": ("order by v desc", "order by lower(v) desc")},
    "a load that comes again changes nothing": {"sql": ("and l.load_id = ' || v_shares || '.load_id'", "and 1 = 0'")},
    "the catalogue has the types that the contract has": {"sql": ("decimal(10,2)", "decimal(9,2)")},
    "a fenced load changes nothing": {
        "sql": ("from l_1.fenced where group_id = p_group_id", "from l_1.fenced where 1 = 0")
    },
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_reported(desk: Desk, name: str) -> None:
    session = Session(api=Unlike(desk.api, **PLANTED[name]), where=WHERE, schema="l_1")
    wanted = [c for c in checks(desk.outside) if c.name == name or c.name.startswith("sql/")]
    (finding, *_) = [found for found in run(session, wanted) if found.name == name]
    assert finding.differs


def test_a_second_schema_of_the_name_is_not_touched(desk: Desk) -> None:
    desk.ok("create schema landfall_doctor_there")
    session = Session(api=desk.api, where=WHERE, schema="landfall_doctor_there")
    with pytest.raises(RuntimeError, match=r"cannot be made: .*already exists"):
        list(run(session, []))
    assert desk.rows("select nspname from pg_namespace where nspname like 'landfall_doctor%'") == [
        ["landfall_doctor_there"]
    ]
    desk.ok("drop schema landfall_doctor_there")
