"""Files on their way in over REST, by the tus protocol 1.0.0: cut off anywhere, they go on where they stopped."""

from __future__ import annotations

import base64
import binascii
import io
from typing import IO, Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.models import Upload
from jobs.operations.errors import UnableToUpload
from jobs.operations.uploads import abort_upload, add_part, begin_upload
from jobs.storage.blobs import Checksum
from webapp.access import project_or_404, upload_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.parsers import PartParser
from webapp.api.shapes import UploadShape

VERSION = "1.0.0"
ALGORITHMS = ("sha256", "sha1", "md5")
_LARGEST = 2**62


class VersionUnknown(APIException):
    """The client speaks another version of the protocol."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = f"The header Tus-Resumable asks for another protocol; this is tus {VERSION}."


class LengthUnknown(APIException):
    """A part must say how long it is."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "A part needs the header Content-Length."


def _header(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=required, description=description)


_RESUMABLE = OpenApiParameter(
    "Tus-Resumable",
    {"type": "string", "enum": [VERSION]},
    OpenApiParameter.HEADER,
    description="Of the protocol.",
)
_CHECKSUM = _header("Upload-Checksum", f"ALGORITHM BASE64 of the part; algorithms: {', '.join(ALGORITHMS)}.")
_BODY = {PartParser.media_type: OpenApiTypes.BINARY}


class _Tus(APIView):
    parser_classes = (PartParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable", VERSION) != VERSION:
            raise VersionUnknown

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Tus-Resumable"] = VERSION
        answer["Tus-Version"] = VERSION
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(exclude=True)
    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say what of the protocol is spoken here."""
        answer = Response(status=status.HTTP_204_NO_CONTENT)
        answer["Tus-Extension"] = "creation,creation-with-upload,termination,checksum"
        answer["Tus-Max-Size"] = str(settings.LARGEST_UPLOAD)
        answer["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
        return answer


class Uploads(_Tus):
    """Where uploads begin."""

    @extend_schema(
        parameters=[
            PROJECT,
            _RESUMABLE,
            _header("Upload-Length", "Size of the file in bytes.", required=True),
            _header(
                "Upload-Metadata",
                "`filename BASE64`, and where it is known `,sha256 BASE64` (of its hexadecimal digits).",
                required=True,
            ),
            _CHECKSUM,
        ],
        request=_BODY,
        responses={201: UploadShape, **refusals(400, 403, 404, 412, 413, 460, 507)},
        operation_id="begin_upload",
        tags=["uploads"],
    )
    def post(self, request: Request) -> Response:
        """Announce a file; `Location` is where its parts go. A first part may come along (tus 1.0.0)."""
        project = project_or_404(request, query.text(request, "project"))
        size = _number(request, "Upload-Length")
        words = _metadata(request)
        length = _length(request, default=0)
        stream, checksum = (_stream(request), _checksum(request)) if length else (io.BytesIO(), None)
        upload = begin_upload(
            project=project,
            user=user_of(request),
            name=words.get("filename", ""),
            size=size,
            sha256=words.get("sha256", ""),
        )
        try:
            upload = add_part(upload=upload, offset=0, stream=stream, length=length, checksum=checksum)
        except UnableToUpload:
            abort_upload(upload=upload)
            raise
        answer = Response(UploadShape(upload).data, status=status.HTTP_201_CREATED)
        answer["Location"] = reverse("api-upload", args=[upload.pk])
        return _at(upload, answer)


class OneUpload(_Tus):
    """An upload that has begun."""

    @extend_schema(
        parameters=[_RESUMABLE],
        responses={200: UploadShape, **refusals(403, 404, 412)},
        operation_id="read_upload",
        tags=["uploads"],
    )
    def get(self, request: Request, upload_id: UUID) -> Response:
        """Read how much of a file has come; HEAD answers with `Upload-Offset` and `Upload-Length` alone."""
        upload = upload_or_404(request, upload_id)
        return _at(upload, Response(UploadShape(upload).data))

    @extend_schema(
        parameters=[
            _RESUMABLE,
            _header("Upload-Offset", "Where the part begins: at the bytes that have come.", required=True),
            _CHECKSUM,
        ],
        request=_BODY,
        responses={
            204: OpenApiResponse(description="Stored; `Upload-Offset` says where to go on."),
            **refusals(400, 403, 404, 409, 411, 412, 413, 460, 507),
        },
        operation_id="add_part",
        tags=["uploads"],
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Send the next part of a file."""
        upload = upload_or_404(request, upload_id)
        offset = _number(request, "Upload-Offset")
        length = _length(request)
        stream, checksum = _stream(request), _checksum(request)
        upload = add_part(upload=upload, offset=offset, stream=stream, length=length, checksum=checksum)
        return _at(upload, Response(status=status.HTTP_204_NO_CONTENT))

    @extend_schema(
        parameters=[_RESUMABLE],
        responses={204: None, **refusals(403, 404, 409, 412)},
        operation_id="abort_upload",
        tags=["uploads"],
    )
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Abort an upload; what has come of it is removed."""
        abort_upload(upload=upload_or_404(request, upload_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _at(upload: Upload, answer: Response) -> Response:
    answer["Upload-Offset"] = str(upload.received)
    answer["Upload-Length"] = str(upload.size)
    return answer


def _number(request: Request, header: str) -> int:
    given = request.headers.get(header, "")
    if not given.isascii() or not given.isdecimal() or len(given) > 19 or int(given) > _LARGEST:
        raise ValidationError({header: f"given {given[:40]!r}, accepted is a number of bytes."})
    return int(given)


def _length(request: Request, *, default: int | None = None) -> int:
    given = request.headers.get("Content-Length") or None
    if given is not None:
        return _number(request, "Content-Length")
    if default is None or request.headers.get("Transfer-Encoding"):
        raise LengthUnknown
    return default


def _stream(request: Request) -> IO[bytes]:
    """The body as it is read from the network or from the disk; never as a whole in memory."""
    return cast(IO[bytes], request.data or io.BytesIO())


def _checksum(request: Request) -> Checksum | None:
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return None
    algorithm, _, text = given.partition(" ")
    digest = _decoded(text)
    if algorithm not in ALGORITHMS or not digest:
        accepted = f"ALGORITHM BASE64 with one of {', '.join(ALGORITHMS)}"
        raise ValidationError({"Upload-Checksum": f"given {given[:80]!r}, accepted is {accepted}."})
    return Checksum(algorithm=algorithm, digest=digest)


def _metadata(request: Request) -> dict[str, str]:
    words: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, text = pair.strip().partition(" ")
        value = _decoded(text)
        try:
            if value is None:
                raise ValueError(key)
            words[key] = value.decode("utf-8")
        except ValueError:
            raise ValidationError(
                {
                    "Upload-Metadata": f"given {pair[:80]!r}, accepted are pairs KEY BASE64 of UTF-8, with commas."
                }
            ) from None
    return words


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
