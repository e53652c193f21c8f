"""What the server answers, as far as this client reads it; what it does not know is kept as it came."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

FINAL = frozenset({"succeeded", "failed", "cancelled"})


class Answered(BaseModel):
    """Something the server said; a younger server may say more."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def plain(self) -> dict[str, Any]:
        """This will give it as it came."""
        return self.model_dump(mode="json")


class Gate(Answered):
    """A rule and what came of it; `of` says whether the spec or the project's policy has it."""

    rule: str
    of: str = "spec"
    passed: bool
    left: float | None = None
    right: float | None = None
    sentence: str = ""


class Job(Answered):
    """A job; lists of jobs leave out what stands behind `spec_hash`."""

    id: int
    project: str
    name: str
    state: str
    step: int = 0
    total_steps: int = 0
    part: str = ""
    part_done: int = 0
    part_of: int = 0
    waits: str | None = None
    failure: str = ""
    created_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    group: int | None = None
    gate_outcome: str = ""
    gates: list[Gate] = []
    final_metrics: dict[str, float] = {}
    baselines: list[str] = []
    spec_hash: str = ""
    spec: dict[str, Any] = {}
    result: dict[str, Any] | None = None

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL


class GroupJob(Answered):
    """A job of a group; `value` is the metric that the group was read at."""

    id: int
    seed: int
    state: str
    value: float | None = None


class Cell(Answered):
    """What was changed in some jobs of a group, and how they did; the empty cell is the reference."""

    cell: str
    title: str = ""
    mean: float | None = None
    sd: float | None = None
    difference: dict[str, Any] | None = None
    jobs: list[GroupJob] = []


class Group(Answered):
    """Jobs that were submitted together."""

    id: int
    project: str
    name: str
    document: dict[str, Any] = {}
    progress: str = ""
    metric: str = ""
    verdicts: list[str] = []
    gate_outcome: str = ""
    gates: list[Gate] = []
    cells: list[Cell] = []

    @property
    def jobs(self) -> list[GroupJob]:
        """All of them, whatever was changed in them."""
        return [job for cell in self.cells for job in cell.jobs]

    @property
    def is_final(self) -> bool:
        """Whether all of its jobs have ended."""
        return all(job.state in FINAL for job in self.jobs)


class Artifact(Answered):
    """A stored file of a job; `size` in bytes."""

    name: str
    size: int
    sha256: str


class Registration(Answered):
    """A dataset or teacher on its way in."""

    id: int
    project: str
    kind: str
    name: str
    state: str
    part: str = ""
    done: int = 0
    of: int = 0
    sentence: str = ""
    report: dict[str, Any] | None = None
    dataset: int | None = None
    teacher: int | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has it before it; if not, it has ended or waits for a decision."""
        return self.state in {"queued", "checking"}


class Prediction(Answered):
    """A question to a student and, once it is answered, ranked windows in seconds."""

    id: int
    job: int
    sentence: str
    state: str
    answer: dict[str, Any] | None = None
    error: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether the answer is still to come."""
        return self.state in {"queued", "working"}


class Baseline(Answered):
    """A named job that others are held against."""

    name: str
    job: int


class Account(Answered):
    """Who a token belongs to, and what it may do."""

    user: str
    is_operator: bool = False
    token: dict[str, Any] | None = None

    @property
    def project(self) -> str | None:
        """The only project that the token may see."""
        return self.token.get("project") if self.token else None


class LogPage(Answered):
    """Lines of a job's log, and the cursor to ask for those behind them."""

    after: int
    more: bool = False
    lines: list[dict[str, Any]] = []


class Curves(Answered):
    """Curves of a job by metric: `steps` and `values`; values that are not finite are strings."""

    names: list[str] = []
    series: dict[str, dict[str, Any]] = {}
