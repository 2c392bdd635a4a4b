"""Checks the locked packages for known vulnerabilities: pip-audit over every hashed lock, at PyPI, else at OSV.

Exit codes: 0 none known; 1 at least one known, or no service answered. An audit that did not take place is not a pass:
only LANDFALL_OFFLINE=1 in the environment makes it one, and then a line reports that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("pypi", "osv")
TIMEOUT_SECONDS = 300


def main() -> int:
    locks = [ROOT / "requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))]
    known, silent = [], []
    for lock in locks:
        found = audit(lock)
        if found is None:
            silent.append(lock.name)
        else:
            known += [f"{lock.name}: {text}" for text in found]
    for text in known:
        print(text)
    if silent:
        print(f"No advisory service ({', '.join(SERVICES)}) could answer for: {', '.join(silent)}")
        if os.environ.get("LANDFALL_OFFLINE") == "1":
            print("LANDFALL_OFFLINE=1: going on without an audit")
            silent = []
        else:
            print("Run again with the network, or with LANDFALL_OFFLINE=1 to go on without an audit")
    return 1 if known or silent else 0


def audit(lock: Path) -> list[str] | None:
    """Return the known vulnerabilities of one lock; None if no service could audit every package in it."""
    for service in SERVICES:
        if (found := _audit_at(lock, service)) is not None:
            return found
    return None


def _audit_at(lock: Path, service: str) -> list[str] | None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip"]
        command += ["--progress-spinner", "off", "-s", service, "-r", str(lock), "-f", "json", "-o", str(report)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)  # noqa: S603  # nosec B603
        except subprocess.TimeoutExpired:
            return None
        if not report.exists():  # pip-audit writes its report only if it got an answer for every package
            return [] if done.returncode == 0 else None
        return _vulnerable(json.loads(report.read_text()))


def _vulnerable(report: dict[str, list[dict[str, object]]]) -> list[str]:
    found = []
    for package in report["dependencies"]:
        for fault in package.get("vulns", []):  # type: ignore[attr-defined]
            corrected = ", ".join(fault["fix_versions"]) or "none yet"
            found.append(f"{package['name']} {package['version']}: {fault['id']}, corrected in {corrected}")
    return found


if __name__ == "__main__":
    sys.exit(main())
