"""The storage of several hosts: a bucket that speaks S3, its failures in the words of a disk."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from storages.backends.s3 import S3Storage

_PIECE = 8 << 20
_GONE = {"404", "NoSuchKey", "NotFound"}
_FULL = {"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"}


class Bucket(S3Storage):  # type: ignore[misc]  # it has no types
    """Django's storage in the bucket of an address `s3://NAME/PREFIX`, at MTKD_S3_ENDPOINT where one is given.

    Whatever fails there is an OSError. What is opened was fetched whole, to a temporary file of this host.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise ImproperlyConfigured(
                f"MTKD_STORAGE is {address!r}, accepted are a folder, s3://BUCKET and s3://BUCKET/PREFIX."
            )
        config = Config(
            s3={"addressing_style": "path" if settings.S3_ENDPOINT else "auto"},
            # Other servers than Amazon's know no newer checksums; ours are verified by ourselves.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "max_attempts": 4},
        )
        super().__init__(
            bucket_name=parts.netloc,
            location=parts.path.strip("/"),
            endpoint_url=settings.S3_ENDPOINT,
            region_name=settings.S3_REGION,
            client_config=config,
            transfer_config=TransferConfig(max_concurrency=2, multipart_chunksize=_PIECE),
        )

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        scratch = Path(settings.MTKD_HOME) / "work"
        scratch.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - the caller closes it
        try:
            with _as_on_a_disk(name):
                key = self._normalize_name(name)
                self.bucket.Object(key).download_fileobj(file, Config=self.transfer_config)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return File(file, name)

    def _save(self, name: str, content: File[Any]) -> str:
        with _as_on_a_disk(name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        """This will tell whether the bucket has such an object."""
        with _as_on_a_disk(name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        """This will give the size of an object."""
        with _as_on_a_disk(name):
            return int(super().size(name))

    def delete(self, name: str) -> None:
        """This will remove an object; none is fine."""
        with _as_on_a_disk(name):
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """This will list what lies below a path: folders and objects."""
        with _as_on_a_disk(path):
            folders, files = super().listdir(path)
        return folders, files


@contextmanager
def _as_on_a_disk(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in _GONE:
            raise FileNotFoundError(name) from error
        if code in _FULL:
            raise OSError(errno.ENOSPC, _said_by(error)) from error
        raise OSError(_said_by(error)) from error
    except (Boto3Error, BotoCoreError) as error:
        raise OSError(_said_by(error)) from error


def _said_by(error: Exception) -> str:
    return f"the S3 storage says: {str(error).rstrip('.')}"
