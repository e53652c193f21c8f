"""Badges of jobs and baselines, for pages elsewhere: nobody is logged in there, the key in the address opens them."""

from __future__ import annotations

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from jobs.models import GateOutcome, Job, State
from jobs.queries.badges import find_baseline, find_job, metric_of
from webapp.badges import BAD, CALM, GOOD, LONGEST, WAITING, Badge, drawn, number, opens

FRESH_SECONDS = 60
_GATES = {GateOutcome.PASSED: GOOD, GateOutcome.FAILED: BAD}
_STATES = {State.SUCCEEDED: GOOD, State.FAILED: BAD, State.RUNNING: WAITING, State.STARTING: WAITING}


@require_safe
def of_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will draw what came of a job: its gates, else its state, or the metric that is asked for."""
    _check_key(request, f"job:{job_id}")
    return _answer(request, find_job(job_id), label=f"job {job_id}")


@require_safe
def of_baseline(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """This will draw the job that a baseline is now, or one of its metrics."""
    _check_key(request, f"baseline:{slug}/{name}")
    found = find_baseline(slug=slug, name=name)
    return _answer(request, None if found is None else found.job, label=name, is_baseline=True)


def _check_key(request: HttpRequest, subject: str) -> None:
    if not opens(request.GET.get("key", ""), subject):
        raise Http404("There is no badge at this address.")


def _answer(request: HttpRequest, job: Job | None, *, label: str, is_baseline: bool = False) -> HttpResponse:
    metric = request.GET.get("metric", "")[:200].replace("\0", "")
    text = drawn(_badge(job, label=label, metric=metric, is_baseline=is_baseline))
    etag = quote_etag(hashlib.sha256(text.encode()).hexdigest()[:32])

    @condition(etag_func=lambda _: etag)
    def answer(_: HttpRequest) -> HttpResponse:
        return HttpResponse(text, content_type="image/svg+xml; charset=utf-8")

    response = answer(request)
    patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
    return response


def _badge(job: Job | None, *, label: str, metric: str, is_baseline: bool) -> Badge:
    if job is None:
        return Badge(label=label, value="gone", colour=CALM)
    if metric:
        value = metric_of(job, metric)
        said = ("unknown", CALM) if value is None else (number(value), _tone(job))
        return Badge(label=_with_metric(label, metric), value=said[0], colour=said[1])
    if is_baseline:
        return Badge(label=label, value=f"job {job.pk}", colour=_tone(job))
    if job.gate_outcome:
        return Badge(label="gate", value=job.gate_outcome, colour=_GATES[GateOutcome(job.gate_outcome)])
    return Badge(label=label, value=job.state, colour=_tone(job))


def _with_metric(label: str, metric: str) -> str:
    both = f"{label} {metric}"
    return both if len(both) <= LONGEST else metric


def _tone(job: Job) -> str:
    if job.gate_outcome:
        return _GATES[GateOutcome(job.gate_outcome)]
    return _STATES.get(State(job.state), CALM)
