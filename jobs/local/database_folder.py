"""Where the database's files are: in MTKD_HOME, or outside where its account cannot enter that.

Outside, the folder carries the random identity that MTKD_HOME keeps in `postgres/identity`. A new checkout
at an old path therefore never opens the old one's database, and nothing is ever deleted on its behalf.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from jobs.local.home import Home, LocalError, own_folder


def database_folder(home: Home) -> Path:
    """This will return the path of the data folder, with its parent made, or raise LocalError."""
    inside = home.root / "postgres"
    own_folder(inside, mode=0o700 if home.account is None else 0o711)
    identity = inside / "identity"
    if not home.database_is_outside and not identity.exists():
        return _owned(inside / "data", home=home)
    if (inside / "data").exists():
        raise LocalError(
            f"The account of the database cannot enter {inside / 'data'} any more: "
            "let it pass through the folders above (chmod o+x), or start mtkd as their owner."
        )
    if not identity.exists():
        identity.write_text(secrets.token_hex(6))
    outside = home.outside / f"database-{identity.read_text().strip()}"
    own_folder(home.outside, mode=0o711)
    own_folder(outside, mode=0o700, account=home.account)
    return _owned(outside / "data", home=home)


def _owned(data: Path, *, home: Home) -> Path:
    owner = os.geteuid() if home.account is None else home.account.uid
    if data.exists() and data.stat().st_uid != owner:
        raise LocalError(
            f"The database in {data} belongs to user {data.stat().st_uid}, but it would run as user {owner}: "
            "start mtkd as the user who made it."
        )
    return data
