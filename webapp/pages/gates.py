"""Gates as pages show them: each rule, whether it holds, and why; baselines, and how a job becomes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.models import FINAL, Baseline, Group, Job, Project, State
from jobs.operations.baselines import remove_baseline
from jobs.operations.gates import rules_of
from jobs.queries.baselines import list_baselines
from jobs.queries.final_metrics import names_in, of_jobs, value_of
from mtkd_engine.spec.measures import HEADLINES
from webapp.access import project_or_404, user_of
from webapp.forms.baseline import BaselineForm
from webapp.groups import metric_name, scale_of

MOST_NAMED = 40
Gate = Mapping[str, Any]


def gates_of(job: Job) -> dict[str, Any]:
    """This will say what came of a job's gates, or which rules it will be judged by.

    Of a group, the seeds of the reference are judged together: they show what came of that, the other cells nothing.
    """
    if job.group is not None:
        is_reference = not (job.spec.get("group") or {}).get("cell")
        return gates_of_group(job.group, is_open=True) if is_reference else {}
    if job.state == State.SUCCEEDED or job.gates:
        return _context(job.gates, job.gate_outcome)
    return _context(_waiting(job.spec.get("gates") or (), job.project, is_open=job.state not in FINAL), "")


def gates_of_group(group: Group, *, is_open: bool) -> dict[str, Any]:
    """This will say what came of a group's gates, or which rules it will be judged by."""
    if group.gates:
        return _context(group.gates, group.gate_outcome)
    return _context(_waiting(group.document.get("gates") or (), group.project, is_open=is_open), "")


def gate_hints(project: Project) -> list[str]:
    """This will say what a rule can name in a project, and which ones it has anyway."""
    names = names_in(project)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    baselines = [baseline.name for baseline in list_baselines(project)]
    hints = [
        ("Metrics that jobs here have: {}.", f"{', '.join(names[:MOST_NAMED])}{more}" if names else ""),
        ("Baselines: {}.", ", ".join(baselines)),
        ("All jobs of this project are judged by {}, too.", "; ".join(project.gates)),
    ]
    return [sentence.format(text) for sentence, text in hints if text]


def naming(job: Job, *, may_edit: bool) -> dict[str, Any]:
    """This will offer to make a succeeded job a baseline under a new name or one that there is."""
    if not may_edit or job.state != State.SUCCEEDED:
        return {"baseline_form": None}
    names = [baseline.name for baseline in list_baselines(job.project)]
    return {"baseline_form": BaselineForm(), "baseline_names": names}


def baseline_rows(project: Project) -> list[tuple[Baseline, str]]:
    """This will list the baselines of a project with the metric that decides in the task of each, where it has one."""
    rows = list(list_baselines(project))
    metrics = of_jobs(row.job_id for row in rows)
    return [(row, _headline(metrics[row.job_id])) for row in rows]


@require_POST
def removal(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """This will take the name of a baseline from its job."""
    project = project_or_404(request, slug)
    remove_baseline(project=project, user=user_of(request), name=name)
    messages.success(request, f"There is no baseline {name[:80]} any more.")
    return redirect("project", project.slug)


def _headline(metrics: Mapping[str, float]) -> str:
    found = ((name, value_of(metrics, name)) for name in HEADLINES)
    name, value = next(((name, value) for name, value in found if value is not None), ("", None))
    return "" if value is None else f"{metric_name(name)} {scale_of(name) * value:.1f}"


def _waiting(stated: Iterable[str], project: Project, *, is_open: bool) -> list[Gate]:
    said = "Judged at the end." if is_open else "Not judged."
    return [
        {"rule": rule.text, "of": rule.of, "passed": None, "sentence": said}
        for rule in rules_of(stated, project)
    ]


def _context(gates: Iterable[Gate], outcome: str) -> dict[str, Any]:
    return {"gates": list(gates), "gate_outcome": outcome}
