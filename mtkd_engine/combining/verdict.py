"""What a judgement means, in sentences: are these teachers worth combining, and how?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mtkd_engine.combining.judging import Judgement
from mtkd_engine.comparing import Difference, paired
from mtkd_engine.events import Warned
from mtkd_engine.tasks.grounding.batches import Quality

COLLAPSED = 0.98
WORDS = {
    "kau_plus": "a weight per sample and teacher (kau_plus)",
    "static": "one learned weight per teacher",
    "uniform": "equal weights",
    "medoid": "the medoid teacher",
    "best_single": "the best single teacher",
    "oracle": "the best teacher of each sample by the labels",
}


def verdict(judgement: Judgement, qualities: Mapping[str, Quality], *, kind: str) -> list[str]:
    """This will answer the question with intervals (95 %, paired over sources), worth first, then how."""
    sources = [sample.source_id for sample in judgement.samples]

    def apart(one: str, other: str) -> Difference:
        return paired(qualities[one].iou_N, qualities[other].iou_N, sources)

    best = judgement.usual_best()
    notes = [_worth(apart("static", "best_single"), best=best, reached=qualities["static"].values["miou"])]
    notes.append(_how(apart, has_medoid="medoid" in qualities))
    if kind == "kau_plus":
        notes.append(_per_sample(apart("aggregated", "static")))
    elif kind not in ("static", "uniform", "oracle"):
        notes.append(f"{WORDS[kind].capitalize()}: {_points(apart('aggregated', 'static'))} against static.")
    notes.append(_headroom(qualities))
    notes.append(_least_missed(judgement, float(qualities["static"].iou_N.mean())))
    return [note for note in notes if note]


def warnings(judgement: Judgement, values: Mapping[str, Mapping[str, float]]) -> list[Warned]:
    """This will warn of teachers worse than blind, and of weights that lie on one teacher."""
    found: list[Warned] = []
    blind = values["blind"]["miou"]
    for name in judgement.names:
        own = values[f"teacher:{name}"]["miou"]
        if own < blind:
            message = (
                f"Teacher {name!r} is worse than guessing without looking: mIoU {own:.3f}, blind {blind:.3f}."
            )
            found.append(Warned(code="teacher_below_blind", message=message))
    mean_T = judgement.weights_NHT.mean((0, 1))
    top = int(mean_T.argmax())
    if float(mean_T[top]) > COLLAPSED:
        message = (
            f"The weights collapsed: teacher {judgement.names[top]!r} holds {float(mean_T[top]):.1%} of them "
            "on average."
        )
        found.append(Warned(code="weights_collapsed", message=message))
    return found


def _worth(found: Difference, *, best: str, reached: float) -> str:
    told = f"{_points(found)} against the best single teacher ({best}), at {100 * reached:.1f} mIoU"
    if found.low > 0:
        return f"These teachers are worth combining: together {told}."
    if found.high < 0:
        return f"These teachers are not worth combining: together {told}."
    return f"Whether these teachers are worth combining cannot be told from these samples: together {told}."


def _how(apart: Callable[[str, str], Difference], *, has_medoid: bool) -> str:
    rivals = ["uniform", "medoid"] if has_medoid else ["uniform"]
    differences = {name: apart("static", name) for name in rivals}
    told = " and ".join(f"{_points(found)} against {WORDS[name]}" for name, found in differences.items())
    if all(found.low > 0 for found in differences.values()):
        return f"Learn one weight per teacher: {told}."
    better = [name for name, found in differences.items() if found.high < 0]
    if better:
        return f"Learned weights per teacher do not help, {WORDS[better[0]]} do better: {told}."
    return f"One learned weight per teacher is not clearly better than no learning at all: {told}."


def _per_sample(found: Difference) -> str:
    told = f"{_points(found)} against one learned weight per teacher"
    if found.low > 0:
        return f"A weight per sample pays: {told}."
    if found.high < 0:
        return f"A weight per sample does harm: {told}."
    return f"A weight per sample adds nothing that these samples can show: {told}."


def _headroom(qualities: Mapping[str, Quality]) -> str:
    left = 100 * (qualities["oracle"].values["miou"] - qualities["aggregated"].values["miou"])
    return f"Choosing the best teacher of each sample by the labels would be {left:.1f} points of mIoU better still."


def _least_missed(judgement: Judgement, whole: float) -> str:
    if len(judgement.without) < 3:
        return ""
    losses = {name: whole - float(overlap_N.mean()) for name, overlap_N in judgement.without.items()}
    least = min(losses, key=losses.__getitem__)
    most = max(losses, key=losses.__getitem__)
    return (
        f"Least missed would be {least} (mIoU without it: {_signed(-losses[least], 2)} points), most {most} "
        f"({_signed(-losses[most], 2)})."
    )


def _points(found: Difference) -> str:
    return f"{_signed(found.mean)} points of mIoU ({_signed(found.low)} to {_signed(found.high)})"


def _signed(share: float, digits: int = 1) -> str:
    """In percent with its sign, as on pages: a minus, not a hyphen."""
    return f"{100 * share:+.{digits}f}".replace("-", "−")


def named_mean(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    """This will give the weights by teacher, rounded as results are."""
    return {name: round(float(weight), 6) for name, weight in zip(names, weights, strict=True)}
