"""Which operating system account the embedded database runs under.

PostgreSQL refuses to run as root. Started by root, it therefore runs as the account `postgres` where there
is one and else as `nobody`; started by anybody else, it runs as that user and none of this matters.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An unprivileged account that root hands the database to."""

    name: str
    uid: int
    gid: int


def database_account() -> Account | None:
    """This will return the account to drop to, or None when this process is not root."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNT_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    return None


def drop_to(account: Account | None) -> dict[str, Any]:
    """This will return the arguments of `subprocess` that run a program as `account` (None: as this user)."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": [], "umask": 0o077}


def can_reach(*, folder: Path, account: Account) -> bool:
    """This will tell whether `account` may walk down to `folder`, judged by the mode bits of what exists.

    Folders that do not exist yet are taken as reachable, since whoever makes them decides.
    """
    for step in (folder, *folder.parents):
        try:
            found = step.stat()
        except FileNotFoundError:
            continue
        if found.st_uid == account.uid:
            bit = 0o100
        elif found.st_gid == account.gid:
            bit = 0o010
        else:
            bit = 0o001
        if not found.st_mode & bit:
            return False
    return True
