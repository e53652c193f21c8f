"""A whole server, a network that can be cut, and a fresh shell with nothing but the client."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from jobs.local.home import CHECKOUT
from tests.engine.client.network import Network
from tests.waiting import until

OF_OTHERS = ("DATABASE_URL", "BROKER_URL", "MTKD_URL", "MTKD_TOKEN", "MTKD_PROJECT", "GITHUB_STEP_SUMMARY")


class Server:
    """`manage.py up` in a home of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        known = {name: text for name, text in os.environ.items() if name not in OF_OTHERS}
        # Between two tests others have the processor: a worker must not be taken for dead.
        more = {"MTKD_HOME": str(home), "MTKD_PORT": str(self.port), "MTKD_TIME_SCALE": "1", "MTKD_ONNX": "0"}
        self._environment = {**known, **more}
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=CHECKOUT,
            env=self._environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: self._said(r"Ready: http") or self._process.poll() is not None, what="a start")
        assert self._process.poll() is None, "\n".join(self._lines)

    def token(self) -> str:
        """This will make a token of the first admin."""
        command = [sys.executable, "manage.py", "token", "admin"]
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout.split()[-1]

    def stop(self) -> None:
        """This will end all of it."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=60)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(timeout=10)
            assert self._process.stdout is not None
            self._process.stdout.close()

    def _said(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in list(self._lines))

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line.rstrip())


class Shell:
    """A fresh shell: a virtual environment with the wheel and what it depends on, and an empty home."""

    def __init__(self, folder: Path, *, url: str, token: str) -> None:
        self.folder = folder
        self._program = folder / "client" / "bin" / "mtkd"
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "MTKD_URL": url,
            "MTKD_TOKEN": token,
            "LANG": "C.UTF-8",
        }

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        """This will start a command and leave it alone; what it says beside its result is in `said`."""
        with (self.folder / "said.txt").open("w") as said:
            return subprocess.Popen(
                [self._program, *map(str, arguments)],
                cwd=self.folder,
                env={**self.environment, **environment},
                stdout=subprocess.DEVNULL,
                stderr=said,
                text=True,
            )

    def said(self) -> str:
        """This will give what the command started last has said."""
        return (self.folder / "said.txt").read_text()

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """This will run a command to its end."""
        return subprocess.run(
            [self._program, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def read(self, name: str) -> Any:
        """This will read a JSON file that a command wrote."""
        return json.loads((self.folder / name).read_text())


def install(folder: Path) -> None:
    """This will make a virtual environment with the wheel and what that asks for, without any extra.

    What it asks for is read from the wheel and linked from where the tests run: fetching, writing and deleting
    thousands of files takes a minute and shows nothing of ours.
    """
    source, wheels = folder / "source", folder / "wheels"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source / name)
    shutil.copytree(CHECKOUT / "mtkd_engine", source / "mtkd_engine")
    built_with = tomllib.loads((source / "pyproject.toml").read_text())["build-system"]["requires"]
    as_it_is = ["--no-build-isolation"] if all(_is_here(Requirement(text)) for text in built_with) else []
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    _do([sys.executable, "-m", "venv", "--without-pip", str(folder / "client")], folder)
    _do([*pip, "wheel", "--quiet", "--no-deps", *as_it_is, "--wheel-dir", str(wheels), str(source)], folder)
    (wheel,) = wheels.glob("mtkd-*.whl")
    into = [
        "--python",
        str(folder / "client" / "bin" / "python"),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-compile",
    ]
    _do([*pip, *into, str(wheel)], folder)
    (packages,) = (folder / "client").glob("lib/python*/site-packages")
    (own,) = distributions(path=[str(packages)])
    _link(_needed(own), packages)


def _do(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400, cwd=folder)
    assert done.returncode == 0, done.stderr


def _is_here(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def _needed(own: Distribution) -> dict[str, Distribution]:
    """What a distribution asks for on this machine, and what that asks for in turn, by name."""
    found: dict[str, Distribution] = {}
    asked = [(own, "")]
    while asked:
        distribution, extra = asked.pop()
        for requirement in map(Requirement, distribution.requires or ()):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            assert _is_here(requirement), f"{distribution.name} asks for {requirement}, which is not here."
            if requirement.name not in found or requirement.extras:
                found[requirement.name] = Distribution.from_name(requirement.name)
                asked += [(found[requirement.name], extra) for extra in ("", *requirement.extras)]
    return found


def _link(needed: Mapping[str, Distribution], packages: Path) -> None:
    for distribution in needed.values():
        home = Path(str(distribution.locate_file("")))
        for name in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            if not (packages / name).exists():
                (packages / name).symlink_to(home / name)


__all__ = ["Network", "Server", "Shell", "install"]
