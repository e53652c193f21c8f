"""Files that are cut on their way: they go on where they stopped, and arrive as they were."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from mtkd_engine.client import Artifact, DamagedError, RefusedError
from mtkd_engine.client.downloads import PART_ENDING, download
from mtkd_engine.client.uploads import files_of, upload
from tests.engine.client.answering import Breaking, Script, cut, ok, problem

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FILE = Artifact(name="student.onnx", size=len(CONTENT), sha256=SHA256)
PLACE = "/api/v1/uploads/2f2d6a3e-0000-4000-8000-000000000001/"


def part(first: int, *, last: int | None = None, broken: bool = False) -> httpx.Response:
    """Some of the content as a server sends it."""
    body = CONTENT[first:last]
    return httpx.Response(
        206 if first else 200, stream=Breaking([body]) if broken else httpx.ByteStream(body)
    )


def fetch(server: Script, folder: Path, artifact: Artifact = FILE) -> Path:
    return download(
        server.connection(), job_id=7, artifact=artifact, folder=folder, on_came=lambda _came: None
    )


def test_a_download_goes_on_behind_what_has_come(tmp_path: Path) -> None:
    server = Script(part(0, last=5000, broken=True), cut(), part(5000, last=9000), part(9000))
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert [request.headers.get("Range") for request in server.asked] == [
        None,
        "bytes=5000-",
        "bytes=5000-",
        "bytes=9000-",
    ]
    assert server.asked[1].headers["If-Range"] == f'"{SHA256}"'
    assert not list(tmp_path.glob(f"*{PART_ENDING}"))


def test_a_client_that_was_killed_goes_on_and_what_is_there_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / f"student.onnx{PART_ENDING}").write_bytes(CONTENT[:4000])
    server = Script(part(4000))
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_part_of_other_bytes_is_thrown_away_once_and_then_told(tmp_path: Path) -> None:
    (tmp_path / f"student.onnx{PART_ENDING}").write_bytes(b"x" * 4000)
    assert fetch(Script(part(4000), part(0)), tmp_path).read_bytes() == CONTENT
    (tmp_path / "student.onnx").unlink()
    wrong = httpx.Response(200, content=b"y" * len(CONTENT))
    with pytest.raises(DamagedError, match=r"student\.onnx"):
        fetch(Script(wrong, httpx.Response(200, content=b"y" * len(CONTENT))), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_empty_file_is_made_and_too_long_a_one_is_not_followed(tmp_path: Path) -> None:
    empty = Artifact(name="empty", size=0, sha256=hashlib.sha256(b"").hexdigest())
    assert fetch(Script(), tmp_path, empty).read_bytes() == b""
    with pytest.raises(DamagedError, match="longer"):
        fetch(Script(httpx.Response(200, content=CONTENT * 2)), tmp_path)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "..", "", "a/b"])
def test_a_file_never_leaves_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="no name of a file"):
        fetch(Script(), tmp_path / "out", Artifact(name=name, size=1, sha256=SHA256))
    assert not (tmp_path / "out").exists()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "teacher.safetensors"
    path.write_bytes(CONTENT)
    return path


def came(offset: int, *, status: int = 204) -> httpx.Response:
    return httpx.Response(status, headers={"Upload-Offset": str(offset), "Location": PLACE})


def send(server: Script, file: Path) -> str:
    return upload(server.connection(), file, name="a/teacher", project="default", on_sent=lambda _sent: None)


def test_an_upload_goes_on_at_the_byte_that_the_server_has(file: Path) -> None:
    server = Script(
        came(0, status=201), came(0), cut(), came(6000), problem(460), came(6000), came(len(CONTENT))
    )
    assert send(server, file) == PLACE.split("/")[-2]
    methods = [request.method for request in server.asked]
    assert methods == ["POST", "HEAD", "PATCH", "HEAD", "PATCH", "HEAD", "PATCH"]
    last = server.asked[-1]
    assert last.headers["Upload-Offset"] == "6000"
    assert last.content == CONTENT[6000:]
    assert last.headers["Upload-Checksum"].startswith("sha256 ")
    assert server.keys[0]
    assert server.keys[-1] is None


def test_a_client_that_is_started_again_finds_the_upload_it_had_begun(file: Path) -> None:
    first, second = (
        Script(came(0, status=201), came(0), problem(400)),
        Script(came(0, status=201), came(9000), came(10240)),
    )
    with pytest.raises(RefusedError):
        send(first, file)
    send(second, file)
    assert first.keys[0] == second.keys[0]
    assert second.asked[-1].content == CONTENT[9000:]
    file.write_bytes(CONTENT[::-1])
    changed = Script(came(0, status=201), came(len(CONTENT)))
    send(changed, file)
    assert changed.keys[0] != first.keys[0]


def test_an_upload_that_was_thrown_away_meanwhile_is_begun_anew(file: Path) -> None:
    server = Script(came(0, status=201), problem(404), came(0, status=201), came(len(CONTENT)))
    send(server, file)
    posted = [key for key, request in zip(server.keys, server.asked, strict=True) if request.method == "POST"]
    assert len(set(posted)) == 2


def test_a_folder_is_sent_file_by_file_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b.txt", "inside/a.npz", ".git/config", "inside/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [name for _, name in files_of(tmp_path)] == ["b.txt", "inside/a.npz"]
    assert list(files_of(tmp_path / "b.txt")) == [(tmp_path / "b.txt", "b.txt")]


def test_an_answer_without_a_place_is_refused(file: Path) -> None:
    with pytest.raises(RefusedError, match="where the upload goes"):
        send(Script(ok(status=201)), file)
