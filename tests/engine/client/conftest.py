"""Commands of `mtkd`, called as a shell calls them, against a server that is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mtkd_engine.client import waiting
from mtkd_engine.client.commands import main
from tests.engine.client.answering import URL, Answer, Script

Call = Callable[..., int]


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LEAST_PAUSE", 0.0)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A fresh shell in a folder of its own, logged in to the server."""
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_STEP_SUMMARY", "MTKD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name, text in {
        "MTKD_URL": URL,
        "MTKD_TOKEN": "mtkd_a",
        "XDG_CONFIG_HOME": str(tmp_path / "settings"),
    }.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def served(shell: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    """Makes the server of the shell answer from a script."""

    def serve(*answers: Answer) -> Script:
        script = Script(*answers)
        monkeypatch.setattr(httpx._client, "HTTPTransport", lambda **_options: httpx.MockTransport(script))
        return script

    return serve


@pytest.fixture
def mtkd(shell: Path) -> Call:
    """Runs a command and gives its exit code."""

    def call(*arguments: object) -> int:
        try:
            return main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            return int(str(leaving.code))

    return call
