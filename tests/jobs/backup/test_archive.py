"""An archive is what its manifest says, or nothing of it is used."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from jobs.backup.archive import DUMP, MANIFEST, Manifest, verify, writing
from jobs.local.home import LocalError

BLOB = f"blobs/ab/ab{'0' * 62}"


def manifest(**changes: Any) -> Manifest:
    return Manifest(made_at="2026-11-20T00:00:00+00:00", migrations=[], counts={}, **changes)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    target = tmp_path / "a.tar"
    with writing(target) as writer:
        for name, content in ((DUMP, b"rows"), (BLOB, b"bytes" * 1000)):
            writer.add(name, io.BytesIO(content), size=len(content))
        writer.finish(manifest(sha256=writer.sha256))
    return target


def make(path: Path, members: dict[str, bytes], **changes: Any) -> Path:
    """A tar file by hand; the manifest fits the members unless `changes` say otherwise."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    said = {**asdict(manifest(sha256=sums)), **changes}
    with tarfile.open(path, "w") as tar:
        for name, content in {**members, MANIFEST: json.dumps(said).encode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_a_whole_archive_is_verified(archive: Path) -> None:
    assert set(verify(archive).sha256) == {DUMP, BLOB}


def test_a_changed_byte_is_found(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[content.index(b"bytesbytes") + 3] ^= 1
    archive.write_bytes(content)
    with pytest.raises(LocalError, match=f"was changed: {BLOB} is not what the manifest says"):
        verify(archive)


@pytest.mark.parametrize("kept", [0, 100, 700, 5_000, 6_900])
def test_a_cut_archive_is_not_whole(archive: Path, kept: int) -> None:
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(LocalError, match=r"not whole|no whole backup"):
        verify(archive)


@pytest.mark.parametrize(
    ("members", "changes", "sentence"),
    [
        ({"../secret": b"x", DUMP: b""}, {}, "no backup of mtkd: it holds '../secret'"),
        ({"blobs/ab/cd": b"x", DUMP: b""}, {}, "no backup of mtkd: it holds"),
        ({"secret_key": b"x"}, {}, "it has no database"),
        ({DUMP: b"x"}, {"version": 99}, "made by a newer mtkd"),
        ({DUMP: b"x"}, {"format": "other"}, "made by a newer mtkd|no backup"),
        ({DUMP: b"x"}, {"surprise": 1}, "its manifest makes no sense"),
        ({DUMP: b"x"}, {"sha256": {DUMP: hashlib.sha256(b"x").hexdigest(), BLOB: ""}}, f"{BLOB} is missing"),
        ({DUMP: b"x", BLOB: b""}, {"sha256": {DUMP: hashlib.sha256(b"x").hexdigest()}}, "was changed"),
    ],
)
def test_an_archive_of_somebody_else_is_refused(
    tmp_path: Path, members: dict[str, bytes], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LocalError, match=sentence):
        verify(make(tmp_path / "b.tar", members, **changes))


def test_links_and_other_files_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "c.tar", "w") as tar:
        link = tarfile.TarInfo(DUMP)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    (tmp_path / "d.tar").write_text("hello")
    for name in ("c.tar", "d.tar"):
        with pytest.raises(LocalError, match=r"no backup of mtkd|no whole backup"):
            verify(tmp_path / name)
    with pytest.raises(LocalError, match="There is no file"):
        verify(tmp_path / "e.tar")


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_what_is_interrupted_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def interrupted() -> None:
        with writing(tmp_path / "a.tar") as writer:
            writer.add(DUMP, io.BytesIO(b"x"), size=1)
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_a_stream_that_ends_early_is_an_error(tmp_path: Path) -> None:
    with pytest.raises((OSError, LocalError)), writing(tmp_path / "a.tar") as writer:
        writer.add(DUMP, io.BytesIO(b"x"), size=2)
    assert not list(tmp_path.iterdir())
