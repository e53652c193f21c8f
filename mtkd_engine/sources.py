"""Where the names in a Spec lead: datasets, teachers and selections to paths; torch-free."""

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
    selections: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> Sources:
        """This will read `{"datasets": {name: path}, "teachers": {name: path}, "selections": {name: path}}`."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            base = path.parent
            return cls(
                base=base,
                datasets={name: base / place for name, place in raw.get("datasets", {}).items()},
                teachers={name: base / place for name, place in raw.get("teachers", {}).items()},
                selections={name: base / place for name, place in raw.get("selections", {}).items()},
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            accepted = (
                'accepted is {"datasets": {name: path}, "teachers": {name: path}, "selections": {name: path}}'
            )
            raise SpecError({"": f"{path.name} cannot be read as sources ({error}); {accepted}."}) from None

    def of(self, spec: Spec) -> Sources:
        """This will keep what a spec names, as absolute paths; raises SpecError for a name that leads nowhere."""
        return Sources(
            base=self.base,
            datasets={spec.data.dataset: self.dataset(spec.data.dataset).resolve()},
            teachers={teacher.name: self.teacher(teacher.name).resolve() for teacher in spec.teachers},
            selections={name: self.selection(name).resolve() for name in selections_of(spec)},
        )

    def to_json(self) -> str:
        """This will write what `from_file` reads."""
        named = {"datasets": self.datasets, "teachers": self.teachers, "selections": self.selections}
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

    def selection(self, name: str) -> Path:
        """This will find the file of a selection, one id a line, or raise SpecError."""
        accepted = "the name of a selection, or a text file with one sample id a line"
        return self._find(name, self.selections, "data.leave_out or data.test_on", accepted)

    def _find(self, name: str, known: dict[str, Path], field_name: str, accepted: str) -> Path:
        path = known.get(name, self.base / name)
        try:
            is_there = path.exists()
        except OSError:  # a name longer than any file's
            is_there = False
        if not is_there:
            raise SpecError({field_name: f"given {name!r}, accepted is {accepted}; nothing lies at {path}."})
        return path


def selections_of(spec: Spec) -> list[str]:
    """This will list the names of the selections that a spec asks for, each once."""
    test_on = [spec.data.test_on] if spec.data.test_on is not None else []
    return list(dict.fromkeys([*spec.data.leave_out, *test_on]))
