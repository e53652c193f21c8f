"""The files of a finished job into the storage."""

from __future__ import annotations

import json
from typing import Any

from jobs.models import Artifact, Event
from jobs.operations.claims import Claim
from jobs.operations.errors import UnableToPublish
from jobs.storage.blobs import StorageAwayError, StorageError, keep_file, open_artifact

RESULT = "result.json"


def publish(claim: Claim) -> list[Artifact]:
    """This will store what the attempt said it wrote, verified, and return rows that are not saved yet.

    Raises UnableToPublish when a file is missing, has changed, or cannot be stored, StorageAwayError when another
    try may succeed; bytes stored before that are garbage, which the tick removes.
    """
    written = Event.objects.filter(attempt_id=claim.attempt_id, kind="artifactwritten").order_by("seq")
    newest = {event.payload["name"]: event.payload for event in written}
    return [_stored(claim, name, payload) for name, payload in newest.items()]


def read_result(artifacts: list[Artifact]) -> dict[str, Any]:
    """This will read the job's result among its stored artifacts; raises as `publish`, and without one."""
    stored = {artifact.name: artifact for artifact in artifacts}
    if RESULT not in stored:
        raise UnableToPublish(f"The engine finished, but wrote no {RESULT}.")
    try:
        with open_artifact(stored[RESULT]) as file:
            result = json.load(file, parse_constant=str)  # the database has no NaN in JSON
    except StorageAwayError:
        raise
    except ValueError as error:
        why = str(error).rstrip(".")
        raise UnableToPublish(f"The engine finished, but its {RESULT} cannot be read: {why}.") from None
    if not isinstance(result, dict):
        raise UnableToPublish(f"The engine finished, but its {RESULT} is not an object.")
    return result


def _stored(claim: Claim, name: str, payload: dict[str, Any]) -> Artifact:
    source = claim.folder / payload["path"]
    try:
        if not source.resolve().is_relative_to(claim.folder.resolve()):
            raise StorageError(f"{name} lies outside the folder of its attempt.")
        blob = keep_file(source, sha256=payload["sha256"])
    except StorageAwayError:
        raise
    except (StorageError, OSError) as error:
        raise UnableToPublish(f"The artifact {name} could not be stored: {error}") from error
    return Artifact(
        job_id=claim.job_id,
        attempt_id=claim.attempt_id,
        name=name,
        blob=blob,
        size=blob.size,
        media_type=payload["media_type"],
    )
