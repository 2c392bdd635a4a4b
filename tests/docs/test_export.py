"""The export that docs/reference/export.md shows is written as it says."""

from __future__ import annotations

import re

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.export.progress import ExportState
from tests.support.paths import ROOT
from tests.support.settings import BUCKET
from tests.support.simulated.deployment import SimulatedDeployment

PAGE = (ROOT / "docs/reference/export.md").read_text()
[TOML] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
LANDED, EXPORTED = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)


def test_the_file_becomes_the_export_of_the_page() -> None:
    contract = read_contract("purchase.toml", TOML.encode())
    assert contract.export
    deployment = SimulatedDeployment()
    deployment.deploy({"purchase": contract})
    deployment.put("incoming/purchase/may.csv", LANDED.encode(), {})
    deployment.settle()
    assert f"`s3://<bucket>/{contract.export.key}` is:" in PAGE
    assert deployment.objects.get(BUCKET, contract.export.key).decode() == EXPORTED


@pytest.mark.parametrize("state", ExportState)
def test_every_state_is_documented(state: ExportState) -> None:
    assert f"\n| `{state.value}` | " in PAGE
