"""The user that PostgreSQL runs as, and the folders that this user reaches.

PostgreSQL refuses to run as root. If this process is root, PostgreSQL runs under an id that no user has, so that its
files and its memory are closed to every other process. Only `initdb` runs as `nobody`, because it needs a user with a
name. Its files hold no data and no password yet, and change their owner before they are used. Such an id may not reach
a home folder or a folder of the tests. Then the files are in a public folder for temporary files, and a pointer has
their path.
"""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_POINTER, _OWNER = "elsewhere", "pointed-to-by"
_ELSEWHERE = "landfall-redshift-"
_IDS = range(60_600, 61_000)  # between systemd's ids of users and those of services


class UnreachableError(Exception):
    """PostgreSQL's user cannot reach the files it needs."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user that PostgreSQL runs as. `other` is false if it is the user of this process."""

    uid: int
    gid: int
    other: bool
    maker: int
    """The id of `initdb`'s user."""

    def as_maker(self) -> dict[str, Any]:
        """Return arguments that make subprocess change to the user of `initdb`."""
        return {"user": self.maker, "group": self.gid, "extra_groups": []} if self.other else {}

    def as_popen(self) -> dict[str, Any]:
        """Return arguments that make subprocess change to this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}

    def own(self, path: Path) -> None:
        if self.other:
            os.chown(path, self.uid, self.gid)

    def lend(self, home: Path) -> None:
        """Let `initdb` work in a folder, until `own_all` takes it back."""
        if self.other:
            os.chown(home, self.maker, self.gid)

    def own_all(self, folder: Path) -> None:
        """Give this user the folder, its content, and its parent folder."""
        for path in (folder.parent, folder, *folder.rglob("*")) if self.other else ():
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, folder: Path) -> bool:
        """Return whether this user may enter the folder and write there."""
        test = ["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", str(folder)]
        return subprocess.run(test, check=False, stderr=subprocess.DEVNULL, cwd="/", **self.as_popen()).returncode == 0


def account() -> Account:
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), other=False, maker=os.geteuid())
    own = _unused_id()
    return Account(uid=own, gid=own, other=True, maker=pwd.getpwnam("nobody").pw_uid)


def _unused_id() -> int:
    """Return an id without user and group. It is the same each time, as it owns the files of the last start."""
    taken = {user.pw_uid for user in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    return next(number for number in _IDS if number not in taken)


def home_for(folder: Path, who: Account) -> Path:
    """Return a folder that belongs to `who`: inside `folder` if `who` reaches it, else a public one."""
    home = folder / "postgres"
    pointer = folder / _POINTER
    if pointer.is_file() and (known := Path(pointer.read_text().strip())).is_dir() and who.reaches(known):
        return known
    _make_private(home, who)
    if who.reaches(home):
        return home
    home.rmdir()
    _sweep(who)
    elsewhere = _public() / f"{_ELSEWHERE}{_digest(str(folder.resolve()))}"
    pointer.write_text(str(elsewhere))
    _make_private(elsewhere, who)
    (elsewhere / _OWNER).write_text(str(pointer.resolve()))
    sys.stderr.write(f"PostgreSQL's user cannot reach {folder}; its files are in {elsewhere}\n")
    return elsewhere


def socket_folder(folder: Path, who: Account) -> Path:
    """Make a closed folder for PostgreSQL's socket, in a public folder, since a socket's path must be short."""
    made = _socket_folder(folder)
    _make_private(made, who)
    return made


def _socket_folder(folder: Path) -> Path:
    return _public() / f"landfall-socket-{_digest(str(folder.resolve()))}"


def forget(folder: Path) -> None:
    """Remove the files that `folder` points to, and the socket of a server that was killed."""
    shutil.rmtree(_socket_folder(folder), ignore_errors=True)
    pointer = folder / _POINTER
    if pointer.is_file():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)


def _sweep(who: Account) -> None:
    """Remove the public files of data folders that are gone. A pointer is written before its target."""
    for left in _public().glob(f"{_ELSEWHERE}*"):
        with suppress(FileNotFoundError):  # another start or stop has removed it in the meantime
            _sweep_one(left, who)


def _sweep_one(left: Path, who: Account) -> None:
    owner = left / _OWNER
    if left.is_symlink() or left.stat().st_uid != who.uid or not owner.is_file():
        return
    if not Path(owner.read_text()).exists():
        # Rename first: another start may use the same path meanwhile, and must not lose its new files.
        aside = left.with_name(f"{_ELSEWHERE}swept-{secrets.token_hex(8)}")
        with suppress(OSError):  # another start was faster
            left.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def _make_private(folder: Path, who: Account) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (who.uid, who.maker, os.geteuid()):
        raise UnreachableError(f"{folder} belongs to another user: remove it or choose another data folder")
    who.own(folder)


def runnable(installed: Path, who: Account) -> Path:
    """Return the folder of PostgreSQL's binaries: a public copy if `who` cannot run the installed ones."""
    if _runs(installed, who):
        return installed
    copy = _public() / f"landfall-postgres-{_digest(f'{installed} {installed.stat().st_mtime_ns}')}"
    if not copy.exists():
        making = Path(tempfile.mkdtemp(prefix=copy.name, dir=copy.parent))
        shutil.copytree(installed, making / "made")
        making.chmod(0o755)
        (making / "made").chmod(0o755)
        (making / "made").rename(copy)
        making.rmdir()
    if copy.is_symlink() or copy.stat().st_uid != os.geteuid() or copy.stat().st_mode & stat.S_IWOTH:
        raise UnreachableError(f"{copy} belongs to another user: remove it")
    if not _runs(copy, who):
        raise UnreachableError(f"PostgreSQL's binaries in {copy} do not run")
    return copy


def _runs(installed: Path, who: Account) -> bool:
    command = [str(installed / "bin" / "postgres"), "--version"]
    try:
        return subprocess.run(command, check=False, capture_output=True, cwd="/", **who.as_popen()).returncode == 0
    except OSError:
        return False


def _public() -> Path:
    """Return a folder for temporary files that every user reaches, if possible one that outlives a restart."""
    lasting = Path("/var/tmp")
    return lasting if lasting.is_dir() else Path(tempfile.gettempdir())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
