"""What Inspect says: of teachers and their student, or of models that teach each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.queries.inspect.classes import SOLO, START, STUDENT, TARGET


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a page; `titles`, `help`, `who` and `outcomes` take the place of the usual ones by their key.

    Outcomes are offered only where `outcomes` names them, all of them where it is empty.
    """

    heading: str = "Which teacher taught which sample"
    teachers: str = "Teachers"
    source: str = "{}"
    leads: str = "leads"
    tied: str = "are tied"
    weights: str = "Weights"
    weights_about: str = "share of the samples below by each teacher's weight"
    weight: str = "weight of the teacher"
    leading: str = "Leading teacher"
    leads_count: str = "Leads"
    disputed: str = "Right where teachers disagree"
    gain: str = "Gain over solo"
    gain_help: str = "Probability of the true class, minus that without teachers"
    caveat: str = (
        "Read off the numbers below: what goes with the weights, no proof of what caused them. The target is the "
        "teachers’ beliefs mixed by their weights; a class that nobody names first can win in it."
    )
    titles: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    who: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)


TAUGHT = Words()
BETWEEN = Words(
    heading="Who knew which sample best",
    teachers="Models before training",
    source="{}, before",
    leads="knew best",
    tied="knew it alike",
    weights="Who knew best",
    weights_about="share of the samples below by what each model counts: 1 where it knew best, alone",
    weight="share of a sample",
    leading="Knew best",
    leads_count="Knew best",
    disputed="Right where models disagreed",
    gain="Gain",
    gain_help="Probability of the true class, minus that before training",
    caveat="Who knew a sample best is read off the models before training. Nobody learns from samples of validation "
    "and test: what changed there was learned on others.",
    titles={
        "disagreement": "Disagreement before",
        "entropy": "Evenness",
        "student_quality": "After, true class",
        "start_quality": "Before, true class",
        "solo_quality": "True class, fine-tuned alone",
        "target_quality": "Whoever knew best, true class",
        "student_score": "After, class named",
        "start_score": "Before, class named",
        "gain": "Gain",
    },
    help={
        "disagreement": "Share of pairs of models that named different classes before: 0 when all said the same.",
        "entropy": "0 where one model knew best, alone.",
        "student_quality": "Probability that the model gives to the true class after training.",
        "start_quality": "Probability that it gave to the true class before.",
        "solo_quality": "Probability that the same model, fine-tuned alone, gives to the true class.",
        "target_quality": "Probability of the true class by whoever knew the sample best before training.",
        "gain": "Probability of the true class after training, minus that before.",
    },
    who={
        STUDENT: "After",
        START: "Before",
        TARGET: "Whoever knew best",
        SOLO: "Fine-tuned alone",
    },
    outcomes={
        "learned": "Right now, wrong before",
        "forgotten": "Wrong now, right before",
        "disagree": "Models named different classes",
        "nobody": "No model was right",
        "thanks": "Right only with the others",
        "misled": "Wrong only with the others",
    },
)


def words_of(*, between_models: bool) -> Words:
    """This will choose the words of a job."""
    return BETWEEN if between_models else TAUGHT
