"""Sending a stored file without holding it in memory, by pages and REST alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from django.http import FileResponse, Http404

from jobs.models import Artifact
from jobs.storage import StorageError, open_artifact


class PieceByPiece(FileResponse):
    """A file that is read in threads where the server is asynchronous; Django alone would read it whole first."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


def send_artifact(found: Artifact) -> FileResponse:
    """This will answer with a file, verified, always to be saved and never to be shown by the browser."""
    try:
        file = open_artifact(found)
    except StorageError as error:
        raise Http404(str(error)) from error
    response = PieceByPiece(file, as_attachment=True, filename=found.name, content_type=found.media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
