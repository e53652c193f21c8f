"""Which server, and with which token: from the environment, or from the file that `mtkd login` writes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.client.connection import checked_url
from mtkd_engine.client.errors import RefusedError

_NAME = "client.json"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server, a token for it, and the project that is meant where none is named."""

    url: str
    token: str
    project: str | None = None


def place_of(environment: Mapping[str, str], *, url: str | None = None) -> Place:
    """This will find where to go: `url`, else MTKD_URL, else the last login; a stored token is only for its server.

    Raises RefusedError.
    """
    stored = _read(environment)
    wanted = url or environment.get("MTKD_URL") or stored.get("url")
    if not wanted:
        raise RefusedError("No server is known: run `mtkd login URL`, or set MTKD_URL and MTKD_TOKEN.")
    wanted = checked_url(wanted)
    token = environment.get("MTKD_TOKEN") or (stored.get("token") if stored.get("url") == wanted else None)
    if not token:
        raise RefusedError(f"No token for {wanted} is known: run `mtkd login {wanted}`, or set MTKD_TOKEN.")
    return Place(url=wanted, token=token.strip(), project=environment.get("MTKD_PROJECT") or None)


def keep(environment: Mapping[str, str], *, url: str, token: str) -> Path:
    """This will store a login where only its user may read it, and return the file."""
    file = _file(environment)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A file of this kind may be read by its owner only, from its first moment.
    number, name = tempfile.mkstemp(dir=file.parent, prefix=".client")
    with os.fdopen(number, "w", encoding="utf-8") as stream:
        json.dump({"url": url, "token": token}, stream)
    Path(name).replace(file)
    return file


def _read(environment: Mapping[str, str]) -> dict[str, str]:
    file = _file(environment)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise RefusedError(f"{file} cannot be read; `mtkd login URL` writes it anew.") from None
    return (
        {key: text for key, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}
    )


def _file(environment: Mapping[str, str]) -> Path:
    if given := environment.get("XDG_CONFIG_HOME"):
        return Path(given) / "mtkd" / _NAME
    if sys.platform == "win32":
        return Path(environment.get("APPDATA") or Path.home()) / "mtkd" / _NAME
    return Path(environment.get("HOME") or Path.home()) / ".config" / "mtkd" / _NAME
