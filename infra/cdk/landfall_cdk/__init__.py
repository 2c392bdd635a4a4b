"""Landfall by AWS CDK: one stack from the output of `make package`."""

from landfall_cdk.parameters import Parameters
from landfall_cdk.stack import Landfall

__all__ = ["Landfall", "Parameters"]
