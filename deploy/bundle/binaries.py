"""Checks that the compiled code in the zip is for the processor that its functions run on.

An installer that takes the wrong wheel makes a zip that looks like any other. It fails at the first import in AWS.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from deploy.bundle.vendor import PackageError

ELF = b"\x7fELF"
MACHINE = slice(18, 20)
"""Bytes of an ELF header with the processor (e_machine), little-endian on both of Lambda's processors."""
PROCESSORS = {"x86_64": 62, "arm64": 183}
"""EM_X86_64 and EM_AARCH64."""


def binaries(archive: Path, architecture: str) -> int:
    """Count the compiled files. Raises PackageError if there is none, or one is for another processor or not ELF."""
    found, foreign = 0, list[str]()
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            with opened.open(name) as entry:
                head = entry.read(MACHINE.stop)
            if not head.startswith(ELF) and not _claims(name):
                continue
            found += 1
            if not head.startswith(ELF) or int.from_bytes(head[MACHINE], "little") != PROCESSORS[architecture]:
                foreign.append(name)
    if foreign or not found:
        named = ", ".join(foreign[:5]) or "there are none at all"
        raise PackageError(f"compiled code that does not run on {architecture}: {named}")
    return found


def _claims(name: str) -> bool:
    """Return whether a file has a name of compiled code."""
    last = name.rpartition("/")[2]
    return ".so." in last or last.endswith((".so", ".pyd", ".dylib", ".dll"))
