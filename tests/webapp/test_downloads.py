from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404, HttpResponseBase
from django.test import RequestFactory

from jobs.models import Blob
from jobs.storage import blobs as storage
from jobs.storage.blobs import keep_file, local_path
from webapp.downloads import PieceByPiece, send_blob

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def blob(tmp_path: Path) -> Blob:
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    return keep_file(tmp_path / "film.mp4")


def ask(blob: Blob, method: str = "get", **headers: str) -> HttpResponseBase:
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return send_blob(request, blob, name="film.mp4", media_type="video/mp4", inline=True)


def body_of(answer: HttpResponseBase) -> bytes:
    assert isinstance(answer, PieceByPiece)
    body: bytes = answer.getvalue()
    answer.close()
    return body


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1048570-", 1048570, 1048575),
        ("bytes=1048570-99999999", 1048570, 1048575),
        ("bytes=-6", 1048570, 1048575),
        ("bytes=-99999999", 0, 1048575),
        ("bytes=0-600000", 0, 600000),
    ],
)
def test_one_range_is_sent_alone(blob: Blob, given: str, first: int, last: int) -> None:
    answer = ask(blob, Range=given)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer["Content-Length"] == str(last - first + 1)
    assert answer["Content-Type"] == "video/mp4"
    assert body_of(answer) == CONTENT[first : last + 1]


@pytest.mark.parametrize("given", ["bytes=1048576-", "bytes=1048576-1048577", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(blob: Blob, given: str) -> None:
    answer = ask(blob, Range=given)
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "given", ["", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes=١-٢"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(blob: Blob, given: str) -> None:
    answer = ask(blob, Range=given.encode().decode("latin-1"))
    assert answer.status_code == 200
    assert answer["Accept-Ranges"] == "bytes"
    assert body_of(answer) == CONTENT


def test_a_range_of_another_version_is_answered_with_the_whole(blob: Blob) -> None:
    etag = ask(blob, "head")["ETag"]
    assert etag == f'"{blob.sha256}"'
    same = ask(blob, **{"Range": "bytes=0-9", "If-Range": etag})
    other = ask(blob, **{"Range": "bytes=0-9", "If-Range": '"of yesterday"'})
    assert [answer.status_code for answer in (same, other)] == [206, 200]
    assert len(body_of(same)) == 10
    assert len(body_of(other)) == len(CONTENT)
    assert ask(blob, **{"If-None-Match": etag}).status_code == 304


def test_the_head_alone_opens_nothing(blob: Blob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.downloads.open_blob", None)
    answer = ask(blob, "head")
    assert (answer.status_code, answer["Content-Length"]) == (200, str(len(CONTENT)))


def test_playing_a_film_verifies_it_once_and_again_when_it_was_touched(
    blob: Blob, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def opened(blob: Blob, **given: Any) -> Any:
        looks.append(blob.sha256)
        return genuine(blob, **given)

    genuine = storage.open_blob
    monkeypatch.setattr(storage, "open_blob", opened)
    for _ in range(3):
        body_of(ask(blob, Range="bytes=0-9"))
    assert len(looks) == 1
    stored = local_path(blob)
    assert stored is not None
    os.utime(stored, (1, 1))
    body_of(ask(blob, Range="bytes=0-9"))
    assert len(looks) == 2
    stored.unlink()
    stored.write_bytes(b"x" * len(CONTENT))
    with pytest.raises(Http404, match=r"film\.mp4 was changed"):
        ask(blob, Range="bytes=0-9")
    stored.unlink()
    with pytest.raises(Http404, match=r"film\.mp4 is no longer"):
        ask(blob, Range="bytes=0-9")


def test_an_empty_file_has_no_range(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    blob = keep_file(tmp_path / "empty")
    assert body_of(ask(blob)) == b""
    answer = ask(blob, Range="bytes=0-")
    assert (answer.status_code, body_of(answer)) == (200, b"")


def test_an_asynchronous_server_gets_piece_by_piece(blob: Blob) -> None:
    answer = ask(blob)
    assert isinstance(answer, PieceByPiece)

    async def collect() -> list[bytes]:
        return [piece async for piece in answer]

    pieces = asyncio.run(collect())
    assert b"".join(pieces) == CONTENT
    assert max(map(len, pieces)) <= 1 << 18
    answer.close()
