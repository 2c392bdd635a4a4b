"""Makes a separate Chalice project for each stage, below build/: the app, its imports, policies and environment.

Chalice does not run in the checkout. There it would pack every file of chalicelib/, install requirements.txt by pip,
and read policies without filling in their placeholders.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.bundle.vendor import compiled
from deploy.stage import ROOT, config, settings
from landfall.contracts import folder_in_use

BUILD = ROOT / "build"
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


@dataclass(frozen=True, kw_only=True)
class Project:
    """The parts of a stage's project."""

    stage: str
    environment: Mapping[str, str]
    """Variables of the functions, besides those in .chalice/config.json."""
    policies: Mapping[str, Any]
    """Each function's policy, as it is to be applied."""
    architecture: str = "x86_64"
    deployed: Path | None = None
    """Folder of Chalice's record of its deployments. A lost one would make a second API."""

    def make(self, where: Path, vendored: Path | None) -> None:
        """Make the project's directory from scratch. `vendored` holds the functions' imports."""
        shutil.rmtree(where, ignore_errors=True)
        (where / ".chalice").mkdir(parents=True)
        shutil.copy(ROOT / "app.py", where)
        shutil.copytree(ROOT / "chalicelib", where / "chalicelib", ignore=NOT_SHIPPED)
        shutil.rmtree(where / "chalicelib/contracts")
        (where / "chalicelib/contracts").mkdir()
        for file in (*folder_in_use().glob("*.toml"), *folder_in_use().rglob("*.py")):
            copy = where / "chalicelib/contracts" / file.relative_to(folder_in_use())
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        if vendored:
            compiled(where / "chalicelib")
            shutil.copytree(vendored, where / "vendor", copy_function=os.link)
        (where / "requirements.txt").write_text("")  # everything is in vendor/
        for name, document in self.policies.items():
            (where / ".chalice" / f"policy-{name}.json").write_text(json.dumps(document, indent=2))
        (where / ".chalice/config.json").write_text(json.dumps(self._config(), indent=2))
        if self.deployed:
            self.deployed.mkdir(exist_ok=True)
            (where / ".chalice/deployed").symlink_to(self.deployed)

    def _config(self) -> dict[str, Any]:
        one = settings(self.stage)
        one["environment_variables"] |= self.environment
        one["lambda_architecture"] = self.architecture
        return {**config(), "stages": {self.stage: one}}
