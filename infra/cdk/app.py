"""An example app: the stage `dev`, from build/out-dev. `cdk deploy -c support_email=a@b.example` applies it."""

from __future__ import annotations

import os
from pathlib import Path

import aws_cdk as cdk
from landfall_cdk import Landfall, Parameters

BUILD = Path(__file__).parents[2] / "build"

app = cdk.App()
stage = app.node.try_get_context("stage") or "dev"
landfall = Landfall(
    app,
    stage,
    package=Path(app.node.try_get_context("package") or BUILD / f"out-{stage}"),
    parameters=Parameters(support_email=app.node.try_get_context("support_email")),
    env=cdk.Environment(account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")),
)
cdk.CfnOutput(landfall, "ApiUrl", value=landfall.api_url)
app.synth()
