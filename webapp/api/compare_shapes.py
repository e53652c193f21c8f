"""What the REST API says of jobs that are compared, field by field.

Lists `values` have one entry for each job, in the order of `jobs`; null where a job has no such thing.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.models import State
from webapp.api.group_shapes import DifferenceShape
from webapp.api.shapes import CurveShape

KINDS = ("metric", "cost", "parameter")
BETTER = ("high", "low")


class ComparedJobShape(serializers.Serializer[Any]):
    """One of the jobs; the same set of jobs always gets the same colours."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    project = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    color = serializers.IntegerField(
        help_text="From 0 on. A palette of 8 repeats: the place in it is color % 8, the round color // 8."
    )
    method = serializers.CharField(help_text="Empty for a job trained elsewhere.")
    dataset = serializers.CharField(allow_null=True)
    group = serializers.IntegerField(allow_null=True)
    group_name = serializers.CharField()
    cell = serializers.CharField(
        help_text="Of its group; empty for the reference of one, and without a group."
    )
    seed = serializers.IntegerField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    gate_outcome = serializers.CharField()
    elsewhere = serializers.BooleanField()
    step = serializers.IntegerField()
    total_steps = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    has_samples = serializers.BooleanField(help_text="Whether it left a per-sample table.")
    has_weights = serializers.BooleanField(help_text="Whether it has teachers, whose weights it may record.")


class SpecFieldShape(serializers.Serializer[Any]):
    """A field of the spec, by its dotted path, in which the jobs differ."""

    path = serializers.CharField()
    values = serializers.ListField(child=serializers.JSONField(allow_null=True))


class SpecDiffShape(serializers.Serializer[Any]):
    """Where specs differ; `same` counts the fields in which they do not."""

    fields = SpecFieldShape(many=True)  # type: ignore[assignment]
    same = serializers.IntegerField()


class FinalShape(serializers.Serializer[Any]):
    """Final metrics: `values[n]` is of `names[n]`, an entry for each job."""

    names = serializers.ListField(child=serializers.CharField())
    values = serializers.ListField(child=serializers.ListField(child=serializers.FloatField(allow_null=True)))


class ComparedCellShape(serializers.Serializer[Any]):
    """Jobs that differ in nothing but the seed; `mean` and `sd` by final metric, in the order of `final.names`.

    `key` is the lowest id of its jobs. `sd` is that of a sample, null for a single seed. `difference` is this cell
    minus the reference at `metric`; `is_comparing` says that it is still being made: ask again.
    """

    key = serializers.IntegerField()
    title = serializers.CharField()
    jobs = serializers.ListField(child=serializers.IntegerField())
    n = serializers.ListField(child=serializers.IntegerField())
    mean = serializers.ListField(child=serializers.FloatField(allow_null=True))
    sd = serializers.ListField(child=serializers.FloatField(allow_null=True))
    is_reference = serializers.BooleanField()
    difference = DifferenceShape(allow_null=True)
    is_comparing = serializers.BooleanField()


class CellsShape(serializers.Serializer[Any]):
    """The cells at one metric; `metrics` are those that can be compared sample by sample, and so have differences."""

    metric = serializers.CharField()
    metrics = serializers.ListField(child=serializers.CharField())
    reference = serializers.IntegerField(help_text="The key of the cell that the others are held against.")
    rows = ComparedCellShape(many=True)


class AxisShape(serializers.Serializer[Any]):
    """A column of numbers: a final metric, a cost, or a parameter of the spec in which the jobs differ."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    better = serializers.ChoiceField(choices=BETTER, allow_null=True, help_text="Null where neither is.")
    values = serializers.ListField(child=serializers.FloatField(allow_null=True))


class CompareShape(serializers.Serializer[Any]):
    """All that is told of jobs side by side, curves, weights and samples aside."""

    jobs = ComparedJobShape(many=True)
    metrics = serializers.ListField(child=serializers.CharField(), help_text="Names of the curves they have.")
    spec = SpecDiffShape()
    final = FinalShape()
    cells = CellsShape()
    axes = AxisShape(many=True)
    is_settled = serializers.BooleanField(help_text="Whether nothing in it will change by itself.")


class OverlaidCurveShape(CurveShape):
    """One curve; `x` are epochs, or seconds since the job began, where one of these was asked for."""

    x = serializers.ListField(child=serializers.FloatField(), required=False)


class OverlaidShape(serializers.Serializer[Any]):
    """One metric of several jobs, by the id of the job."""

    name = serializers.CharField()
    series = serializers.DictField(child=OverlaidCurveShape())


class OverlayShape(serializers.Serializer[Any]):
    """Curves of one metric (`name`, `series`) or of several (`curves`), whichever was asked for."""

    x = serializers.ChoiceField(choices=("step", "epoch", "time"))
    name = serializers.CharField(required=False)
    series = serializers.DictField(child=OverlaidCurveShape(), required=False)
    curves = OverlaidShape(many=True, required=False)


class JobWeightsShape(serializers.Serializer[Any]):
    """A job's mean weight of each teacher: `values[t][s]` is of `teachers[t]` at `steps[s]`, null where unknown."""

    id = serializers.IntegerField()
    teachers = serializers.ListField(child=serializers.CharField())
    steps = serializers.ListField(child=serializers.IntegerField())
    values = serializers.ListField(child=serializers.ListField(child=serializers.FloatField(allow_null=True)))


class WeightsShape(serializers.Serializer[Any]):
    """Weights over training; all jobs share one scale from `low` to `high`, and steps from 0 to `last_step`."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    last_step = serializers.IntegerField()
    teachers = serializers.ListField(child=serializers.CharField(), help_text="Of all jobs together.")
    jobs = JobWeightsShape(many=True)


class SideShape(serializers.Serializer[Any]):
    """What one job answered to a sample: its row in the job's table, its window in seconds, its IoU.

    A sample with a class has no window; `iou` is then the probability of its true class.
    """

    row = serializers.IntegerField()
    iou = serializers.FloatField()
    start = serializers.FloatField(allow_null=True)
    end = serializers.FloatField(allow_null=True)
    inspect = serializers.CharField(help_text="Address of the page of this sample.")


class SampleGainShape(serializers.Serializer[Any]):
    """A sample that both jobs answered; `gain` is the IoU of `own` minus that of `other`."""

    sample_id = serializers.CharField()
    split = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    sentence = serializers.CharField()
    duration = serializers.FloatField(allow_null=True)
    truth_start = serializers.FloatField(allow_null=True)
    truth_end = serializers.FloatField(allow_null=True)
    gain = serializers.FloatField()
    own = SideShape()
    other = SideShape()


class HistogramShape(serializers.Serializer[Any]):
    """How many samples gained how much: `counts[i]` lie between `edges[i]` and `edges[i + 1]`."""

    edges = serializers.ListField(child=serializers.FloatField())
    counts = serializers.ListField(child=serializers.IntegerField())


class SampleGainsShape(serializers.Serializer[Any]):
    """Gain and loss of one job, `own`, against another, sample by sample.

    Counts, difference and histogram are of all samples that were asked for; `samples` is one page of them.
    """

    own = serializers.IntegerField()
    other = serializers.IntegerField()
    total = serializers.IntegerField()
    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    equal = serializers.IntegerField()
    splits = serializers.ListField(child=serializers.CharField())
    difference = DifferenceShape(allow_null=True)
    histogram = HistogramShape()
    samples = SampleGainShape(many=True)
