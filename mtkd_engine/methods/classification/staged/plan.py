"""From a StagedSpec to the stages of a student.

Stage k of K trains substage k without labels (as in Stagewise KD, arXiv 1911.06786): the substages before it stand
still or follow slowly, those after it and the head wait. The last stage trains the whole student with labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtkd_engine.spec import MultiTeacherSpec, SpecError
from mtkd_engine.spec.classification.staged import StagedSpec

SLOW = 0.1
"""Share of the learning rate that substages have which have had their own stage."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One part of a training: how long, what is trained, and what draws it."""

    number: int
    """Its place in the plan, from 0."""
    name: str
    epochs: int
    substage: int | None
    """The substage that it is about, from 1; None where it is about the whole student."""
    rates: tuple[float, ...]
    """Shares of the learning rate of substages 1 to K and of the head; 0 stands still.

    What stands between the features of a substage and those of teachers has the rate of that substage, but rests
    in a stage of the whole student.
    """
    losses: Mapping[str, float]
    """Weights of its terms, all above 0: `hybrid`, `distribution`, `similarity`, `between`; or `hard`, `kd`."""

    @property
    def needs_labels(self) -> bool:
        """Whether it learns from labels."""
        return "hard" in self.losses


def plan_of(spec: StagedSpec, *, substages: int, epochs: int, who: str = "a student") -> tuple[Stage, ...]:
    """This will give the stages of a student of so many substages, which share all epochs of its training.

    Raises SpecError, field `optim.epochs`, where there are fewer epochs than stages; `who` is who has those.
    """
    if epochs <= substages:
        raise SpecError(
            {
                "optim.epochs": f"given {epochs} for {who} of {substages} substages, accepted are "
                f"{substages + 1} or more: each has a stage of its own, and the whole network another one."
            }
        )
    early = max(1, min(int(spec.early_share * epochs / substages), (epochs - 1) // substages))
    before = SLOW if spec.earlier == "slow" else 0.0
    stages = [
        Stage(
            number=k - 1,
            name=f"substage_{k}",
            epochs=early,
            substage=k,
            rates=(before,) * (k - 1) + (1.0,) + (0.0,) * (substages - k + 1),
            losses=_early_losses(spec, k),
        )
        for k in range(1, substages + 1)
    ]
    whole = Stage(
        number=substages,
        name="whole",
        epochs=epochs - substages * early,
        substage=None,
        rates=(1.0,) * (substages + 1),
        losses=_positive({"hard": 1 - spec.distill_share, "kd": spec.distill_share}),
    )
    return (*stages, whole)


def whole_spec(spec: StagedSpec) -> MultiTeacherSpec:
    """This will say of the last stage, and of what weighs teachers in all of them, what `MultiTeacher` has to know."""
    return MultiTeacherSpec(
        aggregator=spec.aggregator,
        temperature=spec.temperature,
        hard_weight=1 - spec.distill_share,
        distill_weight=spec.distill_share,
        signals="online",
    )


def _early_losses(spec: StagedSpec, k: int) -> Mapping[str, float]:
    return _positive(
        {
            "hybrid": spec.hybrid_weight,
            "distribution": spec.distribution_weight,
            "similarity": spec.similarity_weight,
            "between": spec.between_weight if k > 1 else 0.0,
        }
    )


def _positive(weights: Mapping[str, float]) -> Mapping[str, float]:
    return {name: weight for name, weight in weights.items() if weight > 0}
