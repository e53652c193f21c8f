"""Same seed, same bits: also of what torch's compiler makes, which is loaded after the seed was set."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from mtkd_engine.seeding import seed_everything
seed_everything(1)
import torch, torch._inductor.config
assert torch.get_deterministic_debug_mode() == 2
assert torch._inductor.config.deterministic
"""


@pytest.mark.slow
def test_a_compiler_that_is_loaded_later_is_deterministic() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=False).returncode == 0
