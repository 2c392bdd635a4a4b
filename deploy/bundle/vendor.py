"""Installs the functions' imports as Lambda needs them: for its Python and processor, compiled, without unused files.

A function's disk is read-only, and Chalice packs only the compiled code in vendor/. Without it every start would
compile everything again.
"""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

from deploy.stage import ROOT

PYTHON = "3.13"
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""Chalice's name for a processor, and uv's. Amazon Linux 2023 has glibc 2.34."""
SERVICES = frozenset(
    {
        *("connect", "dynamodb", "redshift", "redshift-data", "redshift-serverless"),
        *("s3", "secretsmanager", "sns", "sqs", "stepfunctions", "sts"),
    }
)
"""The called services among botocore's 400. `sts` is for roles that a profile assumes."""
NOT_RUN = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*.cpp", "*.hpp")
"""Patterns of source files, which do not run."""
TESTS = frozenset({"test", "tests"})
UNIMPORTED = (
    *("sqlalchemy/orm", "sqlalchemy/testing"),
    *(f"sqlalchemy/dialects/{other}" for other in ("mssql", "oracle", "sqlite")),
    *("_distutils_hack", "bs4", "lxml", "pkg_resources", "pytz", "setuptools", "soupsieve"),
)
"""Directories that no function imports: parts of SQLAlchemy, and redshift-connector's logins by identity providers.
Without them the functions and all layers fit Lambda's limit."""


class PackageError(Exception):
    """The package cannot be deployed."""


def vendor(architecture: str, build: Path) -> Path:
    """Return the directory, and make it again if the lock or this file has changed. Raises PackageError."""
    if sys.version_info[:2] != (3, 13):
        raise PackageError(f"Lambda runs Python {PYTHON}, this is {sys.version.split()[0]}: see scripts/find-python")
    lock = ROOT / "requirements.txt"
    made = build / f"vendor-{architecture}"
    stamp = made.with_suffix(".made")
    state = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == state:
        return made
    shutil.rmtree(made, ignore_errors=True)
    install(lock, architecture, made)
    prune(made, _unused(made))
    compiled(made)
    stamp.write_text(state)
    return made


def compiled(directory: Path) -> None:
    """Compile all modules below, for use whatever the times of the files in the zip. Raises PackageError."""
    good = compileall.compile_dir(
        str(directory),
        quiet=1,
        stripdir=str(directory),
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not good:
        raise PackageError(f"not everything below {directory} compiles")


def install(lock: Path, architecture: str, target: Path) -> None:
    """Install a lock's packages for Lambda into a directory. Raises PackageError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [
        *(ROOT / ".venv-uv/bin/uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-config"),
        *("--only-binary", ":all:", "--python-version", PYTHON, "--python-platform", PLATFORMS[architecture]),
        *("--link-mode", "copy", "--target", target, "--requirement", lock),
    ]
    done = subprocess.run(  # noqa: S603  # nosec B603
        command, env={**os.environ, "UV_SYSTEM_CERTS": "true"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackageError(f"uv could not install what the functions import:\n{done.stderr}")


def prune(directory: Path, unused: Iterable[Path]) -> None:
    """Remove what is unused, and besides it programs, sources that do not run, and tests."""
    shutil.rmtree(directory / "bin", ignore_errors=True)
    for found in [*unused, *_not_run(directory)]:
        shutil.rmtree(found) if found.is_dir() else found.unlink(missing_ok=True)


def _not_run(directory: Path) -> Iterator[Path]:
    for pattern in NOT_RUN:
        yield from directory.rglob(pattern)
    for found in directory.rglob("*"):
        if found.is_dir() and found.name in TESTS:
            yield found


def _unused(directory: Path) -> Iterator[Path]:
    yield from (directory / path for path in UNIMPORTED)
    for data in (directory / "botocore/data", directory / "boto3/data"):
        yield from (found for found in data.iterdir() if found.is_dir() and found.name not in SERVICES)
