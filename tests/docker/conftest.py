"""The files of `docker/`, read the way a container runtime would, as far as that goes without one."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from jobs.local.home import CHECKOUT

DOCKER = CHECKOUT / "docker"
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z0-9_]+)(?:(?P<kind>:[-?])(?P<rest>[^}]*))?\})")


@dataclass
class Stage:
    """One FROM of a Dockerfile with what follows it, as (instruction, rest of the line)."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str | None:
        found = [rest for name, rest in self.steps if name == instruction]
        return found[-1] if found else None


def stages() -> dict[str, Stage]:
    """The stages of the Dockerfile by name; each begins with the steps of the one it is built on."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            base, _, called = rest.split()
            found[called] = Stage(base, list(found[base].steps) if base in found else [])
        elif name:
            found[list(found)[-1]].steps.append((name, rest.strip()))
    return found


def command_of(target: str) -> list[str]:
    """What a target runs."""
    return list(json.loads(stages()[target].last("CMD") or "[]"))


def compose(given: Mapping[str, str]) -> dict[str, Any]:
    """The compose file with variables filled in as Compose does; a KeyError with the sentence for a missing one."""

    def fill(match: re.Match[str]) -> str:
        name, kind, rest = match["name"], match["kind"], match["rest"]
        if name is None:
            return "$"
        value = given.get(name, "")
        if not value and kind == ":?":
            raise KeyError(rest)
        return value or (rest if kind == ":-" else "")

    def walk(node: Any) -> Any:
        if isinstance(node, str):
            return VARIABLE.sub(fill, node)
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        return [walk(item) for item in node] if isinstance(node, list) else node

    return dict(walk(yaml.safe_load((DOCKER / "compose.yaml").read_text())))


def example() -> dict[str, str]:
    """The variables of the example file, with their values."""
    lines = (DOCKER / "example.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def secrets() -> dict[str, str]:
    """The example with what must be filled in."""
    text = (DOCKER / "compose.yaml").read_text()
    required = {match["name"] for match in VARIABLE.finditer(text) if match["kind"] == ":?"}
    return {**example(), **{name: f"{name.lower().replace('_', '')}0123456789" for name in required}}


def words(line: str) -> list[str]:
    return shlex.split(line)
