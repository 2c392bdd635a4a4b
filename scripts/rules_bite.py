"""Proves that each of our semgrep rules finds the code that it forbids, and accepts correct code.

A rule that silently matches nothing looks like a clean code base. scripts/semgrep runs this with semgrep's own Python.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rule_examples import RIGHT, WRONG

RULES = Path(__file__).resolve().parent.parent / ".semgrep"


def main() -> int:
    expected = {place: {f"landfall-{rule}"} for place, (rule, _) in WRONG.items()}
    found = broken({place: text for place, (_, text) in {**WRONG, **RIGHT}.items()})
    for place in sorted(expected | found):
        if found.get(place, set()) != expected.get(place, set()):
            print(f"{place}: semgrep finds {found.get(place, set())}, not {expected.get(place, set())}")
    bare = sorted(without_examples())
    for rule in bare:
        print(f"{rule} needs an example in WRONG and one in RIGHT")
    return 0 if found == expected and not bare else 1


def without_examples() -> set[str]:
    """Return the rules without a wrong or without a right example, and the rules that only examples name."""
    rules = set(re.findall(r"^ +- id: landfall-(\S+)$", (RULES / "landfall.yml").read_text(), re.MULTILINE))
    return (rules ^ {rule for rule, _ in WRONG.values()}) | (rules ^ {rule for rule, _ in RIGHT.values()})


def broken(files: dict[str, str]) -> dict[str, set[str]]:
    """Return the rules that each file breaks."""
    with tempfile.TemporaryDirectory() as folder:
        for place, text in {**files, ".semgrepignore": ""}.items():
            path = Path(folder) / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        command = ["semgrep", "scan", "--config", str(RULES), "--json", "--quiet", "--metrics", "off"]
        command += ["--disable-version-check", "--no-git-ignore", "."]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603  # nosec B603
    results: dict[str, set[str]] = {}
    for result in json.loads(done.stdout)["results"]:
        results.setdefault(result["path"], set()).add(result["check_id"].rsplit(".", 1)[-1])
    return results


if __name__ == "__main__":
    sys.exit(main())
