"""Pieces of the OpenAPI document that several addresses share."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from webapp.api.problems import MEDIA_TYPE
from webapp.api.shapes import ProblemShape

PROJECT = OpenApiParameter("project", str, required=True, description="Slug of the project.")

_MEANING = {
    400: "Refused: `detail` says why, `fields` where.",
    403: "Your role in the project is not enough.",
    404: "Nothing here, or not yours to see.",
    409: "Not as things stand: it has come to its end already, or something depends on it.",
    411: "A part needs the header Content-Length.",
    412: "The header Tus-Resumable asks for another protocol.",
    413: "Too large for one part, for one file, or for the quota of the project.",
    460: "The part is not the one that Upload-Checksum announces; nothing of it was kept.",
    507: "The disk of the storage is full.",
}


def refusals(*codes: int) -> dict[Any, Any]:
    """This will describe the refusals an address may answer with."""
    return {
        (code, MEDIA_TYPE): OpenApiResponse(response=ProblemShape, description=_MEANING[code])
        for code in codes
    }
