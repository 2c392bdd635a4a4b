"""Whether the zip stands on its own: under a Python with nothing else on its path, does it import, and how fast?"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from deploy.vendor import PackageError

MACHINES = {"x86_64": "x86_64", "arm64": "arm64", "aarch64": "arm64", "AMD64": "x86_64"}
LATER = ("pandas", "gspread", "redshift_connector")
"""Imported inside functions, where they are needed."""
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


def started(archive: Path, architecture: str) -> bool:
    """Import all of it and print the times. False if it is not for this machine. Raises PackageError."""
    if sys.platform != "linux" or MACHINES.get(platform.machine()) != architecture:
        return False
    with tempfile.TemporaryDirectory() as here:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(here)
        took = _imported(here)
    whole = took["boto3"] + took["app"]
    ratio = whole / took["boto3"]
    print(f"imports under a bare Python: boto3 {took['boto3']:.2f} s, the app {whole:.2f} s ({ratio:.1f} times)")
    return True


def _imported(where: str) -> dict[str, float]:
    """Seconds per module. `-I -S`: neither the environment's nor the site's packages are on the path."""
    command = [sys.executable, "-I", "-S", "-c", IMPORTS, where, "boto3", "app", *LATER]
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "LANDFALL_S3_WIRING": "template"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603
    if done.returncode:
        raise PackageError(f"the package does not start on its own:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))
