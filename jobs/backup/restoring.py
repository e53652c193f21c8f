"""Bringing a backup back: into an empty home, wholly or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO

import psycopg
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from jobs.backup.archive import DUMP, KEY, MANIFEST, Manifest, each_member, verify
from jobs.local.dumping import load
from jobs.local.home import Home, LocalError
from jobs.local.lock import HomeLock
from jobs.local.postgres import start_postgres
from jobs.local.stopping import erase
from jobs.storage.reachable import storage_place
from jobs.storage.wholefiles import STAGING

_WHY = "a backup was taken while it ran, and restored"
# As tables were when the backup was made: what has come since is brought by the migrations of the next start.
_AFTERWARDS = (
    "UPDATE jobs_attempt SET ended_at = now(), outcome = 'handed_back', reason = %(why)s FROM jobs_job "
    "WHERE jobs_job.id = job_id AND NOT elsewhere AND ended_at IS NULL",
    "UPDATE jobs_job SET state = 'queued', fence = fence + 1, lease_until = NULL, queued_at = now() "
    "WHERE state IN ('starting', 'running') AND NOT elsewhere",
    "UPDATE jobs_job SET lease_until = now() + make_interval(secs => %(silence)s) "
    "WHERE state IN ('starting', 'running') AND elsewhere",
    "UPDATE jobs_registration SET state = 'queued', fence = fence + 1, lease_until = NULL, worker = '' "
    "WHERE state = 'checking'",
    "UPDATE jobs_attempt SET worker_row_id = NULL WHERE worker_row_id IS NOT NULL",
    "DELETE FROM jobs_worker",
    "DELETE FROM jobs_beat",
)


def restore(source: Path, *, home: Home) -> Manifest:
    """This will fill an empty home from an archive that was verified before; LocalError says why it cannot.

    What was active goes back to its queue. Nothing stays of a restore that fails.
    """
    manifest = verify(source)
    place = storage_place()
    if manifest.storage and manifest.storage != place:
        raise LocalError(
            f"The stored files of this backup are in {manifest.storage}: set MTKD_STORAGE to it."
        )
    _require_empty(home)
    home.make()
    with HomeLock(home):
        written: list[str] = []
        try:
            _unpack(source, home, written)
            _fill_database(home)
        except BaseException as error:
            for name in written:
                default_storage.delete(name)
            erase(home)
            if isinstance(error, OSError):
                why = error.strerror or str(error)
                raise LocalError(f"Nothing was restored: {why} ({home.root}).") from error
            raise
    return manifest


def _require_empty(home: Home) -> None:
    found = [name for name in ("data", "identity") if (home.root / "postgres" / name).exists()]
    what = "a database" if found else "stored files" if _has_files(Path(settings.STORAGE)) else None
    if what is not None:
        raise LocalError(
            f"{home.root} is not empty, it has {what}: restore into a new folder, "
            "as in `MTKD_HOME=/new/folder python manage.py restore FILE`."
        )


def _has_files(folder: Path) -> bool:
    return any(path.is_file() and STAGING not in path.parts for path in folder.rglob("*"))


def _unpack(source: Path, home: Home, written: list[str]) -> None:
    def keep(name: str, content: IO[bytes], _size: int) -> None:
        if name == DUMP:
            with _dump_of(home).open("wb") as target:
                shutil.copyfileobj(content, target, 1 << 20)
        elif name == KEY:
            draft = home.root / ".secret_key.restored"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
                target.write(content.read())
            draft.replace(home.root / KEY)
        elif name != MANIFEST:
            written.append(name)
            default_storage.save(name, File(content, name))

    each_member(source, keep)


def _fill_database(home: Home) -> None:
    server = start_postgres(home)
    try:
        load(home, source=_dump_of(home))
        with psycopg.connect(home.database_url) as connection:
            for statement in _AFTERWARDS:
                connection.execute(statement, {"why": _WHY, "silence": settings.SILENCE_SECONDS})
    finally:
        server.stop()
    _dump_of(home).unlink()


def _dump_of(home: Home) -> Path:
    return home.root / "work" / "restored.dump"
