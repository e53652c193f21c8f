"""All tables of mtkd."""

from jobs.models.access import ApiToken, Membership, Project, Role, User
from jobs.models.history import Artifact, Event, MetricChunk
from jobs.models.job import ACTIVE, FINAL, Attempt, Job, Outcome, State
from jobs.models.registration import (
    REGISTRATION_FINAL,
    Registration,
    RegistrationKind,
    RegistrationState,
    Upload,
)
from jobs.models.sources import Dataset, Teacher, TeacherKind
from jobs.models.stored import Blob, StoredFile

__all__ = [
    "ACTIVE",
    "FINAL",
    "REGISTRATION_FINAL",
    "ApiToken",
    "Artifact",
    "Attempt",
    "Blob",
    "Dataset",
    "Event",
    "Job",
    "Membership",
    "MetricChunk",
    "Outcome",
    "Project",
    "Registration",
    "RegistrationKind",
    "RegistrationState",
    "Role",
    "State",
    "StoredFile",
    "Teacher",
    "TeacherKind",
    "Upload",
    "User",
]
