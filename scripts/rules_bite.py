"""Proves that each of our semgrep rules finds what it is there to find, and lets pass what is right.

A rule that silently matches nothing looks like a clean code base. Run by scripts/semgrep, with semgrep's own Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

RULES = Path(__file__).resolve().parent.parent / ".semgrep"

WRONG = {
    "chalicelib/f_string.py": ("no-dynamic-sql", 'def f(name):\n    return f"DELETE FROM {name} WHERE a = 1"\n'),
    "chalicelib/percent.py": ("no-dynamic-sql", 'def f(name):\n    return "select a from %s" % name\n'),
    "chalicelib/plus.py": ("no-dynamic-sql", 'def f(name):\n    return "drop table " + name\n'),
    "chalicelib/format.py": ("no-dynamic-sql", "def f(name):\n    return \"copy {} from 's3://'\".format(name)\n"),
    "chalicelib/computed.py": ("no-computed-statement", 'def f(cursor, name):\n    cursor.execute("x " + name)\n'),
    "tests/patching.py": ("no-patching", "from unittest.mock import patch\n"),
    "tests/setting.py": ("no-patching", 'def test(monkeypatch):\n    monkeypatch.setattr("a.b", 1)\n'),
    "chalicelib/domain/aws.py": ("pure-domain", "import boto3\n"),
    "chalicelib/printing.py": ("no-print", 'print("hello")\n'),
    "app.py": ("route-has-authorizer", '@app.route("/runs", methods=["GET"])\ndef f():\n    return {}\n'),
}
RIGHT = {
    "chalicelib/domain/sql.py": 'def f(name):\n    return f"DELETE FROM {name} WHERE a = 1"\n',
    "chalicelib/prose.py": 'def f(n):\n    return f"{n} rows read from the file; select another, or create a table"\n',
    "cli/constant.py": 'def f(cursor):\n    cursor.execute("SELECT 1 FROM t")\n    print("done")\n',
    "tests/setting_env.py": 'def test(monkeypatch):\n    monkeypatch.setenv("A", "b")\n',
    "chalicelib/route.py": '@app.route("/runs", methods=["GET"], authorizer=authorize)\ndef f():\n    return {}\n',
}


def main() -> int:
    expected = {place: {f"landfall-{rule}"} for place, (rule, _) in WRONG.items()}
    found = broken({**{place: text for place, (_, text) in WRONG.items()}, **RIGHT})
    for place in sorted(expected | found):
        if found.get(place, set()) != expected.get(place, set()):
            print(f"{place}: semgrep finds {found.get(place, set())}, not {expected.get(place, set())}")
    return 0 if found == expected else 1


def broken(files: dict[str, str]) -> dict[str, set[str]]:
    """The rules that each file breaks."""
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
