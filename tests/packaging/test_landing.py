"""The bucket notifies one function of each folder of the contracts in use, and its role reads these folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deploy.bundle.project import Project
from deploy.landing import folders, notify, silence
from deploy.stack import DeployError
from deploy.stage import granted
from deploy.template.merge import merge, policies
from landfall.contracts import FOLDER_VARIABLE, SHIPPED
from tests.packaging.policies import VALUES, contracts

BUCKET = "landfall-dev-123456789012-eu-west-1"
OURS = "arn:aws:lambda:eu-west-1:123456789012:function:landfall-dev-on_incoming"
THEIRS = "arn:aws:lambda:eu-west-1:123456789012:function:theirs"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Contracts of one's own, in use; two of them share a first folder."""
    found = contracts(tmp_path / "own", "suppliers/acme/*", "suppliers/zeta/*", "daily/orders/*.csv")
    monkeypatch.setenv(FOLDER_VARIABLE, str(found))
    return found


def test_folders_are_the_first_ones_and_never_overlap(own: Path) -> None:
    assert folders() == ("daily/", "incoming/", "suppliers/")  # incoming/ is that of the smoke test


def test_template_and_policies_have_the_folders_of_the_contracts(own: Path) -> None:
    bucket = merge("prod")["Resources"]["LandingBucket"]["Properties"]
    called = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    assert [c["Filter"]["S3Key"]["Rules"][0]["Value"] for c in called] == ["daily/", "incoming/", "suppliers/"]
    for name, document in policies("prod").items():
        assert "monthly_data/" not in json.dumps(document), name
    assert "/suppliers/*" in json.dumps(policies("prod")["on_incoming"])


def test_a_resource_without_the_placeholder_is_kept_once() -> None:
    found = granted("advance_run", {}, ("a/", "b/"))["Statement"]
    for statement in found:
        for resources in (statement.get("Resource", []), statement.get("NotResource", [])):
            assert len(resources) == len(set(resources)), statement["Sid"]
            assert "Landing" not in json.dumps(resources)
    read = next(s for s in found if any(r.endswith("/a/*") for r in s.get("Resource", [])))
    assert sum(r.endswith(("/a/*", "/b/*")) for r in read["Resource"]) == 2


def test_the_project_ships_the_contracts_in_use_alone(own: Path, tmp_path: Path) -> None:
    (own / "shared").mkdir()
    (own / "shared/dates.py").write_text("")
    (own / "a.py").write_text("from .shared import dates\n")
    (own / "notes.txt").write_text("")
    Project(stage="team-a", environment={}, policies={}).make(tmp_path / "made", None)
    place = tmp_path / "made/chalicelib/contracts"
    made = {str(path.relative_to(place)) for path in place.rglob("*.*")}
    assert made == {path.name for path in own.glob("*.toml")} | {"a.py", "shared/dates.py"}
    assert (SHIPPED / "orders.toml").exists()


@pytest.mark.parametrize(
    ("patterns", "reason"),
    [
        (["processed/orders/*"], "where Landfall writes"),
        (["deployed/*"], "deployments keep their record there"),
        (["a$b/orders/*"], r"rename the folder a\$b/"),
        (["größe/orders/*"], r"rename the folder größe/"),
    ],
    ids=["written", "records", "a sign of IAM", "no ASCII"],
)
def test_contracts_that_cannot_be_deployed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patterns: list[str], reason: str
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(contracts(tmp_path / "own", *patterns)))
    with pytest.raises(DeployError, match=reason):
        folders()


def test_a_missing_or_empty_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(DeployError, match="there is no such folder"):
        folders()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(DeployError, match="has no contract") as refused:
        folders()
    assert str(refused.value).count("has no contract") == 1


class Bucket:
    """The notifications of a bucket, and the permissions of the function."""

    def __init__(self, *called: str) -> None:
        self.state: dict[str, Any] = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn} for arn in called]}
        self.state["TopicConfigurations"] = ["theirs"]
        self.allowed, self.puts = list[str](), 0
        self.exceptions = self
        self.ResourceConflictException = KeyError

    def client(self, service: str) -> Any:
        assert service in ("s3", "lambda")
        return self

    def add_permission(self, **asked: str) -> None:
        if asked["SourceArn"] in self.allowed:
            raise KeyError
        assert asked["SourceAccount"] == VALUES["AWS::AccountId"]
        self.allowed.append(asked["SourceArn"])

    def get_bucket_notification_configuration(self, **_which: str) -> dict[str, Any]:
        return {**self.state, "ResponseMetadata": {}}

    def put_bucket_notification_configuration(self, **put: Any) -> None:
        self.state, self.puts = put["NotificationConfiguration"], self.puts + 1

    def called(self) -> list[tuple[str, str]]:
        return [
            (c["LambdaFunctionArn"], c["Filter"]["Key"]["FilterRules"][0]["Value"] if "Filter" in c else "")
            for c in self.state["LambdaFunctionConfigurations"]
        ]


def test_notifications_are_replaced_and_those_of_others_stay() -> None:
    bucket = Bucket(THEIRS, OURS)
    notify(bucket, BUCKET, VALUES, ("daily/", "suppliers/"))
    notify(bucket, BUCKET, VALUES, ("daily/", "suppliers/"))
    assert bucket.called() == [(THEIRS, ""), (OURS, "daily/"), (OURS, "suppliers/")]
    assert (bucket.allowed, bucket.puts) == ([f"arn:aws:s3:::{BUCKET}"], 1)
    silence(bucket, BUCKET, VALUES)
    assert bucket.called() == [(THEIRS, "")]
    assert bucket.state["TopicConfigurations"] == ["theirs"]


def test_a_folder_of_the_checkout_is_never_edited(own: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in SHIPPED.iterdir() if path.is_file()}
    Project(stage="dev", environment={}, policies={}).make(tmp_path / "made", None)
    shutil.rmtree(tmp_path / "made")
    assert {path: path.read_bytes() for path in SHIPPED.iterdir() if path.is_file()} == before
