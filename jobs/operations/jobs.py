"""Submitting and cancelling jobs."""

from __future__ import annotations

from jobs.models import Job, Project, User
from mtkd_engine.spec import Spec


def submit(*, project: Project, user: User, spec: Spec) -> Job:
    """This will freeze `spec` as a queued job of the project and ring for a worker.

    Raises UnableToSubmit, whose `fields` name what does not fit.
    """
    raise NotImplementedError


def request_cancel(*, job: Job, user: User) -> Job:
    """This will cancel a queued job at once and ask the worker of an active one to stop it.

    Raises UnableToCancel for a job that has come to its end.
    """
    raise NotImplementedError
