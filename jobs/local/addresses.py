"""Addresses of databases: one URL in, what Django wants out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jobs.local.home import LocalError

SCHEMES = ("postgres", "postgresql")


def django_database(url: str) -> dict[str, Any]:
    """This will return the entry of DATABASES for a PostgreSQL URL.

    `postgresql://user:password@host:5432/name?sslmode=require` and, for sockets,
    `postgresql://user@/name?host=/folder` are understood; other schemes raise LocalError.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise LocalError(
            f"DATABASE_URL must start with postgresql://, but it starts with {parts.scheme or 'nothing'!r}: "
            "mtkd keeps its data in PostgreSQL only."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise LocalError("DATABASE_URL must name a database, as in postgresql://user@host/name.")
    try:
        port = parts.port
    except ValueError:
        raise LocalError(
            f"The port in DATABASE_URL must be a number: {parts.netloc.rpartition('@')[2]!r}."
        ) from None
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or options.pop("password", "")),
        "HOST": host,
        "PORT": str(options.pop("port", None) or port or ""),
        "OPTIONS": options,
    }
