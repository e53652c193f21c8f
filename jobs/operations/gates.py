"""Judging: the rules of a spec and of its project's policy against final metrics, when a job or its group has ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.models import FINAL, Baseline, GateOutcome, Group, Job, Project, State
from jobs.operations.judging import Held, Measured, judged, unjudged
from jobs.queries.final_metrics import of_jobs
from mtkd_engine.spec import Gate, parse_gate


@dataclass(frozen=True)
class Rule:
    """A rule and where it stands: in the spec or in the policy; without a gate it cannot be read any more."""

    text: str
    of: str
    gate: Gate | None


def judge(job: Job) -> None:
    """This will judge the gates of a job that has just ended, or those of its group when that can be judged now.

    The caller holds the job's row and has kept its final metrics. Only jobs that succeeded are judged; in a group only
    the seeds of the reference are, together, once all of them have ended.
    """
    if job.group_id is not None:
        _judge_group(job, job.group_id)
        return
    rules = rules_of(job.spec.get("gates") or (), job.project) if job.state == State.SUCCEEDED else []
    found = _judged(rules, [job], job.project)
    Job.objects.filter(pk=job.pk).update(gates=found, gate_outcome=_outcome(found))


def forget_judgement(job: Job) -> None:
    """This will take back what was said of the gates of a job that is to run again, and of those of its group."""
    Job.objects.filter(pk=job.pk).update(gates=[], gate_outcome="")
    if job.group_id is not None and _is_reference(job):
        Group.objects.filter(pk=job.group_id).update(gates=[], gate_outcome="")


def _judge_group(job: Job, group_id: int) -> None:
    if not _is_reference(job):
        return
    # The last two seeds to end would each see the other as not ended. Groups are locked after jobs everywhere.
    group = Group.objects.select_for_update(no_key=True).get(pk=group_id)
    reference = Job.objects.filter(group=group, spec__group__cell="", deleted_at__isnull=True)
    seeds = list(reference.only("state", "spec").order_by("pk"))
    if any(member.state not in FINAL for member in seeds):
        return
    rules = rules_of(group.document.get("gates") or (), job.project)
    lost = [member for member in seeds if member.state != State.SUCCEEDED]
    if lost:
        told = ", ".join(f"{_seed(member)} ({member.state})" for member in lost)
        sentence = f"Not all seeds of the reference succeeded: seed {told}."
        found = [unjudged(rule.text, of=rule.of, sentence=sentence) for rule in rules]
    else:
        found = _judged(rules, seeds, job.project)
    Group.objects.filter(pk=group.pk).update(gates=found, gate_outcome=_outcome(found))


def rules_of(stated: Iterable[str], project: Project) -> list[Rule]:
    """This will list the rules of a spec or group document, then those of the project's policy that it has not."""
    found: dict[str, Rule] = {}
    for of, texts in (("spec", stated), ("policy", project.gates)):
        for text in texts:
            found.setdefault(text, Rule(text, of, _read(text)))
    return list(found.values())


def _read(text: str) -> Gate | None:
    try:
        return parse_gate(text)
    except ValueError:
        return None


def _judged(rules: Sequence[Rule], jobs: Sequence[Job], project: Project) -> list[dict[str, Any]]:
    if not rules:
        return []
    metrics = of_jobs(job.pk for job in jobs)
    measured = [Measured(seed=_seed(job), metrics=metrics[job.pk]) for job in jobs]
    baselines = _baselines(project, {rule.gate.baseline for rule in rules if rule.gate is not None})
    return [
        unjudged(rule.text, of=rule.of, sentence="This cannot be read as a rule any more.")
        if rule.gate is None
        else judged(rule.gate, of=rule.of, jobs=measured, baselines=baselines)
        for rule in rules
    ]


def _baselines(project: Project, wanted: set[str]) -> dict[str, Held]:
    """All of them by name, so that near ones can be named; metrics of the wanted ones only."""
    rows = list(Baseline.objects.filter(project=project).values_list("name", "job_id"))
    metrics = of_jobs(job for name, job in rows if name in wanted)
    return {name: Held(job=job, metrics=metrics.get(job, {})) for name, job in rows}


def _is_reference(job: Job) -> bool:
    return not (job.spec.get("group") or {}).get("cell")


def _seed(job: Job) -> int | None:
    seed: int | None = job.spec.get("seed")
    return seed


def _outcome(found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return ""
    return GateOutcome.PASSED if all(gate["passed"] for gate in found) else GateOutcome.FAILED
