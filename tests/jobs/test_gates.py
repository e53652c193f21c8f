"""When gates are judged, and what their sentences say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from jobs.models import Dataset, Group, Job, Project, State, User
from jobs.operations import aftermath
from jobs.operations.baselines import set_baseline
from jobs.operations.claims import Claim
from jobs.operations.elsewhere import complete_elsewhere, start_elsewhere
from jobs.operations.endings import fail, succeed
from jobs.operations.groups import submit_group
from jobs.operations.jobs import request_cancel, submit
from jobs.operations.lifecycle import retry
from jobs.operations.projects import change_project
from mtkd_engine.spec import parse

pytestmark = pytest.mark.django_db
Take = Callable[[], Claim]
RESULT: dict[str, Any] = {
    "metrics": {"miou": 0.5, "r1@0.5": 0.6},
    "best": {"val": {"miou": 0.55}},
    "baselines": {"uniform": {"miou": 0.48}},
    "parameters": 1_234_567,
}


@pytest.fixture
def end(project: Project, user: User, dataset: Dataset, take: Take) -> Callable[..., Job]:
    """Submits a job with gates and lets it end with a result."""

    def run(*gates: str, **metrics: float) -> Job:
        spec = parse({"data": {"dataset": dataset.label}, "gates": list(gates)})
        job = submit(project=project, user=user, spec=spec)
        succeed(claim=take(), result={**RESULT, "metrics": {**RESULT["metrics"], **metrics}})
        job.refresh_from_db()
        return job

    return run


@pytest.fixture
def study(project: Project, user: User, dataset: Dataset) -> Callable[..., Group]:
    """Submits a group of three seeds and one cell besides."""

    def ask(*gates: str) -> Group:
        change = {"cell": "short", "change": {"optim": {"epochs": 1}}}
        document = {"data": {"dataset": dataset.label}, "seeds": [1, 2, 3], "ablate": [change]}
        return submit_group(project=project, user=user, document={**document, "gates": list(gates)})

    return ask


def finish(job: Job, state: State = State.SUCCEEDED, **metrics: float) -> None:
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        Job.objects.filter(pk=job.pk).update(state=state, result={"metrics": metrics})
        aftermath.after_end(job_id=job.pk)


def seeds_of(group: Group) -> list[Job]:
    return list(Job.objects.filter(group=group, spec__group__cell="").order_by("pk"))


@pytest.mark.parametrize(
    ("rule", "passed", "sentence"),
    [
        ("val/miou >= 0.45", True, "val/miou is 0.55, and 0.45 or more is asked."),
        ("miou >= 0.5", True, "miou is 0.5, and 0.5 or more is asked."),
        ("miou > 0.5000001", False, "miou is 0.5, but more than 0.5000001 is asked."),
        ("student.params <= 1e6", False, "student.params is 1,234,567, but 1,000,000 or less is asked."),
        ("miou >= uniform/miou", True, "miou is 0.5, and 0.48 or more is asked: uniform/miou."),
        (
            "worst(miou) >= uniform/miou + 0.1",
            False,
            "miou is 0.5, but 0.58 or more is asked: 0.48 of uniform/miou, plus 0.1.",
        ),
        (
            "latency_ms.p50 <= 5",
            False,
            "The job has no final metric 'latency_ms.p50'; known names are test/miou, test/r1@0.5, "
            "val/miou, seconds, student.params, uniform/miou.",
        ),
        (
            "test/iou >= 0.4",
            False,
            "The job has no final metric 'test/iou'; near names are test/miou, test/r1@0.5, val/miou.",
        ),
        ("miou >= baseline(main)", False, "The project has no baseline 'main'; there is none."),
    ],
)
def test_a_rule_passes_or_fails_with_a_sentence(
    end: Callable[..., Job], rule: str, passed: bool, sentence: str
) -> None:
    job = end(rule)
    (gate,) = job.gates
    assert (gate["rule"], gate["of"], gate["passed"]) == (rule, "spec", passed)
    assert gate["sentence"] == sentence
    assert job.gate_outcome == ("passed" if passed else "failed")


def test_one_rule_that_fails_fails_the_job(end: Callable[..., Job]) -> None:
    job = end("miou >= 0.4", "miou >= 0.9")
    assert [gate["passed"] for gate in job.gates] == [True, False]
    assert (job.gate_outcome, job.gates[1]["left"], job.gates[1]["right"]) == ("failed", 0.5, 0.9)


def test_without_rules_there_is_no_outcome(end: Callable[..., Job]) -> None:
    job = end()
    assert (job.gate_outcome, job.gates) == ("", [])


def test_a_baseline_is_what_it_is_when_the_job_ends(
    end: Callable[..., Job], project: Project, user: User
) -> None:
    first = end(miou=0.505)
    set_baseline(project=project, user=user, name="main", job_id=first.pk)
    kept = end("miou >= baseline(main) - 0.005")
    assert kept.gates[0]["sentence"] == (
        f"miou is 0.5, and 0.5 or more is asked: 0.505 of baseline main (job {first.pk}), less 0.005."
    )
    assert kept.gate_outcome == "passed"
    better = end(miou=0.8)
    set_baseline(project=project, user=user, name="main", job_id=better.pk)
    assert end("miou >= baseline(main) - 0.005").gate_outcome == "failed"
    kept.refresh_from_db()
    assert kept.gate_outcome == "passed"


def test_a_baseline_without_the_metric_fails_the_rule(
    end: Callable[..., Job], project: Project, user: User
) -> None:
    other = start_elsewhere(project=project, user=user, name="laptop", parameters={})
    complete_elsewhere(job=other, user=user, state="succeeded", metrics={"loss": 1.0})
    set_baseline(project=project, user=user, name="main", job_id=other.pk)
    (gate, far) = end("miou >= baseline(main)", "miou >= baseline(mian)").gates
    assert gate["sentence"] == (
        f"Baseline 'main' (job {other.pk}) has no final metric 'miou'; known names are loss, seconds."
    )
    assert far["sentence"] == "The project has no baseline 'mian'; near names are main."


def test_the_policy_judges_every_job_of_the_project_besides_its_spec(
    end: Callable[..., Job], project: Project, user: User
) -> None:
    change_project(project=project, user=user, gates=["miou >= 0.4", "val/miou >= 0.6"])
    job = end("miou >= 0.4")
    assert [(gate["of"], gate["passed"]) for gate in job.gates] == [("spec", True), ("policy", False)]
    other = start_elsewhere(project=project, user=user, name="laptop", parameters={})
    complete_elsewhere(job=other, user=user, state="succeeded", metrics={"test/miou": 0.5, "val/miou": 0.7})
    other.refresh_from_db()
    assert other.gate_outcome == "passed"


def test_a_rule_that_can_be_read_no_more_fails_and_lets_the_job_end(
    end: Callable[..., Job], project: Project
) -> None:
    Project.objects.filter(pk=project.pk).update(gates=["miou at least a half"])
    job = end()
    assert (job.state, job.gate_outcome) == (State.SUCCEEDED, "failed")
    assert job.gates[0]["sentence"] == "This cannot be read as a rule any more."


def test_numbers_beyond_comparison_fail_and_let_the_job_end(end: Callable[..., Job]) -> None:
    job = end("miou >= uniform/miou + 1e308", "huge <= huge + 1e308", huge=1.7e308)
    assert job.gates[1]["sentence"] == "Its numbers are too large to be compared."
    assert job.gate_outcome == "failed"


def test_only_a_job_that_succeeded_is_judged(make_job: Any, take: Take, project: Project, user: User) -> None:
    change_project(project=project, user=user, gates=["miou >= 0.4"])
    failed, cancelled = make_job(), make_job()
    fail(claim=take(), cause="crashed", sentence="It broke.")
    request_cancel(job=cancelled, user=user)
    for job in (failed, cancelled):
        job.refresh_from_db()
        assert (job.is_final, job.gate_outcome, job.gates) == (True, "", [])


def test_a_group_is_judged_over_the_seeds_of_its_reference_once_all_have_ended(
    study: Callable[..., Group],
) -> None:
    group = study("miou >= 0.5", "worst(miou) >= 0.5", "worst(miou) >= solo/miou")
    for job, miou in zip(seeds_of(group), (0.4, 0.5, 0.66), strict=True):
        group.refresh_from_db()
        assert group.gate_outcome == ""
        finish(job, miou=miou)
    group.refresh_from_db()
    assert group.gate_outcome == "failed"
    assert [gate["sentence"] for gate in group.gates] == [
        "miou is 0.52 on average of 3 seeds, and 0.5 or more is asked.",
        "miou is 0.4 at worst over 3 seeds (seed 1), but 0.5 or more is asked.",
        "The job of seed 1 has no final metric 'solo/miou'; near names are test/miou.",
    ]
    assert not Job.objects.filter(group=group).exclude(gate_outcome="").exists()


def test_the_worst_seed_is_the_one_nearest_to_failing(study: Callable[..., Group]) -> None:
    group = study("worst(miou) >= test/r1 - 0.1", "worst(size) <= 5", "worst(size) == 5")
    numbers = ((0.5, 0.3, 4.0), (0.6, 0.65, 5.0), (0.4, 0.2, 4.5))
    for job, (miou, r1, size) in zip(seeds_of(group), numbers, strict=True):
        finish(job, miou=miou, r1=r1, size=size)
    group.refresh_from_db()
    assert [(gate["passed"], gate["left"]) for gate in group.gates] == [
        (True, 0.6),
        (True, 5.0),
        (False, 4.0),
    ]


def test_a_seed_that_failed_fails_the_gates_of_its_group_until_it_is_retried(
    study: Callable[..., Group], user: User
) -> None:
    group = study("miou >= 0.1")
    first, second, third = seeds_of(group)
    finish(first, miou=0.5)
    finish(second, State.FAILED)
    finish(third, miou=0.5)
    group.refresh_from_db()
    assert group.gate_outcome == "failed"
    assert group.gates[0]["sentence"] == "Not all seeds of the reference succeeded: seed 2 (failed)."
    retry(job=second, user=user)
    group.refresh_from_db()
    assert (group.gate_outcome, group.gates) == ("", [])
    finish(second, miou=0.5)
    group.refresh_from_db()
    assert group.gate_outcome == "passed"


@pytest.mark.django_db(transaction=True)
def test_seeds_that_end_at_the_same_moment_are_judged_all_the_same(
    study: Callable[..., Group], meanwhile: Callable[[Callable[[], None]], None], wait_for: Any
) -> None:
    group = study("miou >= 0.4")
    first, *others = seeds_of(group)
    finish(first, miou=0.5)
    together = threading.Barrier(2)
    ended: list[int] = []

    def end(job: Job) -> None:
        together.wait(10)
        finish(job, miou=0.5)
        ended.append(job.pk)

    for job in others:
        meanwhile(lambda job=job: end(job))  # type: ignore[misc]
    wait_for(lambda: len(ended) == 2)
    group.refresh_from_db()
    assert group.gate_outcome == "passed"
