"""Where the names in a Spec lead: datasets and teachers to paths; torch-free."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from mtkd_engine.spec import Spec, SpecError


@dataclass(frozen=True)
class Sources:
    """Names to paths; a name that is not listed is a path relative to `base`."""

    base: Path
    datasets: dict[str, Path] = field(default_factory=dict)
    teachers: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> Sources:
        """This will read `{"datasets": {name: path}, "teachers": {name: path}}`."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            base = path.parent
            return cls(
                base=base,
                datasets={name: base / place for name, place in raw.get("datasets", {}).items()},
                teachers={name: base / place for name, place in raw.get("teachers", {}).items()},
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            accepted = 'accepted is {"datasets": {name: path}, "teachers": {name: path}}'
            raise SpecError({"": f"{path.name} cannot be read as sources ({error}); {accepted}."}) from None

    def of(self, spec: Spec) -> Sources:
        """This will keep what a spec names, as absolute paths; raises SpecError for a name that leads nowhere."""
        return Sources(
            base=self.base,
            datasets={spec.data.dataset: self.dataset(spec.data.dataset).resolve()},
            teachers={teacher.name: self.teacher(teacher.name).resolve() for teacher in spec.teachers},
        )

    def to_json(self) -> str:
        """This will write what `from_file` reads."""
        named = {"datasets": self.datasets, "teachers": self.teachers}
        return json.dumps(
            {kind: {name: str(path) for name, path in found.items()} for kind, found in named.items()}
        )

    def dataset(self, name: str) -> Path:
        """This will find a dataset's folder or raise SpecError."""
        return self._find(name, self.datasets, "data.dataset", "a registered name or a folder")

    def teacher(self, name: str) -> Path:
        """This will find a teacher's model file or raise SpecError."""
        return self._find(
            name, self.teachers, "teachers", "a registered name, a .safetensors file or a sealed teacher"
        )

    def _find(self, name: str, known: dict[str, Path], field_name: str, accepted: str) -> Path:
        path = known.get(name, self.base / name)
        try:
            is_there = path.exists()
        except OSError:  # a name longer than any file's
            is_there = False
        if not is_there:
            raise SpecError({field_name: f"given {name!r}, accepted is {accepted}; nothing lies at {path}."})
        return path
