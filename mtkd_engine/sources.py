"""Where the names in a Spec lead: datasets and teachers to paths; torch-free."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from mtkd_engine.spec import SpecError


@dataclass(frozen=True)
class Sources:
    """Names to paths; a name that is not listed is a path relative to `base`."""

    base: Path
    datasets: dict[str, Path] = field(default_factory=dict)
    teachers: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> Sources:
        """This will read `{"datasets": {name: path}, "teachers": {name: path}}`."""
        raw = json.loads(path.read_text())
        base = path.parent
        return cls(
            base=base,
            datasets={name: base / place for name, place in raw.get("datasets", {}).items()},
            teachers={name: base / place for name, place in raw.get("teachers", {}).items()},
        )

    def dataset(self, name: str) -> Path:
        """This will find a dataset's folder or raise SpecError."""
        return self._find(name, self.datasets, "data.dataset", "a registered name or a folder")

    def teacher(self, name: str) -> Path:
        """This will find a teacher's model file or raise SpecError."""
        return self._find(name, self.teachers, "teachers", "a registered name or a .safetensors file")

    def _find(self, name: str, known: dict[str, Path], field_name: str, accepted: str) -> Path:
        path = known.get(name, self.base / name)
        if not path.exists():
            raise SpecError({field_name: f"given {name!r}, accepted is {accepted}; nothing lies at {path}."})
        return path
