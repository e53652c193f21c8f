"""What the REST API takes and gives about groups, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.models import State
from webapp.api.gate_shapes import GateOutcomeField, GateShape
from webapp.api.job_shapes import ScheduleShape


class GroupSubmissionShape(ScheduleShape):
    """A group to submit: `document` is a spec with `seeds`, a list of whole numbers, and `ablate`.

    `ablate` lists names of switches (kau, static, shared_encoder, isomorphic_teacher, soft_labels, out_of_fold, solo,
    of classification weighing, static, best_single, soft_labels, features, inner, solo), teacher:NAME without a
    teacher, aggregator:KIND with another aggregator, `aggregator:*` with every other one in turn, or
    `{cell: a label, change: a merge patch of the spec}`. Queue, priority and deadline hold for all.
    """

    project = serializers.SlugField(max_length=80)
    document = serializers.DictField(
        help_text="The Spec of a task, such as GroundingSpec or SegmentationSpec, with `seeds` and `ablate`; see the "
        "schemas of these names."
    )


class GroupHeadShape(serializers.Serializer[Any]):
    """What is always told of a group."""

    id = serializers.IntegerField()
    project = serializers.CharField()
    name = serializers.CharField()
    submitted_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    gate_outcome = GateOutcomeField()


class GroupShape(GroupHeadShape):
    """A group as lists show it: how many jobs it has, and how they stand."""

    jobs = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    ended_otherwise = serializers.IntegerField(help_text="Failed or cancelled.")
    active = serializers.IntegerField()


class DifferenceShape(serializers.Serializer[Any]):
    """Cell minus reference with its 95 % interval, over the seeds and samples that both have."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    seeds = serializers.IntegerField()
    samples = serializers.IntegerField()
    is_decided = serializers.BooleanField(help_text="Whether the interval leaves 0 out.")


class GroupJobShape(serializers.Serializer[Any]):
    """One job of a cell."""

    id = serializers.IntegerField()
    seed = serializers.IntegerField()
    state = serializers.ChoiceField(choices=State.choices)
    value = serializers.FloatField(allow_null=True)


class CellShape(serializers.Serializer[Any]):
    """What was changed, the metric over its seeds, and its jobs; the empty cell is the reference."""

    cell = serializers.CharField()
    title = serializers.CharField()
    done = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    sd = serializers.FloatField(allow_null=True)
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    difference = DifferenceShape(allow_null=True)
    jobs = GroupJobShape(many=True)


class GroupDetailShape(GroupHeadShape):
    """A group at one metric; `is_settled` once nothing will change by itself."""

    document = serializers.DictField()
    progress = serializers.CharField()
    metric = serializers.CharField()
    metrics = serializers.ListField(child=serializers.CharField())
    gates = GateShape(many=True)
    is_settled = serializers.BooleanField()
    answer = serializers.CharField(
        help_text="Was clever weighting worth it? Where aggregators are held against the average, else empty."
    )
    verdicts = serializers.ListField(child=serializers.CharField())
    cells = CellShape(many=True)
