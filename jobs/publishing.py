"""The files of a finished job into the storage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jobs.models import Artifact, Event
from jobs.operations.claims import Claim
from jobs.operations.errors import UnableToPublish
from jobs.storage import StorageError, open_artifact, put_file, remove

RESULT = "result.json"


def publish(claim: Claim) -> list[Artifact]:
    """This will store what the attempt said it wrote, verified, and return rows that are not saved yet.

    Raises UnableToPublish when a file is missing, has changed, or cannot be stored.
    """
    written = Event.objects.filter(attempt_id=claim.attempt_id, kind="artifactwritten").order_by("seq")
    newest = {event.payload["name"]: event.payload for event in written}
    stored: list[Artifact] = []
    try:
        for name, payload in newest.items():
            stored.append(_stored(claim, name, payload))
    except UnableToPublish:
        for artifact in stored:
            remove(artifact.storage_key)
        raise
    return stored


def read_result(artifacts: list[Artifact]) -> dict[str, Any]:
    """This will read the job's result among its stored artifacts; raises UnableToPublish without one."""
    stored = {artifact.name: artifact for artifact in artifacts}
    if RESULT not in stored:
        raise UnableToPublish(f"The engine finished, but wrote no {RESULT}.")
    try:
        with open_artifact(stored[RESULT]) as file:
            result = json.load(file, parse_constant=str)  # the database has no NaN in JSON
    except ValueError as error:
        raise UnableToPublish(f"The engine finished, but its {RESULT} cannot be read: {error}.") from None
    if not isinstance(result, dict):
        raise UnableToPublish(f"The engine finished, but its {RESULT} is not an object.")
    return result


def _stored(claim: Claim, name: str, payload: dict[str, Any]) -> Artifact:
    source = claim.folder / payload["path"]
    key = f"artifacts/{claim.job_id}/{claim.number}/{Path(name).name}"
    try:
        if not source.resolve().is_relative_to(claim.folder.resolve()):
            raise StorageError(f"{name} lies outside the folder of its attempt.")
        put_file(source, key=key, sha256=payload["sha256"])
    except (StorageError, OSError) as error:
        raise UnableToPublish(f"The artifact {name} could not be stored: {error}") from None
    return Artifact(
        job_id=claim.job_id,
        attempt_id=claim.attempt_id,
        name=name,
        storage_key=key,
        sha256=payload["sha256"],
        size=payload["size"],
        media_type=payload["media_type"],
    )
