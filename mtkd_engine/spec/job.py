"""What the Specs of all tasks share; torch-free."""

from __future__ import annotations

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.data import DataSpec
from mtkd_engine.spec.gates import MOST_GATES, GateText
from mtkd_engine.spec.methods import MethodPart
from mtkd_engine.spec.optim import OptimSpec
from mtkd_engine.spec.teachers import TeacherSpec


class EvaluationSpec(Part):
    """When and on what the student is measured; the best epoch is chosen on validation only."""

    every_epochs: int = Field(
        1, ge=1, le=1000, title="Every", description="Epochs between evaluations on validation."
    )
    probe_samples: int = Field(
        16,
        ge=0,
        le=64,
        title="Probe samples",
        description="Fixed samples whose teacher weights are recorded.",
    )
    compare_solo: bool = Field(
        False,
        title="Compare with solo",
        description="Train the same student without teachers as well, to see per sample what they brought.",
    )


class RecordingSpec(Part):
    """How often the engine speaks and saves."""

    log_every: int = Field(
        5, ge=1, le=10_000, title="Log every", description="Steps between points of a loss curve."
    )
    checkpoint_every: int = Field(
        50, ge=1, le=100_000, title="Checkpoint every", description="Steps between checkpoints."
    )


class GroupCell(Part):
    """The place of a job among the jobs that were submitted with it."""

    name: Name = Field(min_length=1, max_length=120, title="Group", description="What people call the group.")
    cell: Name = Field(
        "", max_length=120, title="Cell", description="What was changed; empty for the reference."
    )


class Spec(Part):
    """The frozen description of one job: the form, the REST body and the YAML file are this.

    Every task has a Spec of its own (`GroundingSpec`, `ClassificationSpec`, `DenseSpec`), which says what its data,
    student and method can be; `parse` tells them apart by `task` and `data.kind`.
    """

    name: Name = Field("", max_length=120, title="Name", description="What people will call this job.")
    task: str = Field(title="Task", description="What is predicted.")
    data: DataSpec = Field(title="Data", description="What the job learns from.")
    teachers: tuple[TeacherSpec, ...] = Field(
        (), max_length=32, title="Teachers", description="Who teaches; none for method solo."
    )
    student: Part = Field(title="Student", description="The network to train.")
    method: MethodPart = Field(title="Method", description="How knowledge moves.")
    optim: OptimSpec = Field(
        default_factory=OptimSpec, title="Optimisation", description="How parameters are fitted."
    )
    evaluation: EvaluationSpec = Field(
        default_factory=EvaluationSpec,
        title="Evaluation",
        description="When and how the student is measured.",
    )
    recording: RecordingSpec = Field(
        default_factory=RecordingSpec, title="Recording", description="How often the engine speaks and saves."
    )
    gates: tuple[GateText, ...] = Field(
        (),
        max_length=MOST_GATES,
        title="Gates",
        description="Rules that the final metrics must keep, such as test/miou >= baseline(main) - 0.005.",
    )
    group: GroupCell | None = Field(
        None,
        title="Group",
        description="Which cell of which group of jobs this is; set where a group is submitted.",
    )
    seed: int = Field(
        0, ge=0, le=2**31 - 1, title="Seed", description="Same seed, same spec, same machine: same bits."
    )

    @field_validator("teachers")
    @classmethod
    def _each_once(cls, teachers: tuple[TeacherSpec, ...]) -> tuple[TeacherSpec, ...]:
        names = [teacher.name for teacher in teachers]
        if len(set(names)) < len(names):
            raise ValueError(f"given {names}, accepted is a list that names each teacher once")
        return teachers
