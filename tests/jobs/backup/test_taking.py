"""What a backup refers to stays while it is copied."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from jobs.backup.taking import _keep_for_a_day
from jobs.models import Blob
from jobs.operations.blobs import remove_garbage
from jobs.storage.blobs import keep_file, local_path

pytestmark = pytest.mark.django_db


def test_what_loses_its_last_row_meanwhile_is_not_removed_before_tomorrow(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    blob = keep_file(tmp_path / "a")
    long_ago = timezone.now() - timedelta(days=30)
    Blob.objects.update(touched_at=long_ago)
    _keep_for_a_day()
    remove_garbage()
    path = local_path(blob)
    assert path is not None
    assert path.exists()
    Blob.objects.update(touched_at=long_ago)
    remove_garbage()
    assert not path.exists()
