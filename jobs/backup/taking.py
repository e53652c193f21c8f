"""Taking a backup of a running embedded installation.

One snapshot of the database decides: what it refers to is put into the archive. Contents in the storage never
change, and are marked beforehand as just used, which keeps them for a day whatever is deleted meanwhile.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs.backup.archive import DUMP, KEY, ArchiveWriter, Manifest, writing
from jobs.local.dumping import dump
from jobs.local.home import Home, LocalError
from jobs.models import Artifact, Blob, Checkpoint, Dataset, Job, Project, Teacher, Upload, User
from jobs.storage.blobs import blob_name
from jobs.storage.reachable import storage_place

COUNTED = (User, Project, Dataset, Teacher, Job, Artifact, Checkpoint)


@dataclass(frozen=True)
class _Wanted:
    """A file of the storage that the snapshot refers to."""

    name: str
    size: int
    sha256: str


def back_up(target: Path, *, home: Home) -> Manifest:
    """This will write an archive of everything to `target`, which must not exist; LocalError says why it cannot."""
    draft = target.with_name(f".{target.name}.dump.partial")
    draft.unlink(missing_ok=True)
    place = storage_place()
    try:
        with writing(target) as archive:
            _keep_for_a_day()
            with _snapshot() as snapshot:
                dump(home, target=draft, snapshot=snapshot)
                counts = {str(model._meta.verbose_name_plural): model.objects.count() for model in COUNTED}
                applied = sorted(MigrationRecorder(connection).applied_migrations())
                wanted = [] if place else list(_wanted())
            with draft.open("rb") as file:
                archive.add(DUMP, file, size=draft.stat().st_size)
            _add_key(archive, home)
            missing = [file.name for file in wanted if not _add(archive, file)]
            manifest = Manifest(
                made_at=timezone.now().isoformat(timespec="seconds"),
                migrations=[".".join(migration) for migration in applied],
                counts=counts,
                storage=place,
                missing=missing,
                sha256=archive.sha256,
            )
            archive.finish(manifest)
    except OSError as error:
        raise LocalError(f"The backup was not written: {error.strerror or error} ({target}).") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _keep_for_a_day() -> None:
    """Who holds a row just now is storing the same content, or removing it already."""
    free = Blob.objects.select_for_update(skip_locked=True).values("pk")
    with transaction.atomic():
        Blob.objects.filter(pk__in=free).update(touched_at=timezone.now())


@contextmanager
def _snapshot() -> Iterator[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _wanted() -> Iterator[_Wanted]:
    named: set[str] = set()
    for relation in Blob._meta.related_objects:
        assert not isinstance(relation.related_model, str)
        column = relation.field.name
        held = relation.related_model._default_manager.exclude(**{column: None})
        named.update(held.values_list(column, flat=True))
    for blob in Blob.objects.filter(pk__in=named).order_by("pk"):
        yield _Wanted(blob_name(blob.sha256), blob.size, blob.sha256)
    for upload in Upload.objects.all():
        for offset, size, sha256 in upload.parts:
            yield _Wanted(f"uploads/{upload.pk}/{offset}", size, sha256)


def _add(archive: ArchiveWriter, wanted: _Wanted) -> bool:
    """Add a stored file; False when it is gone, as after an upload that was aborted meanwhile."""
    try:
        file = default_storage.open(wanted.name)
    except FileNotFoundError:
        return False
    with file:
        if file.size != wanted.size or archive.add(wanted.name, file, size=wanted.size) != wanted.sha256:
            raise LocalError(f"The backup was not written: the stored file {wanted.name} was changed.")
    return True


def _add_key(archive: ArchiveWriter, home: Home) -> None:
    path = home.root / "secret_key"
    if path.is_file():
        content = path.read_bytes()
        archive.add(KEY, io.BytesIO(content), size=len(content))
