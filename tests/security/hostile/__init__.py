"""Broken and hostile things that people hand in: one table of makers, used by tests and by trials over REST.

Each case writes something below a folder and returns what is to be registered. `outcome` is what must come of
it: refused with a sentence that holds `words`, or found, with the repair `words` offered.
"""

from __future__ import annotations

from tests.security.hostile import archives, features, images, rows, teachers
from tests.security.hostile.base import Case

CASES: tuple[Case, ...] = (*archives.CASES, *features.CASES, *images.CASES, *rows.CASES, *teachers.CASES)

__all__ = ["CASES", "Case"]
