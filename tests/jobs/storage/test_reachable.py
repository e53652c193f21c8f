"""Whether the storage answers, asked of a folder and of a server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from jobs.storage.hashing import StorageError
from jobs.storage.reachable import make_bucket, storage_answers, storage_place


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture(params=["us-east-1", "eu-west-3"])
def bucket(
    request: pytest.FixtureRequest, server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The address of a bucket that nobody has made yet."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    address = f"s3://new-{request.param}/of/us"
    settings.S3_ENDPOINT, settings.S3_REGION = server, request.param
    options = {"BACKEND": "jobs.storage.buckets.Bucket", "OPTIONS": {"address": address}}
    settings.STORAGES = {**settings.STORAGES, "default": options}
    return address


def test_a_bucket_answers_once_it_is_made(bucket: str, settings: Settings) -> None:
    assert storage_place() == bucket
    assert not storage_answers()
    assert make_bucket()
    assert storage_answers()
    assert not make_bucket()
    settings.S3_ENDPOINT = "http://127.0.0.1:9"
    assert not storage_answers()
    with pytest.raises(StorageError, match="can be neither reached nor made"):
        make_bucket()


def test_a_folder_answers_when_it_can_be_written_to(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path / "storage"
    assert storage_place() is None
    assert not make_bucket()
    assert storage_answers()
    assert not list(settings.STORAGE.glob("*/*"))
    settings.STORAGE = Path("/proc/nowhere")
    assert not storage_answers()
