"""What a token's scopes let it do: every REST route has an area, reading and writing are scopes of it.

`webapp.permissions.PERMISSIONS` says what the user must be; this table says what the token must have been given, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from jobs.models import ApiToken, Scope

READING = ("GET", "HEAD", "OPTIONS")

Needed = tuple[Scope, ...]
Area = tuple[Needed, Needed]
JOBS: Area = ((Scope.JOBS_READ,), (Scope.JOBS_WRITE,))
SOURCES: Area = ((Scope.SOURCES_READ,), (Scope.SOURCES_WRITE,))
PROJECTS: Area = ((Scope.PROJECTS_READ,), (Scope.PROJECTS_WRITE,))
SYSTEM: Area = ((Scope.SYSTEM_READ,), (Scope.SYSTEM_WRITE,))
# Who gives out passwords can log in and do everything: a token that may do less must not get there.
PEOPLE: Area = ((Scope.SYSTEM_READ,), tuple(Scope))

AREAS: Mapping[str, Area | None] = {
    "api-schema": None,
    "api-prometheus": SYSTEM,
    "api-account": None,
    "api-account-password": PEOPLE,
    "api-tokens": PROJECTS,
    "api-token": PROJECTS,
    "api-users": PEOPLE,
    "api-user": PEOPLE,
    "api-members": PROJECTS,
    "api-member": PROJECTS,
    "api-projects": PROJECTS,
    "api-project": PROJECTS,
    "api-health": SYSTEM,
    "api-queues": SYSTEM,
    "api-workers": SYSTEM,
    "api-worker-drain": SYSTEM,
    "api-datasets": SOURCES,
    "api-dataset": SOURCES,
    "api-dataset-archive": SOURCES,
    "api-dataset-samples": SOURCES,
    "api-dataset-clips": SOURCES,
    "api-dataset-clip": SOURCES,
    "api-dataset-overlay": SOURCES,
    "api-dataset-images": SOURCES,
    "api-dataset-image": SOURCES,
    "api-dataset-video": SOURCES,
    "api-teachers": SOURCES,
    "api-teacher": SOURCES,
    "api-teacher-archive": SOURCES,
    "api-zoo": SOURCES,
    "api-zoo-partners": SOURCES,
    "api-zoo-expertise": SOURCES,
    "api-zoo-measurements": SOURCES,
    "api-registrations": SOURCES,
    "api-registration": SOURCES,
    "api-registration-decision": SOURCES,
    "api-registration-cancellation": SOURCES,
    "api-uploads": SOURCES,
    "api-upload": SOURCES,
    "api-jobs": JOBS,
    "api-job-table-file": JOBS,
    "api-job-actions": JOBS,
    "api-job-plan": JOBS,
    "api-views": JOBS,
    "api-view": JOBS,
    "api-job": JOBS,
    "api-job-cancellation": JOBS,
    "api-job-pause": JOBS,
    "api-job-retry": JOBS,
    "api-job-resubmission": JOBS,
    "api-job-schedule": JOBS,
    "api-baselines": JOBS,
    "api-baseline": JOBS,
    "api-job-promotion": SOURCES,
    "api-job-predictions": JOBS,
    "api-job-prediction": JOBS,
    "api-job-events": JOBS,
    "api-job-log": JOBS,
    "api-job-stream": JOBS,
    "api-job-metrics": JOBS,
    "api-job-completion": JOBS,
    "api-overlay": JOBS,
    "api-compare": JOBS,
    "api-compare-weights": JOBS,
    "api-compare-samples": JOBS,
    "api-job-artifacts": JOBS,
    "api-job-artifact": JOBS,
    "api-job-samples": JOBS,
    "api-job-samples-file": JOBS,
    "api-job-sample": JOBS,
    "api-job-map": JOBS,
    "api-job-confusion": JOBS,
    "api-selections": JOBS,
    "api-selection": JOBS,
    "api-webhooks": PROJECTS,
    "api-webhook": PROJECTS,
    "api-webhook-rotation": PROJECTS,
    "api-webhook-test": PROJECTS,
    "api-webhook-deliveries": PROJECTS,
    "api-webhook-redelivery": PROJECTS,
    "api-groups": JOBS,
    "api-group": JOBS,
    "api-group-cancellation": JOBS,
}
"""None: open to every token."""


def missing_scopes(*, token: ApiToken, route: str, method: str) -> Needed | None:
    """This will name the scopes that a token lacks for a request; None where no token is let in at all."""
    if route not in AREAS:
        return None
    area = AREAS[route]
    needed = () if area is None else area[0 if method in READING else 1]
    return tuple(scope for scope in needed if scope not in token.scopes)
