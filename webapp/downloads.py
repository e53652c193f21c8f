"""Sending stored bytes without holding them in memory, whole or one range of them, by pages and REST alike."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags
from rest_framework.request import Request

from jobs.models import Artifact, Blob, Dataset, Job
from jobs.queries.images import StoredImage, read_images
from jobs.queries.inspect.exports import MEDIA_TYPES, export
from jobs.queries.inspect.table import Rows, Table
from jobs.storage.blobs import StorageError, open_blob, open_seen_blob
from jobs.storage.previews import image_files, play_of, read_image
from mtkd_engine.data.images.kinds import MEDIA_TYPES as MEDIA_TYPES_OF_IMAGES
from mtkd_engine.data.images.kinds import kind_of
from webapp.pictures import answer_with_picture

_PIECE = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What is sent, whole or a range of it: a stored content or a stretch of one."""

    blob: Blob
    start: int
    size: int
    etag: str
    what: str


class PieceByPiece(StreamingHttpResponse):
    """Bytes that are read in threads where the server is asynchronous; Django alone would read them all first."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


class _Cut:
    """The bytes of an open file from one place to another; closing it closes the file."""

    def __init__(self, file: IO[bytes], *, first: int, length: int) -> None:
        file.seek(first)
        self._file = file
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(min(_PIECE, self._left)) if self._left else b""
        if not piece:
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


def send_artifact(request: HttpRequest | Request, found: Artifact) -> HttpResponseBase:
    """This will answer with a file of a job, verified, always to be saved and never to be shown by the browser."""
    what = f"{found.name} of job {found.job_id}"
    return send_blob(request, found.blob, name=found.name, media_type=found.media_type, what=what)


def send_blob(
    request: HttpRequest | Request,
    blob: Blob,
    *,
    name: str,
    media_type: str,
    inline: bool = False,
    what: str | None = None,
) -> HttpResponseBase:
    """This will answer with a stored content, or with the one range of it that was asked for, verified.

    `inline` lets the browser show it, as a player needs. Bytes that are gone or changed are a 404 that says so.
    """
    whole = _Part(blob=blob, start=0, size=blob.size, etag=f'"{blob.sha256}"', what=what or name)
    return _send(request, whole, name=name, media_type=media_type, inline=inline)


def send_clip(request: HttpRequest | Request, dataset: Dataset, *, row: int) -> HttpResponseBase:
    """This will answer with the film of one clip for a browser, or with the one range of it that was asked for."""
    try:
        play = play_of(dataset, row=row)
    except StorageError as error:
        raise Http404(str(error)) from error
    if play is None:
        raise Http404(f"{dataset.label} has no film of a clip in row {row}.")
    part = _Part(
        blob=play.blob,
        start=play.start,
        size=play.size,
        etag=f'"{play.blob.sha256}-{row}"',
        what=f"The films of {dataset.label}",
    )
    answer = _send(request, part, name=f"{dataset.name}-{row}.mp4", media_type="video/mp4", inline=True)
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


def class_of(one: StoredImage, classes: Sequence[str]) -> str:
    """This will give the name of an image's class, its number where the report has no names; "" where it has none."""
    if one.label is None:
        return ""
    return classes[one.label] if one.label < len(classes) else str(one.label)


def send_image(request: HttpRequest | Request, dataset: Dataset, *, row: int) -> HttpResponse:
    """This will answer with one image of a dataset, under the type that its first bytes tell and no other."""
    try:
        files = image_files(dataset)
        if files is None or row not in files.rows(""):
            raise Http404(f"{dataset.label} has no image in row {row}.")
        etag = f'"{read_images(files, [row])[0].sha256}"'
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            return HttpResponse(status=304, headers={"ETag": etag})
        content = read_image(dataset, files, row=row)
    except StorageError as error:
        raise Http404(str(error)) from error
    kind = kind_of(content)
    if kind is None:
        raise Http404(f"{dataset.label} has no image of a known kind in row {row}.")
    name = f"{dataset.name}-{row}.{kind}"
    return answer_with_picture(content, media_type=MEDIA_TYPES_OF_IMAGES[kind], name=name, etag=etag)


def send_rows(job: Job, table: Table, rows: Rows, *, form: str, whose: str = "") -> HttpResponseBase:
    """This will answer with rows of a job's samples as a file that is written while it is sent.

    `whose` table it is stands in the name of the file, where a job has several.
    """
    answer = PieceByPiece(export(table, rows, form=form), content_type=MEDIA_TYPES[form])
    name = f"job-{job.pk}-{f'{whose}-' if whose else ''}samples.{form}"
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _send(
    request: HttpRequest | Request, part: _Part, *, name: str, media_type: str, inline: bool
) -> HttpResponseBase:
    if part.etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _with_headers(HttpResponse(status=304), etag=part.etag)
    wanted = _range_of(request, size=part.size, etag=part.etag)
    if wanted == (0, 0):
        refusal = HttpResponse(status=416, headers={"Content-Range": f"bytes */{part.size}"})
        return _with_headers(refusal, etag=part.etag)
    first, length = wanted or (0, part.size)
    answer = _body(request, part, first=first, length=length, is_range=wanted is not None)
    if wanted is not None:
        answer.headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{part.size}"
    answer.headers["Content-Length"] = str(length)
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = content_disposition_header(not inline, name) or "inline"
    return _with_headers(answer, etag=part.etag)


def _body(
    request: HttpRequest | Request, part: _Part, *, first: int, length: int, is_range: bool
) -> HttpResponseBase:
    status = 206 if is_range else 200
    if request.method == "HEAD":
        return HttpResponse(status=status)
    try:
        # A player asks for dozens of ranges of one film, and films of clips are thousands in one content.
        is_seen = is_range or part.size < part.blob.size
        file = (open_seen_blob if is_seen else open_blob)(part.blob, what=part.what)
    except StorageError as error:
        raise Http404(str(error)) from error
    return PieceByPiece(_Cut(file, first=part.start + first, length=length), status=status)


def _with_headers(answer: HttpResponseBase, *, etag: str) -> HttpResponseBase:
    answer.headers["ETag"] = etag
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _range_of(request: HttpRequest | Request, *, size: int, etag: str) -> tuple[int, int] | None:
    """First byte and length; None for the whole, (0, 0) for a range that the file does not have.

    Several ranges, and ranges of another version, are answered with the whole, as HTTP allows.
    """
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not size or found is None or request.headers.get("If-Range", etag) != etag:
        return None
    start, end = found.groups()
    if not start and not end:
        return None
    if not start:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(start), min(size - 1, int(end) if end else size - 1)
        if end and int(end) < int(start):
            return None  # no range at all
    return (first, last - first + 1) if first <= last else (0, 0)
