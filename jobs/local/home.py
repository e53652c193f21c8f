"""Where one copy of mtkd keeps everything: the layout of MTKD_HOME.

    MTKD_HOME/
        postgres/data   valkey/   run/ (sockets, process records)   logs/   storage/   work/   cache/   data/
        secret_key

Two things may have to live elsewhere, in `Home.outside`: the sockets when the path of MTKD_HOME is too long
for a socket address, and the database with its sockets when root started mtkd below a folder that the
account of the database cannot enter. The folder outside is `/var/lib/mtkd/<hash of MTKD_HOME>` for root and
`/tmp/mtkd-<hash>-<uid>` for anybody else; it must belong to the user and be closed to others, or is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from jobs.local.account import Account, can_reach, database_account

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_PATH = 99  # bytes; the systems in use allow 103 to 107
POSTGRES_SOCKET_NAME = ".s.PGSQL.5432"
STATE_OF_ROOT = Path("/var/lib/mtkd")


class LocalError(RuntimeError):
    """A local server or process cannot do what was asked; the text is one sentence for a person."""


@dataclass(frozen=True)
class Home:
    """The folder of one copy of mtkd, as absolute paths. Making one touches nothing on disk."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Home:
        """This will return the home that MTKD_HOME names, or `.mtkd` in the checkout."""
        given = environment.get("MTKD_HOME") or str(CHECKOUT / ".mtkd")
        return cls(Path(given).expanduser().resolve())

    @cached_property
    def account(self) -> Account | None:
        """The account the database runs under, None when that is this user."""
        return database_account()

    @cached_property
    def outside(self) -> Path:
        """The folder for what cannot live in MTKD_HOME (see the module's text)."""
        mark = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        if os.geteuid() == 0:
            return STATE_OF_ROOT / mark
        # Not TMPDIR: it may be long itself, and differ between the shells that must find each other here.
        return Path("/tmp") / f"mtkd-{mark}-{os.geteuid()}"  # noqa: S108 - ownership is checked

    @cached_property
    def database_is_outside(self) -> bool:
        """True when the account of the database cannot enter MTKD_HOME."""
        return self.account is not None and not can_reach(folder=self.root, account=self.account)

    @cached_property
    def run(self) -> Path:
        """The folder of sockets and process records."""
        inside = self.root / "run"
        longest = len(os.fsencode(inside / "postgres" / POSTGRES_SOCKET_NAME))
        return self.outside / "run" if self.database_is_outside or longest > LONGEST_SOCKET_PATH else inside

    @property
    def postgres_sockets(self) -> Path:
        """The folder of the database's socket: the `host` of a connection."""
        return self.run / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def database_url(self) -> str:
        """The address of the embedded database."""
        return f"postgresql://mtkd@/mtkd?host={quote(str(self.postgres_sockets))}&port=5432"

    @property
    def broker_url(self) -> str:
        """The address of the embedded broker, as Celery spells it."""
        return f"redis+socket://{quote(str(self.valkey_socket))}"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def make(self) -> None:
        """This will make the folders, closed to other users, and raise LocalError where one is not ours."""
        # An account that the database drops to must be able to pass through, never to list.
        passage = 0o700 if self.account is None else 0o711
        own_folder(self.root, mode=passage, may_be_open=True)
        if self.run != self.root / "run":
            if self.account is not None:
                own_folder(STATE_OF_ROOT, mode=0o755, may_be_open=True)
            own_folder(self.outside, mode=passage)
        own_folder(self.run, mode=passage)
        for name in ("logs", "valkey", "storage", "work", "cache", "data"):
            own_folder(self.root / name, mode=0o700, may_be_open=True)

    def secret_key(self) -> str:
        """This will return the signing key of this home, made at random the first time (file mode 0600)."""
        path = self.root / "secret_key"
        if not path.exists():
            own_folder(self.root, mode=0o700 if self.account is None else 0o711, may_be_open=True)
            draft = self.root / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(draft, path)  # fails when another process was first: its key is then ours
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()


def own_folder(folder: Path, *, mode: int, account: Account | None = None, may_be_open: bool = False) -> None:
    """This will make `folder` with `mode`, given to `account`, or check that the existing one is as safe.

    A link, a folder of another user and, unless `may_be_open`, one that others can write to raise LocalError.
    """
    owner = os.geteuid() if account is None else account.uid
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=mode)
            folder.chmod(mode)
            if account is not None:
                os.chown(folder, account.uid, account.gid)
        found = folder.stat() if may_be_open else folder.lstat()
    except OSError as error:
        raise LocalError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode):
        raise LocalError(f"{folder} must be a folder, but it is something else.")
    if not may_be_open and (found.st_uid != owner or found.st_mode & 0o022):
        raise LocalError(
            f"The folder {folder} must belong to user {owner} and be writable by nobody else; "
            f"it belongs to user {found.st_uid} with mode {stat.S_IMODE(found.st_mode):o}."
        )
