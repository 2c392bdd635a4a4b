"""Checks that the zip is complete: it must import under a Python with nothing else on its path. Measures the time."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.bundle.vendor import PackageError

MACHINES = {"x86_64": "x86_64", "arm64": "arm64", "aarch64": "arm64", "AMD64": "x86_64"}
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""A function's environment, without any variable of this user."""
IMPORTS = """
import sys, time
sys.path.insert(0, sys.argv[1])
took = {}
for name in sys.argv[2:]:
    begun = time.perf_counter()
    __import__(name)
    took[name] = time.perf_counter() - begun
import json
print(json.dumps(took))
"""


def runs_here(architecture: str) -> bool:
    """Return whether this machine can run what is in the zip."""
    return sys.platform == "linux" and MACHINES.get(platform.machine()) == architecture


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Unpack the zip into a temporary directory."""
    with tempfile.TemporaryDirectory() as here:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(here)
        yield Path(here)


def bare(script: str, *arguments: str, around: Mapping[str, str] = ENVIRONMENT, given: str = "") -> str:
    """Run a script under a Python without site packages, and return its last line. Raises PackageError.

    `-I -S`: neither the environment's packages nor the site's are on the path.
    """
    command = [sys.executable, "-I", "-S", "-c", script, *arguments]
    done = subprocess.run(command, env=around, input=given, capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603
    if done.returncode:
        raise PackageError(f"the package does not work on its own:\n{done.stderr}")
    return done.stdout.splitlines()[-1]


def imported(where: Path, names: tuple[str, ...]) -> dict[str, float]:
    """Import these modules in turn, and return the seconds of each. Raises PackageError."""
    return dict(json.loads(bare(IMPORTS, str(where), *names)))


def started(where: Path) -> None:
    """Import everything, and print the times. Raises PackageError."""
    took = imported(where, ("boto3", "app", "redshift_connector"))
    whole = took["boto3"] + took["app"]
    ratio = whole / took["boto3"]
    print(f"imports under a bare Python: boto3 {took['boto3']:.2f} s, the app {whole:.2f} s ({ratio:.1f} times)")
