"""All tables of mtkd."""

from jobs.models.access import ApiToken, Membership, Project, Role, User
from jobs.models.history import Artifact, Event, MetricChunk
from jobs.models.job import ACTIVE, FINAL, Attempt, Job, Outcome, State
from jobs.models.sources import Dataset, Teacher

__all__ = [
    "ACTIVE",
    "FINAL",
    "ApiToken",
    "Artifact",
    "Attempt",
    "Dataset",
    "Event",
    "Job",
    "Membership",
    "MetricChunk",
    "Outcome",
    "Project",
    "Role",
    "State",
    "Teacher",
    "User",
]
