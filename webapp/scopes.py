"""What a token's scopes let it do: every REST route has an area, reading and writing are scopes of it.

`webapp.access.PERMISSIONS` says what the user must be; this table says what the token must have been given, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from jobs.models import Scope

READING = ("GET", "HEAD", "OPTIONS")

Area = tuple[Scope, Scope]
JOBS: Area = (Scope.JOBS_READ, Scope.JOBS_WRITE)
SOURCES: Area = (Scope.SOURCES_READ, Scope.SOURCES_WRITE)
PROJECTS: Area = (Scope.PROJECTS_READ, Scope.PROJECTS_WRITE)
SYSTEM: Area = (Scope.SYSTEM_READ, Scope.SYSTEM_WRITE)

AREAS: Mapping[str, Area | None] = {
    "api-schema": None,
    "api-prometheus": SYSTEM,
    "api-projects": PROJECTS,
    "api-project": PROJECTS,
    "api-queues": SYSTEM,
    "api-workers": SYSTEM,
    "api-worker-drain": SYSTEM,
    "api-datasets": SOURCES,
    "api-dataset": SOURCES,
    "api-dataset-archive": SOURCES,
    "api-dataset-samples": SOURCES,
    "api-teachers": SOURCES,
    "api-teacher": SOURCES,
    "api-teacher-archive": SOURCES,
    "api-registrations": SOURCES,
    "api-registration": SOURCES,
    "api-registration-decision": SOURCES,
    "api-registration-cancellation": SOURCES,
    "api-uploads": SOURCES,
    "api-upload": SOURCES,
    "api-jobs": JOBS,
    "api-job": JOBS,
    "api-job-cancellation": JOBS,
    "api-job-pause": JOBS,
    "api-job-retry": JOBS,
    "api-job-resubmission": JOBS,
    "api-job-schedule": JOBS,
    "api-job-promotion": SOURCES,
    "api-job-predictions": JOBS,
    "api-job-prediction": JOBS,
    "api-job-events": JOBS,
    "api-job-log": JOBS,
    "api-job-metrics": JOBS,
    "api-job-completion": JOBS,
    "api-overlay": JOBS,
    "api-job-artifacts": JOBS,
    "api-job-artifact": JOBS,
    "api-job-samples": JOBS,
    "api-job-samples-file": JOBS,
    "api-selections": JOBS,
    "api-selection": JOBS,
    "api-groups": JOBS,
    "api-group": JOBS,
    "api-group-cancellation": JOBS,
}
"""None: open to every token."""
