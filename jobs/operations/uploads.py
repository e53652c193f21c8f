"""Files on their way in, in parts: begun, continued after whatever went wrong, put together, forgotten."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.models import REGISTRATION_FINAL, Project, Upload, User
from jobs.operations.errors import UnableToUpload
from jobs.operations.quota import GB, beyond_quota, in_gb
from jobs.storage.blobs import free_bytes, put_part, read_part, remove_parts, uploads_with_parts
from jobs.storage.hashing import Checksum, ChecksumError, HashedReader, StorageError

_BLOCK = 1 << 20
_KEPT_FREE = 1 * GB
_LONGEST_NAME = 300
_LONGEST_STEP = 255  # bytes: what file systems take
_MOST_PARTS = 10_000
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def begin_upload(*, project: Project, user: User, name: str, size: int, sha256: str = "") -> Upload:
    """This will announce a file of `size` bytes, whose parts may then come one after the other.

    `name` may hold folders. Raises UnableToUpload for names and sizes that cannot be, and where the project
    or the disk has no room for it.
    """
    name, sha256 = _safe_name(name), sha256.lower()
    if not 0 <= size <= settings.LARGEST_UPLOAD:
        most = in_gb(settings.LARGEST_UPLOAD)
        raise _refused("size", f"given {size:,} bytes, accepted are up to {most} in one file.", cause="size")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise _refused("sha256", f"given {sha256[:80]!r}, accepted are 64 hexadecimal digits.")
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)  # two at once must not both fit
        if (sentence := beyond_quota(project, more=size)) is not None:
            raise _refused("size", sentence, cause="size")
        _need_room(size)
        return Upload.objects.create(project=project, user=user, name=name, size=size, sha256=sha256)


def add_part(
    *, upload: Upload, offset: int, stream: IO[bytes], length: int, checksum: Checksum | None = None
) -> Upload:
    """This will store the next `length` bytes of an upload and return its new state.

    The part is stored first and counted then: whatever happens between leaves what the next part replaces.
    Raises UnableToUpload, with the cause "offset" where the part is not the next one.
    """
    if length > settings.LARGEST_PART:
        most = f"{settings.LARGEST_PART:,}"
        raise _refused("", f"The part has {length:,} bytes, accepted are up to {most}.", cause="size")
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            raise _refused("", f"The upload of {upload.name} was aborted.", cause="gone")
        _must_fit(row, offset=offset, length=length)
        if length:
            _need_room(length)
            row.parts.append([offset, length, _stored(row, offset, stream, length, checksum)])
            row.received = offset + length
        row.touched_at = timezone.now()
        row.save(update_fields=["parts", "received", "touched_at"])
    return row


def abort_upload(*, upload: Upload) -> None:
    """This will forget an upload and what came of it; raises UnableToUpload while a registration needs it."""
    with transaction.atomic():
        row = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk).first()
        if row is not None:
            if row.registration is not None and not row.registration.is_final:
                name = row.registration.name
                sentence = f"{row.name} belongs to the registration of {name}: cancel that."
                raise _refused("", sentence, cause="busy")
            row.delete()
    _remove_parts(upload.pk)


def remove_stale_uploads() -> None:
    """This will remove uploads that got no part for STALE_UPLOAD_SECONDS, and parts that belong to no upload."""
    before = timezone.now() - timedelta(seconds=settings.STALE_UPLOAD_SECONDS)
    free = Q(registration=None) | Q(registration__state__in=REGISTRATION_FINAL)
    for upload in Upload.objects.filter(free, touched_at__lt=before):
        with transaction.atomic():
            row = Upload.objects.select_for_update(of=("self",)).filter(
                free, pk=upload.pk, touched_at__lt=before
            )
            if row.first() is None:
                continue
            upload.delete()
        _remove_parts(upload.pk)
    names = uploads_with_parts()  # before the rows: a row is there before its first part
    known = {str(pk) for pk in Upload.objects.values_list("pk", flat=True)}
    for name in names:
        if name not in known:
            remove_parts(name)


def assemble(upload: Upload, target: Path) -> None:
    """This will put the parts of a complete upload together at `target`, each and the whole verified.

    Raises UnableToUpload when something is missing, or is not what came or was announced.
    """
    upload.refresh_from_db()
    if not upload.is_complete:
        came = f"{upload.received:,} of {upload.size:,} bytes"
        raise _refused("", f"{upload.name} is not complete: {came} came.")
    draft = target.parent / f".{secrets.token_hex(8)}"
    try:
        found = _joined(upload, draft)
        if upload.sha256 not in {"", found}:
            announced = upload.sha256[:12]
            raise _refused(
                "",
                f"{upload.name} arrived with the sha256 {found[:12]}..., but {announced}... was announced; "
                "upload it again.",
            )
        draft.replace(target)
    except StorageError as error:
        raise _refused("", f"{upload.name} cannot be put together: {error}") from None
    except OSError as error:
        raise _refused("", f"{upload.name} cannot be written: {error.strerror or error}.") from None
    finally:
        draft.unlink(missing_ok=True)


def _joined(upload: Upload, target: Path) -> str:
    digest, end = hashlib.sha256(), 0
    with target.open("xb") as writer:
        for offset, length, sha256 in upload.parts:
            if offset != end:
                raise StorageError(f"the part at byte {end:,} is missing.")
            wanted = Checksum(algorithm="sha256", digest=bytes.fromhex(sha256))
            with read_part(upload.pk, offset=offset) as part:
                reader = HashedReader(part, length=length, checksum=wanted)
                while block := reader.read(_BLOCK):
                    digest.update(block)
                    writer.write(block)
            end += length
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _stored(row: Upload, offset: int, stream: IO[bytes], length: int, checksum: Checksum | None) -> str:
    try:
        return put_part(row.pk, offset=offset, stream=stream, length=length, checksum=checksum)
    except ChecksumError as error:
        raise _refused("", str(error), cause="checksum") from None
    except StorageError as error:
        raise _refused("", str(error)) from None


def _must_fit(row: Upload, *, offset: int, length: int) -> None:
    if offset != row.received:
        raise UnableToUpload(
            f"The part begins at byte {offset:,}, but {row.name} goes on at byte {row.received:,}.",
            cause="offset",
            offset=row.received,
        )
    if offset + length > row.size:
        raise _refused(
            "", f"The part ends at byte {offset + length:,}, but {row.name} has {row.size:,}.", cause="size"
        )
    if length and len(row.parts) >= _MOST_PARTS:
        raise _refused("", f"{row.name} came in {_MOST_PARTS:,} parts already; send larger ones.")


def _need_room(size: int) -> None:
    free = free_bytes()
    if free is not None and free - size < _KEPT_FREE:
        raise _refused(
            "size",
            f"{in_gb(size)} do not fit: the disk of the storage has {in_gb(free)} left, "
            f"of which {in_gb(_KEPT_FREE)} stay free.",
            cause="room",
        )


def _safe_name(name: str) -> str:
    steps = [step for step in name.replace("\\", "/").split("/") if step not in {"", "."}]
    is_good = (
        bool(steps)
        and ".." not in steps
        and name.isprintable()
        and len("/".join(steps)) <= _LONGEST_NAME
        and all(len(os.fsencode(step)) <= _LONGEST_STEP for step in steps)
    )
    if not is_good:
        raise _refused(
            "name",
            f"given {name[:80]!r}, accepted is the name of a file, with folders before it or without: up to "
            f"{_LONGEST_NAME} printable characters.",
        )
    return "/".join(steps)


def _remove_parts(upload: UUID) -> None:
    try:
        remove_parts(upload)
    except StorageError:  # a part came in the same moment, or the storage is away: swept later
        return


def _refused(field: str, sentence: str, *, cause: str = "refused") -> UnableToUpload:
    return UnableToUpload(
        f"{field}: {sentence}" if field else sentence, fields={field: sentence}, cause=cause
    )
