"""What tests of whole ways over clips share: teachers out of real jobs and the parts of a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Page, expect

from jobs.models import Job, Project, Registration, RegistrationState, State, User
from jobs.operations.jobs import submit
from jobs.operations.registrations import promote
from mtkd_engine.spec import parse

PATIENCE = 400.0
"""Seconds: a machine that does much else is no failure."""
TINY = {"family": "cifar_resnet", "depth": 8}
SIZE = 24
SEEN: Mapping[str, Any] = {"segments": 2, "size": SIZE}
READ_FRAMES: Mapping[str, Any] = {"kind": "clip", "frames": 2, "size": SIZE}


def of_frames(dataset: str) -> dict[str, Any]:
    """This will give the parts of a spec of a small network on frames of clips."""
    net = {"family": "frames", "backbone": TINY}
    return {
        "data": {"kind": "clips", "dataset": dataset, **SEEN},
        "student": {"net": net, "input": dict(READ_FRAMES)},
    }


def of_streams(dataset: str) -> dict[str, Any]:
    """This will give the parts of a spec of a small network on all three streams of clips."""
    net = {"family": "streams", "iframe": TINY, "motion": TINY, "residual": TINY}
    return {
        "data": {"kind": "streams", "dataset": dataset, **SEEN},
        "student": {"net": net, "input": {"kind": "streams", **SEEN}},
    }


def teach(
    project: Project, user: User, name: str, parts: Mapping[str, Any], *, until: Callable[..., None]
) -> None:
    """This will make a teacher: the student of a real job from labels alone, whose form has tests of its own.

    It needs workers of both kinds.
    """
    optim = {"epochs": 1, "batch_size": 12}
    raw = {"task": "classification", "name": name, "optim": optim, **parts}
    job = submit(project=project, user=user, spec=parse(raw))
    until(lambda: Job.objects.get(pk=job.pk).is_final, seconds=PATIENCE)
    done = Job.objects.get(pk=job.pk)
    assert done.state == State.SUCCEEDED, done.failure
    promoted = promote(job=done, user=user, name=name)
    until(lambda: Registration.objects.get(pk=promoted.pk).is_final, seconds=PATIENCE)
    promoted.refresh_from_db()
    assert promoted.state == RegistrationState.REGISTERED, promoted.sentence


def registered(page: Page) -> None:
    """This will press the button of the form, accept the repairs that are needed, and wait for the dataset's card."""
    page.get_by_role("button", name="Register dataset").click()
    accept = page.get_by_role("button", name=re.compile("^Register (with|as)"))
    card = page.get_by_role("heading", name="What it is", exact=True)
    expect(accept.or_(card)).to_be_visible(timeout=1000 * PATIENCE)
    if accept.is_visible():
        accept.click()
    expect(card).to_be_visible(timeout=1000 * PATIENCE)


def fill(page: Page, *, name: str, dataset: str, method: str, teachers: tuple[str, ...], epochs: int) -> None:
    """This will fill in what jobs on any clips ask for."""
    page.locator("#f-name").fill(name)
    page.get_by_label("Dataset", exact=True).select_option(dataset)
    page.locator("#f-optim-epochs").fill(str(epochs))
    page.get_by_label("Method").select_option(method)
    for teacher in teachers:
        page.get_by_label(re.compile(f"^{teacher}")).check()
    student = page.locator("section", has=page.get_by_role("heading", name="Student", exact=True))
    student.get_by_text("More settings").last.click()


def see_little(page: Page) -> None:
    """This will fill in that little is seen of every clip."""
    page.locator("#f-data-segments").fill(str(SEEN["segments"]))
    page.locator("#f-data-size").fill(str(SIZE))
    page.locator("#f-student-input-size").fill(str(SIZE))


def submitted(page: Page, *, name: str, state: str = "succeeded") -> None:
    """This will press the button of the form, and wait until the job is in a state."""
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator('[data-part="state"]')).to_have_text(state, timeout=1000 * PATIENCE)
