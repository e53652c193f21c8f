"""Code is loaded without a search for garbage, and what is loaded stays out of later ones."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from mtkd_engine.loading import loading

PROGRAM = """
import gc
from mtkd_engine.loading import loading
with loading():
    assert not gc.isenabled()
    import json.tool
assert gc.isenabled()
first = gc.get_freeze_count()
assert first > 0
held = [[] for _ in range(1000)]
with loading():
    pass
assert gc.get_freeze_count() == first
"""


def test_a_process_keeps_what_it_has_loaded_first_and_nothing_later_out_of_searches() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=False).returncode == 0


def test_the_search_goes_on_after_an_error_and_stays_off_where_it_was_off() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
