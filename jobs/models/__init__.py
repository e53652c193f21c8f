"""All tables of mtkd."""

from jobs.models.access import ApiToken, Membership, Project, Role, Scope, User
from jobs.models.gate import Baseline, FinalMetric, GateOutcome
from jobs.models.group import Group
from jobs.models.history import Artifact, Checkpoint, Event, LogChunk, MetricChunk
from jobs.models.job import ACTIVE, FINAL, Attempt, Job, Outcome, State
from jobs.models.measurement import Measurement
from jobs.models.prediction import Prediction, PredictionState
from jobs.models.registration import (
    REGISTRATION_FINAL,
    Registration,
    RegistrationKind,
    RegistrationState,
    Upload,
)
from jobs.models.repeat import KeyedCall
from jobs.models.selection import Selection
from jobs.models.sources import Dataset, Teacher, TeacherKind
from jobs.models.stored import Blob, StoredFile
from jobs.models.view import SavedView
from jobs.models.webhook import Delivery, DeliveryState, Webhook
from jobs.models.worker import Beat, Queue, Worker

__all__ = [
    "ACTIVE",
    "FINAL",
    "REGISTRATION_FINAL",
    "ApiToken",
    "Artifact",
    "Attempt",
    "Baseline",
    "Beat",
    "Blob",
    "Checkpoint",
    "Dataset",
    "Delivery",
    "DeliveryState",
    "Event",
    "FinalMetric",
    "GateOutcome",
    "Group",
    "Job",
    "KeyedCall",
    "LogChunk",
    "Measurement",
    "Membership",
    "MetricChunk",
    "Outcome",
    "Prediction",
    "PredictionState",
    "Project",
    "Queue",
    "Registration",
    "RegistrationKind",
    "RegistrationState",
    "Role",
    "SavedView",
    "Scope",
    "Selection",
    "State",
    "StoredFile",
    "Teacher",
    "TeacherKind",
    "Upload",
    "User",
    "Webhook",
    "Worker",
]
