"""`make package STAGE=prod`: makes one complete template and the zip of its functions, and checks both."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager, PipRunner, SubprocessPip
from chalice.utils import UI, OSUtils

from deploy.bundle.attached import must_be_attached
from deploy.bundle.binaries import binaries
from deploy.bundle.project import BUILD, Project
from deploy.bundle.started import runs_here, started, unpacked
from deploy.bundle.trial import trial
from deploy.bundle.vendor import PLATFORMS, PYTHON, PackageError, vendor
from deploy.metrics.check import refused
from deploy.stack import DeployError
from deploy.stage import functions, stage_name
from deploy.template.merge import logical, merge, policies
from landfall.contracts import FOLDER_VARIABLE

MIB = 1 << 20
ZIP_LIMIT, UNZIPPED_LIMIT = 50 * MIB, 250 * MIB
"""Lambda's, for a zip that is uploaded directly, and for what it holds."""
ANY_REGION = "eu-west-1"
"""Chalice needs a region also where it calls no service. The template has pseudo parameters instead."""
CODE = "./deployment.zip"
"""The zip's path in Chalice's template. The tool that applies it replaces the path by a location in S3."""
SHOWN = 12
PIP_FAILED = "Could not install dependencies"
"""Chalice prints this and goes on."""


def package(stage: str, architecture: str) -> Path:
    """Make the directory with template.json and deployment.zip. Raises PackageError."""
    out = BUILD / f"out-{stage}"
    must_be_attached(stage)
    template = generate(stage, architecture, vendor(architecture, BUILD), BUILD / f"package-{stage}", out)
    archive = out / "deployment.zip"
    measure(archive)
    print(f"compiled code: {binaries(archive, architecture)} files, all for {architecture}")
    check(template)
    if not runs_here(architecture):
        print(f"not tried: this machine runs no code for Linux on {architecture}")
        return out
    with unpacked(archive) as where:
        started(where)
        called = trial(where, entries(template))
    print(f"an event of each kind under a bare Python, answered by {', '.join(sorted(called))}")
    return out


def generate(stage: str, architecture: str, vendored: Path | None, where: Path, out: Path) -> Path:
    """Make the template, with the zip beside it. `where` becomes the project of Chalice. Raises PackageError."""
    Project(stage=stage, environment=_environment(stage), policies=policies(stage), architecture=architecture).make(
        where, vendored
    )
    merged = where / "merge.json"
    merged.write_text(json.dumps(merge(stage), indent=1))
    shutil.rmtree(out, ignore_errors=True)
    chalice(where, "package", "--stage", stage, "--merge-template", str(merged), str(out), region=ANY_REGION)
    return (out / "sam.json").rename(out / "template.json")


def chalice(directory: Path, *arguments: str, region: str) -> str:
    """Run Chalice in a project, and return its output. Raises PackageError.

    The caller gives the region, because the profile's and the environment's may differ.
    """
    done = subprocess.run(  # noqa: S603  # nosec B603
        [Path(sys.executable).parent / "chalice", *arguments],
        cwd=directory,
        env={**os.environ, "AWS_DEFAULT_REGION": region, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode or PIP_FAILED in done.stdout:
        raise PackageError(f"chalice {arguments[0]} failed:\n{done.stdout}")
    return done.stdout


def packed(project: Path, architecture: str) -> Path:
    """Make the zip that `chalice deploy` will upload: it reuses an existing zip of the same files."""
    osutils = OSUtils()
    pip = PipRunner(SubprocessPip(osutils=osutils), osutils=osutils)
    builder = DependencyBuilder(osutils=osutils, pip_runner=pip, architecture=architecture)
    packager = LambdaDeploymentPackager(osutils, builder, UI(), architecture)
    return Path(packager.create_deployment_package(str(project), f"python{PYTHON}"))


def measure(archive: Path, limits: tuple[int, int] = (ZIP_LIMIT, UNZIPPED_LIMIT)) -> None:
    """Print the content of the zip. Raises PackageError if it exceeds Lambda's limits."""
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
    packed, unpacked = Counter[str](), Counter[str]()
    for entry in entries:
        top = entry.filename.split("/")[0]
        packed[top] += entry.compress_size
        unpacked[top] += entry.file_size
    size, whole = archive.stat().st_size, sum(unpacked.values())
    print(f"{archive.name}: {len(entries)} files, {size / MIB:.1f} MiB zipped, {whole / MIB:.1f} MiB unzipped")
    for top, amount in unpacked.most_common(SHOWN):
        print(f"  {top:<28}{packed[top] / MIB:8.1f}{amount / MIB:8.1f} MiB")
    print(f"  {'the others':<28}{'':8}{sum(n for _, n in unpacked.most_common()[SHOWN:]) / MIB:8.1f} MiB")
    if size > limits[0] or whole > limits[1]:
        raise PackageError(f"Lambda takes {limits[0] / MIB:g} MiB zipped and {limits[1] / MIB:g} MiB unzipped")


def check(template: Path) -> None:
    """Run cfn-lint, which transforms the template as SAM will, and check its metric math. Raises PackageError."""
    command: list[str | Path] = [Path(sys.executable).parent / "cfn-lint", "--format", "parseable", template]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603
    if done.returncode:
        raise PackageError(f"cfn-lint:\n{done.stdout}{done.stderr}")
    print("cfn-lint: clean")
    if faults := refused(json.loads(template.read_text())):
        raise PackageError("CloudWatch would refuse:\n" + "\n".join(faults))
    print("metric math: as CloudWatch takes it")


def entries(template: Path) -> dict[str, str]:
    """Return each function's entry point by its name."""
    document = json.loads(template.read_text())
    names = functions(document["Parameters"]["Stage"]["Default"])
    return {name: document["Resources"][logical(name)]["Properties"]["Handler"] for name in names}


def _environment(stage: str) -> dict[str, str]:
    """Return the variables that app.py reads when Chalice imports it. The template has expressions instead."""
    queues = {f"LANDFALL_{kind}_QUEUE": f"landfall-{stage}-{kind.lower()}s" for kind in ("RUN", "CHUNK")}
    return {"LANDFALL_STAGE": stage, **queues}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.bundle.package", description=__doc__)
    parser.add_argument("--stage", type=stage_name, default="dev")
    parser.add_argument("--contracts", help="folder of contracts that replace those of the checkout")
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="x86_64")
    args = parser.parse_args()
    if args.contracts:
        os.environ[FOLDER_VARIABLE] = str(Path(args.contracts).resolve())
    try:
        out = package(args.stage, args.architecture)
    except (DeployError, PackageError) as error:
        sys.exit(f"package: {error}")
    print(f"made {out.relative_to(Path.cwd())}/template.json and deployment.zip: see docs/operate/deploy.md")


if __name__ == "__main__":
    main()
