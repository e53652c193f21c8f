"""Whether the storage can be written to, or at least be reached."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import default_storage

from jobs.storage.hashing import StorageError
from jobs.storage.wholefiles import STAGING

_SECONDS = 2


def storage_answers() -> bool:
    """This will write and remove an empty file in a folder, or ask a bucket whether it is there, within seconds."""
    bucket = getattr(default_storage, "bucket_name", None)
    return _is_writable() if bucket is None else _is_there(str(bucket))


def storage_place() -> str | None:
    """This will give the address of the bucket that is the storage, None where it is a folder."""
    bucket = getattr(default_storage, "bucket_name", None)
    location = getattr(default_storage, "location", "")
    return None if bucket is None else f"s3://{bucket}/{location}".rstrip("/")


def _is_writable() -> bool:
    folder = Path(settings.STORAGE, STAGING)
    probe = folder / f"probe-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def make_bucket() -> bool:
    """This will make the bucket that is the storage; False where it is there already, or the storage is a folder."""
    bucket = getattr(default_storage, "bucket_name", None)
    if bucket is None or _is_there(str(bucket)):
        return False
    region = settings.S3_REGION
    # The oldest region is the one that may not be named.
    place = {} if region in {None, "us-east-1"} else {"LocationConstraint": region}
    try:
        _client().create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": place} if place else {}))
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise StorageError(f"The bucket {bucket} can be neither reached nor made: {error}") from error
    return True


def _is_there(bucket: str) -> bool:
    try:
        _client().head_bucket(Bucket=bucket)
    except (Boto3Error, BotoCoreError, ClientError, OSError):
        return False
    return True


def _client() -> Any:
    impatient = Config(
        connect_timeout=_SECONDS,
        read_timeout=_SECONDS,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path" if settings.S3_ENDPOINT else "auto"},
    )
    return boto3.client(
        "s3", endpoint_url=settings.S3_ENDPOINT, region_name=settings.S3_REGION, config=impatient
    )
