"""What the spec's schema does not say about its form: order, what is folded, and which fields list sources."""

from __future__ import annotations

from typing import NamedTuple

SECTIONS = (
    *("name", "data", "method", "teachers", "student", "optim", "gates"),
    *("evaluation", "recording", "seed"),
)

# Folded away under "More settings" of the group that holds them, or, at the top, under "Advanced".
FOLDED = frozenset(
    {
        "data.leave_out",
        "data.test_on",
        "data.max_words",
        "data.min_word_count",
        "data.word_vectors",
        "data.labels.seed",
        "data.crops",
        "data.augment",
        "method.gate_weight",
        "method.isomorphic",
        "method.samples",
        "method.features",
        "method.hard_weight",
        "method.earlier",
        "method.hybrid_weight",
        "method.distribution_weight",
        "method.similarity_weight",
        "method.between_weight",
        "method.pseudo",
        "method.assistants",
        "method.cache_form",
        "method.cache_classes",
        "method.calibrated",
        "method.sharpness",
        "method.paper_gradients",
        "method.recompute",
        "method.rates",
        "method.ramp_epochs",
        "method.momentum",
        "method.aggregator.fitted",
        "method.aggregator.epochs",
        "method.aggregator.width",
        "method.aggregator.hidden",
        "method.aggregator.kernels",
        "method.aggregator.boundaries",
        "method.aggregator.samples",
        "method.aggregator.learning_rate",
        "method.aggregator.beliefs",
        "method.aggregator.every",
        "method.aggregator.inner_steps",
        "method.aggregator.buffer",
        "method.aggregator.entropy",
        "method.aggregator.sharp",
        "method.aggregator.scale",
        "student.input",
        "student.net.kernel",
        "student.net.heads",
        "student.net.dropout",
        "student.net.part",
        "optim.weight_decay",
        "optim.warmup",
        "optim.clip_norm",
        "optim.momentum",
        "optim.schedule",
        "optim.precision",
        "optim.channels_last",
        "optim.compile",
        "optim.cuda_graphs",
        "evaluation",
        "recording",
        "seed",
    }
)

DATASET_FIELD = "data.dataset"
TEACHERS_FIELD = "teachers"
GATES_FIELD = "gates"  # one rule per line

LEAVE_OUT_FIELD, TEST_ON_FIELD = "data.leave_out", "data.test_on"

# Set by submitting, not by hand.
HIDDEN = frozenset({"group"})

LEARNER_FIELD = "method.student"  # which of the chosen models learns

METHOD = "method.kind"
BETWEEN_MODELS = frozenset({"mutual", "partition"})
_TAUGHT = frozenset({"emtm", "aggregate", "multi_teacher", "staged"})
_WITH_STUDENT = frozenset({"solo", "emtm", "multi_teacher", "staged", "ensemble", "self"})

# Shown only where another choice has one of these values: path -> (path of the choice, values).
ONLY_WITH: dict[str, tuple[str, frozenset[str]]] = {
    "teachers": (METHOD, _TAUGHT | BETWEEN_MODELS),
    "student": (METHOD, _WITH_STUDENT),
    "optim": (METHOD, _WITH_STUDENT | BETWEEN_MODELS),
}


class Wording(NamedTuple):
    """What a field is called with some methods, and what is said of it; empty where that is as usual."""

    methods: frozenset[str]
    title: str
    help: str


# Fields that mean something else with some methods.
WORDINGS: dict[str, Wording] = {
    TEACHERS_FIELD: Wording(
        BETWEEN_MODELS,
        "Participants",
        "The models that take part, two or more; each begins as it was registered.",
    ),
    "evaluation.compare_solo": Wording(
        BETWEEN_MODELS,
        "Compare with fine-tuning alone",
        "Train each model that learns alone for the same time as well, to see what the others brought it.",
    ),
}

# Said below a field with some methods only.
ADVICE: dict[str, Wording] = {
    "optim.learning_rate": Wording(
        BETWEEN_MODELS,
        "",
        "These models are trained already: 0.0001 or less keeps what they know, a rate for fresh networks does not.",
    ),
}

# Options of a choice that the spec refuses there: by the name of the choice.
NOT_OFFERED: dict[str, frozenset[str]] = {"method[aggregate].aggregator": frozenset({"kau"})}
