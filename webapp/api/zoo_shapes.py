"""What the REST API says of a project's models on a dataset, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.models import TeacherKind
from webapp.api.shapes import StrictShape


class ZooModelShape(serializers.Serializer[Any]):
    """A model and how good it is on the dataset; `measured_at` is null where what it says of samples is not known."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=TeacherKind.choices)
    family = serializers.CharField()
    parameters = serializers.IntegerField(allow_null=True)
    from_job = serializers.IntegerField(allow_null=True)
    how = serializers.CharField(help_text="Where its bytes came from: job, path or upload.")
    registered_at = serializers.DateTimeField()
    metrics = serializers.DictField(child=serializers.FloatField())
    measured_at = serializers.DateTimeField(allow_null=True)
    registration = serializers.IntegerField(
        allow_null=True, help_text="The request to measure it that is under way, or has failed."
    )
    is_under_way = serializers.BooleanField()
    problem = serializers.CharField(help_text="Why it could not be measured.")


class ZooShape(serializers.Serializer[Any]):
    """The models of a project that can be compared on a dataset; `metric` is the one that decides."""

    dataset = serializers.CharField()
    split = serializers.CharField()
    metric = serializers.CharField()
    models = ZooModelShape(many=True)


class ShareShape(serializers.Serializer[Any]):
    """A mean over samples, 0..1, with its 95 % interval of a bootstrap over sources."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ThirdShape(serializers.Serializer[Any]):
    """The model that adds most to a pair, and by how much both could then gain more."""

    name = serializers.CharField()
    adds = serializers.FloatField()


class PairShape(serializers.Serializer[Any]):
    """What two models know: of classes shares that are right, of masks and maps shares that one is better at.

    `first_gain` and `second_gain` are the most that each could gain, `gain` their mean, by which pairs are ranked.
    """

    first = serializers.CharField()
    second = serializers.CharField()
    samples = serializers.IntegerField()
    first_quality = ShareShape()
    second_quality = ShareShape()
    first_only = ShareShape(help_text="Only the first is right: positive flips when it teaches the second.")
    second_only = ShareShape()
    both = ShareShape()
    neither = ShareShape(allow_null=True)
    agreement = ShareShape(allow_null=True)
    together = ShareShape(help_text="Quality of whoever is better at each sample.")
    oracle = ShareShape(help_text="Quality of whoever knows best: gives the true class most.")
    first_gain = ShareShape()
    second_gain = ShareShape()
    beyond = ShareShape(help_text="What both know more than the better of them.")
    gain = ShareShape()
    third = ThirdShape(allow_null=True)
    sentence = serializers.CharField()


class PartnersShape(serializers.Serializer[Any]):
    """Pairs of models, the most promising first; `hint` says what to do where there are none.

    `more` pairs have less to gain; those of one model are asked for by its name.
    """

    dataset = serializers.CharField()
    split = serializers.CharField()
    samples = serializers.IntegerField()
    compared = serializers.ListField(child=serializers.CharField())
    left_out = serializers.ListField(child=serializers.CharField())
    unmeasured = serializers.ListField(child=serializers.CharField())
    more = serializers.IntegerField()
    hint = serializers.CharField()
    pairs = PairShape(many=True)


class AreaShape(serializers.Serializer[Any]):
    """One class: shares of its samples that each model is right about; `leads` is null while that is open."""

    name = serializers.CharField()
    samples = serializers.IntegerField()
    first = serializers.FloatField()
    second = serializers.FloatField()
    lead = ShareShape()
    leads = serializers.ChoiceField(choices=("first", "second"), allow_null=True)


class ExpertiseShape(serializers.Serializer[Any]):
    """Two models class by class, the largest lead first; no classes for masks and maps."""

    dataset = serializers.CharField()
    split = serializers.CharField()
    first = serializers.CharField()
    second = serializers.CharField()
    classes = AreaShape(many=True)


class AskedMeasurementShape(StrictShape):
    """A teacher to measure on a dataset of its project, both by name."""

    teacher = serializers.CharField(max_length=120)
    dataset = serializers.CharField(max_length=140)
