"""What teachers said of each sample, from the storage; read once by each process."""

from __future__ import annotations

from functools import partial

from jobs.models import Blob
from jobs.storage.blobs import StorageError, open_seen_blob
from jobs.storage.tables import Columns
from mtkd_engine.predictions.outcomes import Outcomes, read_outcomes

LARGEST = 256 << 20
MOST_BYTES = 256 << 20
_kept = Columns(MOST_BYTES)


def stored_outcomes(blob: Blob, *, teacher: str) -> Outcomes:
    """This will read a stored table of outcomes; raises StorageError when it is gone, changed, too large, or none."""
    found: Outcomes = _kept.get(
        (blob.sha256, "outcomes"), partial(_stored, blob, f"What {teacher} said of samples")
    )
    return found


def _stored(blob: Blob, what: str) -> Outcomes:
    if blob.size > LARGEST:
        raise StorageError(f"{what} takes {blob.size / 1e6:,.0f} MB; up to {LARGEST / 1e6:,.0f} MB are read.")
    with open_seen_blob(blob, what=what) as file:
        try:
            return read_outcomes(file, name=what)
        except (ValueError, OSError) as error:
            raise StorageError(f"{what} cannot be read: {error}") from None
