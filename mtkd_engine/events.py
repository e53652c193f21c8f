"""Everything an engine says, as frozen types; torch-free.

The loop, as a reader of the journal sees it:

    Started                          who runs what, with how many steps
    Entered("folds") ...             a part of the work begins
    Progressed                       about once a second, in parts whose length is known beforehand
    for each step:
        Metrics                      every `log_every` steps
        Saving, Checkpointed         every `checkpoint_every` steps; the journal is synced between them
        Measuring, Weights           at the end of an epoch that is measured
        Warned                       whenever something deserves a person's eye
        Stepped                      the step is whole: a place to leave the loop
    ArtifactWritten ...              each file the job leaves behind
    Finished | Failed | Stopped      exactly one, last

Metrics of the machine (`system/...`) come in between, at no step's end. The loop may also be closed in the midst of
its work, by an exception of kind GeneratorExit: in every part but `training`, `stage` and `solo`, and after
Measuring.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events; `kind` is the name in the journal."""

    kind: ClassVar[str] = ""
    journaled: ClassVar[bool] = True
    registry: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        cls.kind = cls.__name__.lower()
        Event.registry[cls.kind] = cls


@dataclass(frozen=True, kw_only=True)
class Stepped(Event):
    """A step is whole; a reader that closes the loop here loses nothing. Not written to the journal."""

    journaled: ClassVar[bool] = False
    step: int


@dataclass(frozen=True, kw_only=True)
class Saving(Event):
    """A checkpoint comes next: force the journal to disk before asking on. Not written to the journal."""

    journaled: ClassVar[bool] = False
    step: int


@dataclass(frozen=True, kw_only=True)
class Measuring(Event):
    """The state at `step` is measured next, which may take long and may be broken off. Not written to the journal."""

    journaled: ClassVar[bool] = False
    step: int


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The engine has read its inputs and begins (or goes on, when `resumed_from_step` is set)."""

    spec_hash: str
    method: str
    teachers: list[str]
    total_steps: int
    threads: int
    device: str
    versions: dict[str, str]
    resumed_from_step: int | None = None


@dataclass(frozen=True, kw_only=True)
class Entered(Event):
    """A part of the work begins: `loading`, `folds`, `beliefs`, `cache`, `gate`, `training`, `stage`, `solo`,
    `judging`, `evaluation`, `export`; `detail` says more (of a stage its name, of an assistant `NAME/STAGE`)."""

    part: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Progressed(Event):
    """How far a part of the work is: `done` of `of` rows; `part` and `detail` are those of its Entered."""

    part: str
    done: int
    of: int
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Metrics(Event):
    """Named scalars at one step, as means since the last such event."""

    step: int
    values: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """Quality on a split at one step; `which` is `current`, `last` or `best`."""

    step: int
    split: str
    which: str
    values: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ProbeSet(Event):
    """The fixed samples whose weights are recorded at every evaluation."""

    sample_ids: list[str]
    labels: list[str]


@dataclass(frozen=True, kw_only=True)
class Weights(Event):
    """Teacher weights at one step: the mean over validation and one row per probe sample.

    `mean` has one number per teacher (sum 1); `probe[i][t]` belongs to `ProbeSet.sample_ids[i]`;
    `entropy` is the mean entropy of the rows divided by log(teachers), 1 = uniform.
    """

    step: int
    teachers: list[str]
    mean: list[float]
    probe: list[list[float]]
    entropy: float


@dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something a person should know; `code` is stable, `message` is a sentence."""

    code: str
    message: str
    step: int | None = None


@dataclass(frozen=True, kw_only=True)
class Checkpointed(Event):
    """A checkpoint that can be resumed lies at `path` (relative to the attempt's folder)."""

    step: int
    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ArtifactWritten(Event):
    """A file of the job is complete at `path` (relative to the attempt's folder)."""

    name: str
    path: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The job succeeded; `metrics` are the student's on test, `baselines` the same for each baseline."""

    step: int
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    """The engine was asked to stop and can go on from `step`, of which it left a checkpoint if it trained at all."""

    step: int


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The job cannot go on; `message` is a sentence for a person, `cause` a stable code."""

    cause: str
    message: str
    step: int | None = None


def to_payload(event: Event) -> dict[str, Any]:
    """This will turn an event into JSON-safe data; non-finite numbers become strings."""
    said = {item.name: _spell(getattr(event, item.name)) for item in fields(event)}
    return {"kind": event.kind, **said}


def from_payload(payload: dict[str, Any]) -> Event:
    """This will rebuild the event that `to_payload` described.

    Raises ValueError for an unknown kind or missing fields.
    """
    known = Event.registry.get(str(payload.get("kind")))
    if known is None:
        raise ValueError(f"kind: given {payload.get('kind')!r}, accepted is one of {sorted(Event.registry)}.")
    names = {item.name for item in fields(known)}
    try:
        return known(**{key: _unspell(value) for key, value in payload.items() if key in names})
    except TypeError as error:
        raise ValueError(f"{known.kind} event is incomplete: {error}.") from None


_SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _spell(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: _spell(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spell(item) for item in value]
    return value


def _unspell(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _SPELLED.get(item, item) if isinstance(item, str) else _unspell(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_unspell(item) for item in value]
    return value
