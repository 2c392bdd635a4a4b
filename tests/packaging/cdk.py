"""The CDK construct's parameters, which need no CDK, and values for them."""

from __future__ import annotations

import sys
from typing import Any

from deploy.stage import ROOT
from deploy.template.merge import merge

HERE = ROOT / "infra/cdk"
sys.path.append(str(HERE / "landfall_cdk"))  # not the package itself: that imports CDK
from parameters import Parameters  # type: ignore[import-not-found]  # noqa: E402

__all__ = ["GIVEN", "HERE", "PARAMETERS", "Parameters"]

PARAMETERS = {name: said for name, said in merge("prod")["Parameters"].items() if name != "Stage"}
GIVEN: dict[str, Any] = {
    "create_warehouse": False,
    "workgroup_name": "own",
    "workgroup_arn": "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/own",
    "support_email": "a@b.example",
    "keep_processed_days": 31,
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
}
