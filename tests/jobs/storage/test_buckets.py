"""The same storage in a bucket, by a server of these tests' own that speaks S3."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from jobs.models import Blob, Dataset, Project, StoredFile, User
from jobs.operations.errors import UnableToUpload
from jobs.operations.uploads import abort_upload, add_part, assemble, begin_upload
from jobs.storage.blobs import (
    StorageError,
    blob_name,
    fetch,
    free_bytes,
    keep_file,
    local_path,
    open_blob,
    open_seen_blob,
    put_part,
    remove_blob,
    remove_parts,
    staging,
    uploads_with_parts,
)
from jobs.storage.buckets import Bucket
from jobs.storage.fetching import fetch_source

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket, which is the storage of this test."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    settings.S3_ENDPOINT, settings.S3_REGION = server, "us-east-1"
    bucket = boto3.resource("s3", endpoint_url=server, region_name="us-east-1").Bucket("mtkd")
    bucket.create()
    bucket.objects.all().delete()
    address = {"BACKEND": "jobs.storage.buckets.Bucket", "OPTIONS": {"address": "s3://mtkd/of/tests"}}
    settings.STORAGES = {**settings.STORAGES, "default": address}
    return bucket


@pytest.fixture
def blob(bucket: Any, tmp_path: Path) -> Blob:
    (tmp_path / "a.bin").write_bytes(b"abc")
    return keep_file(tmp_path / "a.bin")


def names(bucket: Any) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def test_contents_lie_under_their_sha256(bucket: Any, blob: Blob, tmp_path: Path, settings: Settings) -> None:
    assert names(bucket) == {f"of/tests/{blob_name(blob.sha256)}"}
    assert keep_file(tmp_path / "a.bin") == blob
    with open_blob(blob) as file:
        file.seek(1)
        assert file.read() == b"bc"
    fetch(blob, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"abc"
    assert local_path(blob) is None
    assert free_bytes() is None
    with staging() as folder:
        assert folder.is_relative_to(settings.MTKD_HOME)
    assert not settings.STORAGE.exists()
    remove_blob(blob.sha256)
    remove_blob(blob.sha256)
    assert not names(bucket)


def test_what_is_read_is_verified(bucket: Any, blob: Blob, tmp_path: Path) -> None:
    stored = bucket.Object(f"of/tests/{blob_name(blob.sha256)}")
    with open_seen_blob(blob) as file:
        assert file.read() == b"abc"
    stored.put(Body=b"abd")
    with open_seen_blob(blob) as file:  # the copy of this host is still good
        assert file.read() == b"abc"
    with pytest.raises(StorageError, match="The film was changed after it was stored"):
        open_blob(blob, what="The film")
    with pytest.raises(StorageError, match="copy was changed"):
        fetch(blob, tmp_path / "copy")
    stored.delete()
    with pytest.raises(StorageError, match="The film is no longer in the storage"):
        open_blob(blob, what="The film")
    assert not (tmp_path / "copy").exists()


def test_large_files_go_up_in_pieces_and_all_or_nothing(bucket: Any, tmp_path: Path) -> None:
    content = bytes(range(256)) * (100 << 10)
    (tmp_path / "large").write_bytes(content)
    blob = keep_file(tmp_path / "large")
    with open_blob(blob) as file:
        assert file.read() == content
    upload = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(StorageError, match="26,214,400 bytes came, but 26,214,401 were announced"):
        put_part(upload, offset=0, stream=io.BytesIO(content), length=len(content) + 1)  # type: ignore[arg-type]
    assert names(bucket) == {f"of/tests/{blob_name(blob.sha256)}"}
    assert not list(bucket.multipart_uploads.all())


def test_uploads_come_in_by_way_of_the_bucket(
    bucket: Any, project: Project, user: User, tmp_path: Path
) -> None:
    upload = begin_upload(project=project, user=user, name="a.npz", size=2000)
    for offset in (0, 1000):
        upload = add_part(upload=upload, offset=offset, stream=io.BytesIO(b"x" * 1000), length=1000)
    assert uploads_with_parts() == [str(upload.pk)]
    assemble(upload, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"x" * 2000
    bucket.Object(f"of/tests/uploads/{upload.pk}/1000").put(Body=b"y" * 1000)
    with pytest.raises(UnableToUpload, match="cannot be put together"):
        assemble(upload, tmp_path / "whole")
    abort_upload(upload=upload)
    remove_parts(upload.pk)
    assert not names(bucket)
    assert not uploads_with_parts()


def test_sources_are_fetched_to_this_host_once(
    blob: Blob, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    StoredFile.objects.create(dataset=dataset, name="samples.jsonl", blob=blob)
    folder = fetch_source(dataset)
    assert (folder / "samples.jsonl").read_bytes() == b"abc"
    monkeypatch.setattr("jobs.storage.fetching.fetch", None)
    assert fetch_source(dataset) == folder


def test_a_server_that_is_away_gets_a_sentence(blob: Blob, tmp_path: Path, settings: Settings) -> None:
    settings.S3_ENDPOINT = "http://127.0.0.1:9"
    settings.STORAGES = dict(settings.STORAGES)
    (tmp_path / "b.bin").write_bytes(b"b")
    with pytest.raises(
        StorageError, match=r"b\.bin cannot be read or stored: the S3 storage says: Could not"
    ):
        keep_file(tmp_path / "b.bin")
    with pytest.raises(StorageError, match="The film cannot be read or stored: the S3"):
        open_blob(blob, what="The film")


def test_a_bucket_that_is_not_there_gets_a_sentence(bucket: Any, settings: Settings, tmp_path: Path) -> None:
    options = {"BACKEND": "jobs.storage.buckets.Bucket", "OPTIONS": {"address": "s3://nobodys"}}
    settings.STORAGES = {**settings.STORAGES, "default": options}
    (tmp_path / "b.bin").write_bytes(b"b")
    with pytest.raises(StorageError, match="bucket does not exist"):
        keep_file(tmp_path / "b.bin")


@pytest.mark.parametrize("address", ["s3://", "s3:///x", "https://bucket", "s3://bucket?x=1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="accepted are a folder"):
        Bucket(address)


def test_the_environment_names_the_bucket(settings: Settings) -> None:
    script = (
        "import django; django.setup(); from django.core.files.storage import default_storage as s; "
        "print(s.bucket_name, s.location, s.endpoint_url, s.region_name)"
    )
    given = {"MTKD_STORAGE": "s3://mtkd/of/us", "MTKD_S3_ENDPOINT": "http://[::1]:9", "MTKD_S3_REGION": "r1"}
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **given},
        cwd=settings.BASE_DIR,
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.split() == ["mtkd", "of/us", "http://[::1]:9", "r1"]
