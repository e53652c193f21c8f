"""What the REST API gives about gates and baselines, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.models import Baseline, GateOutcome
from webapp.api.shapes import StrictShape


class GateShape(serializers.Serializer[Any]):
    """One rule and what came of it; the numbers are null where it could not be compared."""

    rule = serializers.CharField()
    of = serializers.ChoiceField(choices=("spec", "policy"), help_text="Where the rule stands.")
    passed = serializers.BooleanField()
    left = serializers.FloatField(allow_null=True, help_text="The metric.")
    right = serializers.FloatField(allow_null=True, help_text="What it is held against.")
    sentence = serializers.CharField()


class GateOutcomeField(serializers.ChoiceField):
    """Whether all rules hold; empty without rules and before they were judged."""

    def __init__(self, **given: Any) -> None:
        super().__init__(choices=GateOutcome.choices, allow_blank=True, read_only=True, **given)


class BaselineShape(serializers.ModelSerializer[Baseline]):
    """A named job that others are held against, with its final metrics."""

    project = serializers.CharField(source="project.slug", read_only=True)
    job = serializers.IntegerField(source="job_id", read_only=True)
    job_name = serializers.CharField(source="job.name", read_only=True)
    set_by = serializers.CharField(source="set_by.username", read_only=True, allow_null=True)
    final_metrics = serializers.SerializerMethodField()

    class Meta:
        model = Baseline
        fields = ("name", "project", "job", "job_name", "set_by", "set_at", "final_metrics")
        read_only_fields = fields

    def get_final_metrics(self, baseline: Baseline) -> dict[str, float]:
        """This will give the numbers of its job (context `final_metrics`, by id of the job)."""
        found: dict[str, float] = self.context["final_metrics"][baseline.job_id]
        return found


class AskedBaselineShape(StrictShape):
    """Which job is to have the name."""

    job = serializers.IntegerField(min_value=1, max_value=2**62)
