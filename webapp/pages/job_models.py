"""What the page of a job shows instead of a student, where models teach each other; and the charts of any job."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from jobs.queries.history import metric_names
from jobs.queries.participants import is_between_models, learners_of
from mtkd_engine.spec.measures import CLASSIFICATION, measures_of
from webapp.charts import job_charts, own_charts, weight_chart
from webapp.pages.before import before_context
from webapp.pages.inspect_dense_words import measure_of
from webapp.pages.model_charts import model_charts, who_knows_best
from webapp.pages.online import is_online, online_context
from webapp.pages.participants import participants_context
from webapp.pages.participants_verdict import verdict_of_models
from webapp.pages.transfer import transfer_context


def models_context(job: Job) -> dict[str, Any]:
    """This will give all that the engine measured of models that teach each other."""
    result, measures = job.result or {}, measures_of(job.spec)
    return {
        "is_between_models": True,
        **participants_context(result, measures),
        **transfer_context(result),
        **before_context(result),
        "pairs_measure": measure_of(job.spec),
        "verdict": verdict_of_models(job),
        "notes": result.get("notes", []),
        "has_classes": measures is CLASSIFICATION,
    }


def learners_in(job: Job) -> list[str]:
    """This will name the models that learned in a job; nobody in one that has a student of its own."""
    return [one.name for one in learners_of(job.result)] if is_between_models(job.spec) else []


def charts_of(job: Job) -> dict[str, Any]:
    """This will give the charts of a job of any kind, and the heatmap of its teachers' weights."""
    if job.elsewhere:
        return {"charts": own_charts(metric_names(job.pk)), "weight_chart": None}
    if is_between_models(job.spec):
        return {"charts": model_charts(job.spec), "weight_chart": who_knows_best(job.spec)}
    if is_online(job.spec):
        return online_context(job.spec)
    return {"charts": job_charts(job.spec), "weight_chart": weight_chart(job.spec)}
