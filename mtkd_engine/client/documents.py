"""Specs and group documents as they are handed in: read, changed from the command line, and named in runs of CI."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mtkd_engine.client.errors import RefusedError
from mtkd_engine.spec import TextError, is_group, read_yaml
from mtkd_engine.spec.patches import changed

__all__ = ["is_group", "key_of_run", "read_document", "with_changes"]

_RUNS = (
    ("GITHUB_ACTIONS", ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB")),
    ("GITLAB_CI", ("CI_SERVER_HOST", "CI_JOB_ID")),
)
"""By what a run of CI is known, and what tells it from all others."""


def read_document(file: Path) -> dict[str, Any]:
    """This will read the YAML or JSON of a spec or a group; whether it is a good one is the server's to say.

    Raises RefusedError.
    """
    try:
        found = read_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{file} is not UTF-8 text.") from None
    except TextError as error:
        raise RefusedError(f"{file}: {error}") from None
    if not isinstance(found, dict):
        raise RefusedError(f"{file}: a spec is a mapping of keys to values.")
    return found


def with_changes(
    document: Mapping[str, Any], *, settings: Iterable[str] = (), name: str | None = None
) -> dict[str, Any]:
    """This will return the document with settings such as `optim.epochs=3` made, and another name if given.

    Values are YAML, and null takes a key out. Raises RefusedError.
    """
    found: Any = dict(document)
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not all(path.split(".")):
            raise RefusedError(f"--set: given {setting[:80]!r}, accepted is KEY.KEY=VALUE.")
        try:
            change: Any = read_yaml(text)
        except TextError as error:
            raise RefusedError(f"--set {path}: {error}") from None
        for key in reversed(path.split(".")):
            change = {key: change}
        found = changed(found, change)
    return {**found, "name": name} if name is not None else dict(found)


def key_of_run(asked: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    """This will give an idempotency key that the same step of the same run of CI has again; None outside of CI.

    `asked` is all that would be submitted: two submissions of one run that differ are two.
    """
    for mark, names in _RUNS:
        if environment.get(mark):
            run = [environment.get(name, "") for name in names]
            told = json.dumps([run, asked], sort_keys=True, default=str)
            return f"run-{hashlib.sha256(told.encode()).hexdigest()}"
    return None
