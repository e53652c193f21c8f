"""What can go wrong with a storage, told apart: no room, away, or not what was stored."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage

from jobs.models import Blob
from jobs.storage.hashing import NoRoomError, StorageAwayError, StorageError

FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_SUCH_FILE = {errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}


@contextmanager
def in_words(what: str, *, missing: str = "is no longer in the storage") -> Iterator[None]:
    """This will turn what goes wrong with files into a StorageError with a sentence about `what`.

    The kind of error says whether there was no room, whether another try may succeed, or neither.
    """
    try:
        yield
    except FileNotFoundError:
        kind = StorageAwayError if _is_not_mounted() else StorageError
        raise kind(f"{what} {missing}.") from None
    except OSError as error:
        raise _kind(error)(f"{what} cannot be read or stored: {error.strerror or error}.") from None


def _kind(error: OSError) -> type[StorageError]:
    if error.errno in FULL:
        return NoRoomError
    return StorageError if error.errno in _NO_SUCH_FILE else StorageAwayError


def _is_not_mounted() -> bool:
    """Whether the folder of the storage has none of what it had, as when its disk is not there."""
    try:
        return not Path(default_storage.path("blobs")).is_dir() and Blob.objects.exists()
    except NotImplementedError:
        return False
