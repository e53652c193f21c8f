"""Style sheets, scripts and pictures: their addresses name a version of all of them, so a browser asks for none twice.

A module of JavaScript loads others by relative addresses, and therefore of the same version. Any other version, of a
page that stayed open or of a second web process that is not renewed yet, gets the files as they are now.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

VERSIONED = re.compile(rf"^{re.escape(settings.STATIC_URL)}v-([0-9a-f]+)/")


@cache
def version() -> str:
    """This will return what becomes another when any file does."""
    found = blake2b(digest_size=6)
    for finder in finders.get_finders():
        for path, storage in sorted(finder.list(None), key=lambda listed: str(listed[0])):
            content = Path(storage.path(path)).read_bytes()
            found.update(f"{path} {len(content)} ".encode() + content)
    return found.hexdigest()


class VersionedStorage(StaticFilesStorage):
    """What `{% static %}` asks for addresses."""

    def url(self, name: str | None) -> str:
        """This will return the file's address; while somebody works on the files, it is without a version."""
        return super().url(name if settings.DEBUG or not name else f"v-{version()}/{name}")


class VersionedFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves the files with and without a version in the address, and lets browsers keep those of this version."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = VERSIONED.match(request.path_info)
        if asked:
            request.path_info = settings.STATIC_URL + request.path_info[asked.end() :]
        answer: HttpResponseBase = super().__call__(request)
        if asked and asked[1] == version() and answer.status_code in (200, 206, 304):
            answer.headers["Cache-Control"] = f"max-age={self.FOREVER}, public, immutable"
        return answer
