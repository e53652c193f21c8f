"""Out-of-fold beliefs: each training sample's belief comes from a copy of the teacher that never saw its source.

A teacher is nearly right on the samples it was trained on, so a gate that learns there learns nothing. Each copy
follows the recipe in the teacher's card on k-1 of k folds of sources and is kept in the cache, so a stop costs at most
the copy that was being trained.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.data.split import folds_by_source
from mtkd_engine.evaluation.student import fitted_temperature
from mtkd_engine.events import Entered, Event, Metrics, Stepped
from mtkd_engine.loop import Progress, fit
from mtkd_engine.methods.solo import Solo
from mtkd_engine.modelfile import load_model, save_model
from mtkd_engine.nets.registry import build_for
from mtkd_engine.schedule import Schedule
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import Recipe, SpecError
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.scale import fit_feature_scale
from mtkd_engine.tasks.grounding.words import copy_word_vectors
from mtkd_engine.teachers.live import LiveTeacher, beliefs_of

LOG_EVERY = 20


@dataclass(frozen=True)
class Fold:
    """One copy of a teacher: where it lies and which samples it did not see."""

    path: Path
    held_out: tuple[Sample, ...]


def train_folds(
    teacher: LiveTeacher, *, dataset: Dataset, folds: int, cache: Path, device: str
) -> Iterator[Event]:
    """This will train the copies that the cache does not hold yet; raises SpecError without a recipe."""
    recipe = recipe_of(teacher)
    for number, fold in enumerate(plan_folds(teacher, dataset=dataset, folds=folds, cache=cache)):
        if fold.path.exists():
            continue
        yield Entered(part="folds", detail=f"{teacher.name}: copy {number + 1} of {folds}")
        held_out = {sample.sample_id for sample in fold.held_out}
        seen = tuple(s for s in dataset.splits["train"] if s.sample_id not in held_out)
        seed = derived_seed(recipe.seed, "fold", number)
        for event in _train_copy(
            teacher, recipe, seen=seen, dataset=dataset, seed=seed, path=fold.path, device=device
        ):
            if isinstance(event, Metrics):
                values = {
                    f"fold/{teacher.name}/{number}/{name}": value for name, value in event.values.items()
                }
                yield Metrics(step=event.step, values=_shown(values))
            elif isinstance(event, Stepped):
                yield Stepped(step=0)  # a stop here leaves no checkpoint: finished copies are the progress


def out_of_fold_beliefs(
    teacher: LiveTeacher, *, dataset: Dataset, folds: int, cache: Path, student_length: int, device: str
) -> Belief:
    """This will give beliefs on the training split, in its order, each from the copy that did not see it."""
    rows: dict[str, tuple[int, int]] = {}
    parts: list[Belief] = []
    for number, fold in enumerate(plan_folds(teacher, dataset=dataset, folds=folds, cache=cache)):
        model, card = load_model(fold.path)
        parts.append(
            beliefs_of(
                model,
                card,
                samples=fold.held_out,
                dataset=dataset,
                student_length=student_length,
                device=device,
            )
        )
        rows.update({sample.sample_id: (number, row) for row, sample in enumerate(fold.held_out)})
    places = [rows[sample.sample_id] for sample in dataset.splits["train"]]
    return Belief(
        log_joint_BLL=torch.stack([parts[part].log_joint_BLL[row] for part, row in places]),
        windows_BK2=torch.stack([parts[part].windows_BK2[row] for part, row in places]),
        scores_BK=torch.stack([parts[part].scores_BK[row] for part, row in places]),
    )


def plan_folds(teacher: LiveTeacher, *, dataset: Dataset, folds: int, cache: Path) -> list[Fold]:
    """This will say which copy holds out which samples and where it lies; a function of its arguments only."""
    recipe = recipe_of(teacher)
    train = dataset.splits["train"]
    fold_of = folds_by_source([s.source_id for s in train], folds=folds, seed=recipe.seed)
    key = hashlib.sha256(f"{teacher.content_hash}/{dataset.content_hash}/{folds}".encode()).hexdigest()[:24]
    return [
        Fold(
            path=cache / "folds" / key / f"copy-{number}.safetensors",
            held_out=tuple(s for s in train if fold_of[s.source_id] == number),
        )
        for number in range(folds)
    ]


def recipe_of(teacher: LiveTeacher) -> Recipe:
    """This will give the teacher's recipe or raise SpecError that names the way out."""
    if teacher.card.recipe is None:
        raise SpecError(
            {
                "method.beliefs": f"given 'out_of_fold', but teacher {teacher.name!r} carries no recipe to train "
                "copies by; accepted for it is 'in_sample'."
            }
        )
    return teacher.card.recipe


def _train_copy(
    teacher: LiveTeacher,
    recipe: Recipe,
    *,
    seen: tuple[Sample, ...],
    dataset: Dataset,
    seed: int,
    path: Path,
    device: str,
) -> Iterator[Event]:
    torch.manual_seed(seed)
    card = teacher.card
    model = build_for(card).to(device)
    copy_word_vectors(model, source=teacher.model)
    fit_feature_scale(model, samples=seen, features=dataset.needed_features())
    collator = Collator.of(card, dataset.needed_features())
    val = SplitData(dataset.splits["val"], collator, device=device)
    method = Solo(model, val=val)
    progress = Progress()
    schedule = Schedule(
        optim=recipe.optim, seed=seed, log_every=LOG_EVERY, measure_every=recipe.measure_every
    )
    yield from fit(
        method, train=SplitData(seen, collator, device=device), schedule=schedule, progress=progress
    )
    method.load_state_dict(progress.best.state)
    temperature = fitted_temperature(model, val)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_model(path, parameters=model.state_dict(), card=card.model_copy(update={"temperature": temperature}))


def _shown(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name.endswith(("/loss/total", "/val/miou"))}
