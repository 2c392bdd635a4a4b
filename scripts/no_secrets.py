"""Looks for secrets in the files that git tracks: detect-secrets against .secrets.baseline, without any network.

The baseline lists texts that only look like secrets. Each entry is audited: `"is_secret": false`. Entries are compared
by the text's hash, so that code may move within a file, or go. Exit codes: 0 nothing new; 1 something new, not audited,
or a real secret.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

BASELINE = ".secrets.baseline"
HOW = (
    "Take it out. If it is not a secret: detect-secrets scan --no-verify --baseline .secrets.baseline, then\n"
    "detect-secrets audit .secrets.baseline (both in .venv/bin)."
)

Found = dict[tuple[str, str, str], dict[str, Any]]


def main(root: Path) -> int:
    wrong = list(complaints(entries(root / BASELINE), scanned(root)))
    print("\n".join([*wrong, HOW] if wrong else []))
    return 1 if wrong else 0


def complaints(known: Found, found: Found) -> list[str]:
    """List the faults of a scan compared with the baseline, a line each."""
    new = [f"{f['filename']}:{f['line_number']}: {f['type']}" for key, f in found.items() if key not in known]
    open_ = [f"{f['filename']}: {f['type']} is not audited" for f in known.values() if f.get("is_secret") is not False]
    return sorted(new + open_)


def scanned(root: Path) -> Found:
    """Scan the files that git tracks, with the baseline's own settings."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "baseline"
        shutil.copyfile(root / BASELINE, copy)
        command = [sys.executable, "-m", "detect_secrets", "scan", "--no-verify", "--baseline", str(copy), "."]
        subprocess.run(command, cwd=root, check=True)  # noqa: S603  # nosec B603
        return entries(copy)


def entries(baseline: Path) -> Found:
    """Return a baseline's entries by file, kind and hash."""
    results = json.loads(baseline.read_text())["results"]
    return {(file, e["type"], e["hashed_secret"]): e for file, listed in results.items() for e in listed}


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
