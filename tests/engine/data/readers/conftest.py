"""Reading one file the way a dataset does, with whatever the reader noted."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mtkd_engine.data.readers import READERS, AnnotationFile, Intake, Limits
from mtkd_engine.data.rows import Problem, Row

Reading = tuple[list[Row], dict[str, Problem]]
Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(format, content, name=..., durations=..., limits=...)` gives rows and problems by code."""

    def reading(
        annotation_format: str,
        content: str | bytes,
        *,
        name: str = "x_train.json",
        durations: Mapping[str, float] | None = None,
        limits: Limits | None = None,
    ) -> Reading:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        intake = Intake(durations=durations or {}, limits=limits or Limits())
        READERS[annotation_format](AnnotationFile(path, name, "train"), intake)
        return intake.rows, {problem.code: problem for problem in intake.log.problems()}

    return reading
