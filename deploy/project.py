"""A Chalice project of its own for each stage, below build/: the app, what it imports, its policies and environment.

Chalice is not let loose on the checkout: it would pack whatever lies in chalicelib/, install requirements.txt by pip,
and take policies with placeholders for what they say.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.stage import ROOT, config
from deploy.vendor import compiled

BUILD = ROOT / "build"
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a stage's project is made of."""

    stage: str
    environment: Mapping[str, str]
    """Variables of the functions, besides those in .chalice/config.json."""
    policies: Mapping[str, Any]
    """Each function's policy, as it is to be applied."""
    architecture: str = "x86_64"
    deployed: Path | None = None
    """Where Chalice remembers what it has deployed; a lost one would make a second API."""

    def make(self, where: Path, vendored: Path | None) -> None:
        """The project's directory, anew. `vendored` has what the functions import."""
        shutil.rmtree(where, ignore_errors=True)
        (where / ".chalice").mkdir(parents=True)
        shutil.copy(ROOT / "app.py", where)
        shutil.copytree(ROOT / "chalicelib", where / "chalicelib", ignore=NOT_SHIPPED)
        if vendored:
            compiled(where / "chalicelib")
            shutil.copytree(vendored, where / "vendor", copy_function=os.link)
        (where / "requirements.txt").write_text("")  # all is in vendor/
        for name, document in self.policies.items():
            (where / ".chalice" / f"policy-{name}.json").write_text(json.dumps(document, indent=2))
        (where / ".chalice/config.json").write_text(json.dumps(self._config(), indent=2))
        if self.deployed:
            self.deployed.mkdir(exist_ok=True)
            (where / ".chalice/deployed").symlink_to(self.deployed)

    def _config(self) -> dict[str, Any]:
        said = config()
        one = said["stages"][self.stage]
        one["environment_variables"] = {**one.get("environment_variables", {}), **self.environment}
        one["lambda_architecture"] = self.architecture
        return {**said, "stages": {self.stage: one}}
