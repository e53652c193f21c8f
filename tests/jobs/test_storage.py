from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.storage import StorageError, adopt, path_of, put_file, remove, staging


def test_a_file_is_stored_whole_or_not_at_all(tmp_path: Path, settings: Settings) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(b"abc")
    with pytest.raises(StorageError, match="has changed"):
        put_file(source, key="artifacts/1/a.bin", sha256="0" * 64)
    assert not path_of("artifacts/1/a.bin").exists()
    put_file(source, key="artifacts/1/a.bin", sha256=hashlib.sha256(b"abc").hexdigest())
    assert path_of("artifacts/1/a.bin").read_bytes() == b"abc"
    assert not list((Path(settings.STORAGE) / ".staging").iterdir())


@pytest.mark.parametrize("key", ["/etc/passwd", "../x", "a/../../x", ""])
def test_keys_stay_inside_the_storage(key: str) -> None:
    with pytest.raises(StorageError):
        path_of(key)


def test_who_comes_second_adopts_nothing() -> None:
    for expected in (True, False):
        with staging() as folder:
            (folder / "x").mkdir()
            (folder / "x" / "file").write_text("content")
            assert adopt(folder / "x", key="datasets/h") is expected
    assert (path_of("datasets/h") / "file").read_text() == "content"
    remove("datasets/h")
    remove("datasets/h")
    assert not path_of("datasets/h").exists()
