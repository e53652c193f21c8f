"""What a person asks of a job: pause, go on, try again, another place in the queue, cancel, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from jobs.models import ACTIVE, Job, State
from jobs.operations.errors import UnableTo
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import delete_job, request_pause, reschedule, resume, retry
from jobs.queries.queues import overview
from webapp.access import job_or_404, user_of
from webapp.forms.refusals import show_refusal
from webapp.forms.scheduling import SchedulingForm

SCRATCH = "scratch"


@dataclass(frozen=True, kw_only=True)
class Offers:
    """Which of the operations make sense for a job as it is now."""

    pause: bool
    withdraw_pause: bool
    resume: bool
    retry: bool
    cancel: bool
    schedule: bool
    resubmit: bool
    delete: bool

    @property
    def more(self) -> bool:
        """Whether there is anything for the menu of what is asked seldom."""
        return self.schedule or self.retry or self.resubmit


def offers_for(job: Job) -> Offers:
    """This will tell what to offer; the operations themselves say what they refuse."""
    ours, open_ = not job.elsewhere, not job.is_final
    asked = job.cancel_requested_at is not None
    pausing = job.state in ACTIVE and job.pause_requested_at is not None
    return Offers(
        pause=ours and not asked and not pausing and job.state in {*ACTIVE, State.QUEUED},
        withdraw_pause=ours and pausing and not asked,
        resume=ours and job.state == State.PAUSED,
        retry=ours and job.state in {State.FAILED, State.CANCELLED},
        cancel=open_,
        schedule=ours and open_ and not asked,
        resubmit=ours,
        delete=not open_,
    )


@require_POST
def cancellation(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will ask for the job to be stopped."""
    return _ask(request, job_id, request_cancel, lambda job: f"You asked to cancel job {job.pk}.")


@require_POST
def pause(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will ask for the job to stop with a checkpoint, from which it can go on."""
    return _ask(request, job_id, request_pause, _paused)


@require_POST
def resumption(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will put a paused job back into its queue, or take back the wish to pause it."""
    return _ask(request, job_id, resume, _resumed)


@require_POST
def another_try(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will queue a job that failed or was cancelled again: from its checkpoint, or from scratch."""
    anew = request.POST.get("from") == SCRATCH

    def ask(*, job: Job, user: Any) -> Job:
        return retry(job=job, user=user, from_scratch=anew)

    way = "from scratch" if anew else "from its newest checkpoint, where there is one"
    return _ask(request, job_id, ask, lambda job: f"Job {job.pk} waits in queue {job.queue} again: {way}.")


@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will change the queue, priority and deadline of a job that has not ended."""
    job = job_or_404(request, job_id)
    form = SchedulingForm(request.POST if request.method == "POST" else None, lines=overview(), job=job)
    if form.is_valid():
        try:
            reschedule(job=job, user=user_of(request), **form.changes())
            messages.success(request, f"Job {job.pk} has its new place.")
            return redirect("job", job.pk)
        except UnableTo as refusal:
            show_refusal(form, refusal)
    context = {"job": job, "project": job.project, "form": form}
    return render(request, "jobs/schedule.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def deletion(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will delete an ended job with all that belongs to it, after showing what that is."""
    job = job_or_404(request, job_id)
    refusal = ""
    if request.method == "POST":
        try:
            delete_job(job=job, user=user_of(request))
            messages.success(request, f"Job {job.pk} was deleted.")
            return redirect("job-list", job.project.slug)
        except UnableTo as problem:
            refusal = problem.message
    context = {
        "job": job,
        "project": job.project,
        "refusal": refusal,
        "artifacts": job.artifacts.count(),
        "teachers": list(job.promotions.all()),
    }
    return render(request, "jobs/deletion.html", context, status=422 if refusal else 200)


def _ask(
    request: HttpRequest, job_id: int, operation: Callable[..., Job], said: Callable[[Job], str]
) -> HttpResponse:
    """Carry out one operation and say what came of it on the job's page."""
    found = job_or_404(request, job_id)
    try:
        messages.success(request, said(operation(job=found, user=user_of(request))))
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return redirect("job", found.pk)


def _paused(job: Job) -> str:
    if job.state == State.PAUSED:
        return f"Job {job.pk} is paused."
    return f"Job {job.pk} pauses as soon as its worker has written a checkpoint."


def _resumed(job: Job) -> str:
    if job.state == State.QUEUED:
        return f"Job {job.pk} waits in queue {job.queue} again."
    return f"Job {job.pk} goes on without a pause."
