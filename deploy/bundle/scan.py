"""Compares checkov's findings in the packaged template with those that a review accepted (infra/checkov.toml)."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.bundle.vendor import PackageError
from deploy.rules import conditions, defaults, resolved
from deploy.stage import ROOT, configured

BASELINE = ROOT / "infra/checkov.toml"
ANY = "*"
VARIANT = {
    "CreateWarehouse": "false",
    "ClusterIdentifier": "own",
    "KmsKeyArn": "arn:aws:kms:eu-west-1:000000000000:key/own",
}
"""Parameters of the other kind of deployment: a provisioned cluster, with a key of the operator's own."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A finding that is accepted."""

    check: str
    """checkov's name for it, such as CKV_AWS_27."""
    resources: tuple[str, ...]
    """Logical ids; `*` is any."""
    reason: str
    stages: tuple[str, ...] = ()
    """Stages that must have it; all stages if empty."""

    def covers(self, check: str, resource: str) -> bool:
        """Return whether this accepts a finding."""
        return check == self.check and (resource in self.resources or ANY in self.resources)


def accepted(stage: str, path: Path = BASELINE) -> list[Accepted]:
    """Return the accepted findings of a stage. Raises TypeError if one has other fields, or no reason."""
    listed = tomllib.loads(path.read_text())["accepted"]
    found = [Accepted(**_frozen(one)) for one in listed]
    return [one for one in found if not one.stages or configured(stage) in one.stages]


def _frozen(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with lists as tuples."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}


def scan(template: Path) -> str:
    """Return a summary. Raises PackageError for findings that are not accepted, or accepted and gone."""
    document = json.loads(template.read_text())
    stage = str(document["Parameters"]["Stage"]["Default"])
    found, other = (_found(document, given) for given in ({}, VARIANT))
    baseline = accepted(stage)
    if faults := [*unknown(found, baseline), *stale(found, baseline), *unknown(other, baseline)]:
        raise PackageError("checkov:\n" + "\n".join(faults))
    return f"checkov: {len(found)} findings, all of {len(baseline)} kinds that infra/checkov.toml gives reasons for"


def unknown(found: Iterable[tuple[str, str, str]], baseline: Sequence[Accepted]) -> list[str]:
    """List the findings that are not accepted, as text."""
    return [
        f"{check} {resource}: {title}"
        for check, resource, title in found
        if not any(one.covers(check, resource) for one in baseline)
    ]


def stale(found: Iterable[tuple[str, str, str]], baseline: Sequence[Accepted]) -> list[str]:
    """List what is accepted and no longer found, as text: it would hide the next finding."""
    pairs = {(check, resource) for check, resource, _ in found}
    gone = [
        (one.check, resource)
        for one in baseline
        for resource in one.resources
        if not any(one.check == check and resource in (other, ANY) for check, other in pairs)
    ]
    return [f"{check} {resource}: accepted in {BASELINE.name}, but no longer found" for check, resource in gone]


def _found(document: dict[str, Any], given: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return check, logical id and title of each finding, in all resources, whatever their conditions.

    checkov takes a property for set that a parameter may leave out, so it gets what the parameters make of it.
    """
    chosen = conditions(document, {**defaults(document), **given})
    template = {**document, "Resources": resolved(document["Resources"], chosen)}
    for resource in template["Resources"].values():
        resource.pop("Condition", None)
    with tempfile.TemporaryDirectory() as here:
        whole = Path(here) / "template.json"
        whole.write_text(json.dumps(template, indent=1))
        options = ("--framework", "cloudformation", "-o", "json")
        command: list[str | Path] = ["sh", ROOT / "scripts/checkov", *options, "-f", whole]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603
    try:
        report = json.loads(done.stdout)
        if report["summary"]["parsing_errors"] or not report["summary"]["passed"]:
            raise PackageError(f"checkov could not read the template: {report['summary']}")
        failed = report["results"]["failed_checks"]
    except (ValueError, KeyError) as error:
        raise PackageError(f"checkov's report cannot be read:\n{done.stdout[-500:]}{done.stderr[-2_000:]}") from error
    return [(f["check_id"], f["resource"].rpartition(".")[2], f["check_name"]) for f in failed]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.bundle.scan", description=__doc__)
    parser.add_argument("template", type=Path)
    try:
        print(scan(parser.parse_args().template))
    except PackageError as error:
        sys.exit(f"package: {error}")


if __name__ == "__main__":
    main()
