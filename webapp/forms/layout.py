"""What the spec's schema does not say about its form: order, what is folded, and which fields list sources."""

from __future__ import annotations

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

# Shown only where another choice has one of these values: path -> (path of the choice, values).
ONLY_WITH: dict[str, tuple[str, frozenset[str]]] = {
    "teachers": ("method.kind", frozenset({"emtm", "aggregate", "multi_teacher", "staged"})),
    "student": ("method.kind", frozenset({"solo", "emtm", "multi_teacher", "staged"})),
    "optim": ("method.kind", frozenset({"solo", "emtm", "multi_teacher", "staged"})),
}

# Options of a choice that the spec refuses there: by the name of the choice.
NOT_OFFERED: dict[str, frozenset[str]] = {"method[aggregate].aggregator": frozenset({"kau"})}
