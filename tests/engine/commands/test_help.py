"""What the command line says of itself, without loading what its commands need."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from mtkd_engine.__main__ import main

COMMANDS = ("run", "resume", "expand", "evaluate", "profile", "predict", "export", "check", "make-data")


def test_every_command_is_listed_and_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    listed = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^    {command}\b", listed, re.MULTILINE)
        with pytest.raises(SystemExit, match="0"):
            main([command, "--help"])
        assert f"python -m mtkd_engine {command}" in capsys.readouterr().out


def test_torch_is_not_loaded_before_a_command_needs_it() -> None:
    program = "import sys, mtkd_engine.__main__ as engine; engine._parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("given", ["0", "-1", "many", "99999999999"])
def test_a_number_that_counts_nothing_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["make-data", "--out", "world", "--train", given])
    assert f"given '{given}', accepted is a whole number from 1" in capsys.readouterr().err
