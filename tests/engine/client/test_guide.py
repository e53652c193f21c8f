"""The ready files for CI and the guide: every command in them is one that `mtkd` knows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from mtkd_engine import client
from mtkd_engine.client.commands import _parser

FOLDER = Path(client.__file__).parent
FILES = ("ci/github.yml", "ci/gitlab.yml", "README.md")


def commands(text: str) -> list[str]:
    lines = re.findall(r"(?:^|: |- )(mtkd [a-z][^`\n]*)", text, re.MULTILINE)
    return [
        re.sub(r"\$\(.*?\)\"|\$[A-Z_]+|\bID\b", "7", line.replace('"$(', "$(")).split("  #")[0]
        for line in lines
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_command_is_understood(name: str) -> None:
    found = [line for line in commands((FOLDER / name).read_text()) if "COMMAND" not in line]
    assert len(found) >= 2
    for line in found:
        assert _parser().parse_args(shlex.split(line)[1:]).command is not None


@pytest.mark.parametrize("name", FILES[:2])
def test_a_ready_file_waits_judges_and_keeps_what_was_found(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert isinstance(yaml.safe_load(text), dict)
    for word in ("--wait", "--timeout", "--junit mtkd.xml", "--json job.json", "MTKD_TOKEN"):
        assert word in text


def test_the_guide_names_every_command_and_every_exit_code() -> None:
    text = (FOLDER / "README.md").read_text()
    for word in (
        "submit",
        "wait",
        "watch",
        "jobs",
        "logs",
        "cancel",
        "compare",
        "download",
        "predict",
        "login",
    ):
        assert f"{word} " in text
    for code in (0, 2, 3, 4, 5, 64, 75, 130):
        assert f"| {code} |" in text
