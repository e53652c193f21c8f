"""Which teachers a job listens to; torch-free."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Name, Part


class TeacherSpec(Part):
    """One registered teacher by name; a bare string is accepted in its place."""

    name: Name = Field(
        min_length=1,
        max_length=300,
        title="Teacher",
        description="Name of a registered teacher (or a model file).",
    )

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value
