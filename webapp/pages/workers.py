"""Who works: every worker with its machine and what it is at, and draining one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jobs.models import Worker
from jobs.operations.workers import request_drain, undrain
from jobs.queries.access import projects_of
from jobs.queries.workers import list_workers
from webapp.access import may_operate, operator_of, user_of

GONE = ("stopped", "silent")


@require_safe
def workers(request: HttpRequest) -> HttpResponse:
    """This will list the workers; with `?part=list` only what changes, for a page that is open."""
    user = user_of(request)
    found = sorted(list_workers(), key=lambda worker: worker.state in GONE)
    context = {
        "workers": found,
        "alive": sum(worker.state not in GONE for worker in found),
        "seen_projects": set(projects_of(user).values_list("pk", flat=True)),
        "may_drain": may_operate(user),
    }
    template = "workers/_list.html" if request.GET.get("part") == "list" else "workers/workers.html"
    return render(request, template, context)


@require_POST
def drain(request: HttpRequest, worker_id: int) -> HttpResponse:
    """This will have a worker take nothing new (`wish` is drain), hand back what it has (now), or work again (off)."""
    user = operator_of(request)
    worker = Worker.objects.filter(pk=worker_id).first()
    if worker is None:
        raise Http404("There is no such worker; rows of workers that are silent for a week are removed.")
    wish = request.POST.get("wish")
    if wish == "off":
        undrain(worker=worker, user=user)
        messages.success(request, f"Worker {worker.name} takes jobs again.")
    else:
        request_drain(worker=worker, user=user, now=wish == "now")
        said = "hands back what it has and takes" if wish == "now" else "finishes what it has and takes"
        messages.success(request, f"Worker {worker.name} {said} nothing new.")
    return redirect("workers")
