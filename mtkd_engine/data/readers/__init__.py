"""One file for each format of annotations; a reader gives rows as found and refuses only unreadable files."""

from __future__ import annotations

from collections.abc import Callable

from mtkd_engine.data.readers import activitynet, charades, qvhighlights, tacos
from mtkd_engine.data.readers.base import AnnotationFile, Intake, Limits

Read = Callable[[AnnotationFile, Intake], None]

READERS: dict[str, Read] = {
    "activitynet": activitynet.read,
    "charades_sta": charades.read,
    "tacos": tacos.read,
    "qvhighlights": qvhighlights.read,
}

__all__ = ["READERS", "AnnotationFile", "Intake", "Limits", "Read"]
