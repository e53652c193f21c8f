"""One job from spec to student, as a generator of typed events: each task has a pipeline of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from mtkd_engine.events import Event
from mtkd_engine.loop import JobError
from mtkd_engine.pipelines.place import Place
from mtkd_engine.seeding import seed_everything
from mtkd_engine.sources import Sources
from mtkd_engine.spec import ClassificationSpec, DenseSpec, Spec, ZooMethodPart

__all__ = ["JobError", "Place", "distill"]


def distill(
    spec: Spec, *, sources: Sources, place: Place, resume: Path | None = None
) -> Generator[Event, None, None]:
    """This will run a job and yield what happens; the last event is Finished.

    Raises SpecError, DataError or ModelError for what the user handed in, JobError when training cannot go on.
    Closing the generator after a Stepped writes a checkpoint; `resume` goes on from one, to the same bits.
    """
    seed_everything(spec.seed)
    yield from pipeline_of(spec)(spec, sources=sources, place=place, resume=resume)


def pipeline_of(spec: Spec) -> Callable[..., Generator[Event, None, None]]:
    """This will load what runs jobs of this task and method, and nothing of the others, and return it."""
    if isinstance(spec.method, ZooMethodPart):
        from mtkd_engine.pipelines import zoo

        return zoo.run
    if isinstance(spec, ClassificationSpec):
        from mtkd_engine.pipelines import classification

        return classification.run
    if isinstance(spec, DenseSpec):
        from mtkd_engine.pipelines import dense

        return dense.run
    from mtkd_engine.pipelines import grounding

    return grounding.run
