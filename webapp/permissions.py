"""The permission table: every route of the site, the REST API and the websockets, with the least standing it asks for.

A route that is missing is refused to everybody. `webapp.access` enforces it, `webapp.scopes` says what a token needs
besides.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied


class Who(enum.IntEnum):
    """The least standing that a route asks for; each includes the ones before it."""

    ANYONE = 0
    USER = 1
    VIEWER = 2
    EDITOR = 3
    ADMIN = 4
    OPERATOR = 5  # a superuser: who runs this installation


Rule = Who | Mapping[str, Who]  # by HTTP method where reading and writing differ

READ_OR_EDIT: Rule = {"GET": Who.VIEWER, "POST": Who.EDITOR}
READ_OR_DELETE: Rule = {"GET": Who.VIEWER, "DELETE": Who.ADMIN}

PERMISSIONS: dict[str, Rule] = {
    # Pages
    "login": Who.ANYONE,
    "health": Who.ANYONE,
    "readiness": Who.ANYONE,
    "logout": Who.USER,
    "password": Who.USER,
    "tokens": Who.USER,
    "token-revocation": Who.USER,
    "home": Who.USER,
    "project-new": Who.USER,
    "project": Who.VIEWER,
    "project-settings": Who.ADMIN,
    "members": {"GET": Who.VIEWER, "POST": Who.ADMIN},
    "member-role": Who.ADMIN,
    "member-removal": Who.ADMIN,
    "people": Who.OPERATOR,
    "person-change": Who.OPERATOR,
    "webhooks": Who.ADMIN,
    "webhook": Who.ADMIN,
    "webhook-switch": Who.ADMIN,
    "webhook-rotation": Who.ADMIN,
    "webhook-test": Who.ADMIN,
    "webhook-redelivery": Who.ADMIN,
    "webhook-deletion": Who.ADMIN,
    "badge-of-job": Who.ANYONE,
    "badge-of-baseline": Who.ANYONE,
    "queue": Who.USER,
    "workers": Who.USER,
    "worker-drain": Who.OPERATOR,
    "health-page": Who.USER,
    "dataset": Who.VIEWER,
    "dataset-samples": Who.VIEWER,
    "dataset-sample": Who.VIEWER,
    "dataset-image": Who.VIEWER,
    "dataset-clip": Who.VIEWER,
    "dataset-overlay": Who.VIEWER,
    "dataset-video": Who.VIEWER,
    "dataset-archive": Who.EDITOR,
    "dataset-deletion": Who.ADMIN,
    "dataset-new": Who.EDITOR,
    "teacher": Who.VIEWER,
    "teacher-archive": Who.EDITOR,
    "teacher-deletion": Who.ADMIN,
    "teacher-new": Who.EDITOR,
    "zoo": Who.VIEWER,
    "zoo-measurement": Who.EDITOR,
    "registration": Who.VIEWER,
    "registration-progress": Who.VIEWER,
    "registration-decision": Who.EDITOR,
    "registration-cancellation": Who.EDITOR,
    "job-list": Who.VIEWER,
    "job-table-file": Who.VIEWER,
    "job-columns": Who.VIEWER,
    "job-comparison": Who.VIEWER,
    "job-actions": Who.EDITOR,
    "job-view-new": Who.EDITOR,
    "job-view-deletion": Who.EDITOR,
    "job-new": Who.EDITOR,
    "job": Who.VIEWER,
    "job-outcome": Who.VIEWER,
    "job-head": Who.VIEWER,
    "job-attempts": Who.VIEWER,
    "job-log": Who.VIEWER,
    "job-cancellation": Who.EDITOR,
    "job-pause": Who.EDITOR,
    "job-resumption": Who.EDITOR,
    "job-retry": Who.EDITOR,
    "job-schedule": Who.EDITOR,
    "job-description": Who.EDITOR,
    "job-deletion": Who.ADMIN,
    "job-baseline": Who.EDITOR,
    "baseline-removal": Who.EDITOR,
    "job-promotion": Who.EDITOR,
    "job-prediction": READ_OR_EDIT,
    "artifact": Who.VIEWER,
    "job-inspect": Who.VIEWER,
    "job-inspect-file": Who.VIEWER,
    "job-inspect-confusion": Who.VIEWER,
    "job-inspect-sample": Who.VIEWER,
    "job-inspect-map": Who.VIEWER,
    "job-inspect-selection": Who.EDITOR,
    "selection-deletion": Who.EDITOR,
    "group-list": Who.VIEWER,
    "group": Who.VIEWER,
    "group-csv": Who.VIEWER,
    "group-cancellation": Who.EDITOR,
    "compare": Who.VIEWER,
    # Websockets
    "live-job": Who.VIEWER,
    "live-job-log": Who.VIEWER,
    "live-nowhere": Who.ANYONE,
    # REST
    "api-schema": Who.ANYONE,
    "api-prometheus": Who.USER,
    "api-account": Who.USER,
    "api-account-password": Who.USER,
    "api-tokens": Who.USER,
    "api-token": Who.USER,
    "api-users": Who.OPERATOR,
    "api-user": Who.OPERATOR,
    "api-members": {"GET": Who.VIEWER, "POST": Who.ADMIN},
    "api-member": Who.ADMIN,
    "api-projects": Who.USER,
    "api-project": {"GET": Who.VIEWER, "PATCH": Who.ADMIN},
    "api-baselines": Who.VIEWER,
    "api-baseline": {"GET": Who.VIEWER, "PUT": Who.EDITOR, "DELETE": Who.EDITOR},
    "api-health": Who.USER,
    "api-queues": Who.USER,
    "api-workers": Who.USER,
    "api-worker-drain": Who.OPERATOR,
    "api-datasets": READ_OR_EDIT,
    "api-dataset": READ_OR_DELETE,
    "api-dataset-archive": Who.EDITOR,
    "api-dataset-samples": Who.VIEWER,
    "api-dataset-clips": Who.VIEWER,
    "api-dataset-clip": Who.VIEWER,
    "api-dataset-overlay": Who.VIEWER,
    "api-dataset-images": Who.VIEWER,
    "api-dataset-image": Who.VIEWER,
    "api-dataset-video": Who.VIEWER,
    "api-teachers": READ_OR_EDIT,
    "api-teacher": READ_OR_DELETE,
    "api-teacher-archive": Who.EDITOR,
    "api-zoo": Who.VIEWER,
    "api-zoo-partners": Who.VIEWER,
    "api-zoo-expertise": Who.VIEWER,
    "api-zoo-measurements": Who.EDITOR,
    "api-registrations": Who.VIEWER,
    "api-registration": Who.VIEWER,
    "api-registration-decision": Who.EDITOR,
    "api-registration-cancellation": Who.EDITOR,
    "api-jobs": READ_OR_EDIT,
    "api-job-table-file": Who.VIEWER,
    "api-job-actions": Who.EDITOR,
    "api-job-plan": Who.EDITOR,
    "api-job": {"GET": Who.VIEWER, "PATCH": Who.EDITOR, "DELETE": Who.ADMIN},
    "api-views": READ_OR_EDIT,
    "api-view": {"GET": Who.VIEWER, "PATCH": Who.EDITOR, "DELETE": Who.EDITOR},
    "api-job-cancellation": Who.EDITOR,
    "api-job-pause": Who.EDITOR,
    "api-job-retry": Who.EDITOR,
    "api-job-resubmission": Who.EDITOR,
    "api-job-schedule": Who.EDITOR,
    "api-job-promotion": Who.EDITOR,
    "api-job-predictions": Who.EDITOR,
    "api-job-prediction": Who.VIEWER,
    "api-job-events": Who.VIEWER,
    "api-job-log": Who.VIEWER,
    "api-job-stream": Who.VIEWER,
    "api-job-metrics": READ_OR_EDIT,
    "api-job-completion": Who.EDITOR,
    "api-overlay": Who.VIEWER,
    "api-compare": Who.VIEWER,
    "api-compare-weights": Who.VIEWER,
    "api-compare-samples": Who.VIEWER,
    "api-job-artifacts": Who.VIEWER,
    "api-job-artifact": Who.VIEWER,
    "api-job-samples": Who.VIEWER,
    "api-job-samples-file": Who.VIEWER,
    "api-job-sample": Who.VIEWER,
    "api-job-map": Who.VIEWER,
    "api-job-confusion": Who.VIEWER,
    "api-selections": READ_OR_EDIT,
    "api-selection": {"GET": Who.VIEWER, "DELETE": Who.EDITOR},
    "api-groups": READ_OR_EDIT,
    "api-group": Who.VIEWER,
    "api-group-cancellation": Who.EDITOR,
    "api-webhooks": Who.ADMIN,
    "api-webhook": Who.ADMIN,
    "api-webhook-rotation": Who.ADMIN,
    "api-webhook-test": Who.ADMIN,
    "api-webhook-deliveries": Who.ADMIN,
    "api-webhook-redelivery": Who.ADMIN,
    "api-uploads": Who.EDITOR,
    "api-upload": Who.EDITOR,
}


def needed(route: str, method: str = "GET") -> Who:
    """This will return what the table asks of a request; PermissionDenied where the table does not know it."""
    rule = PERMISSIONS.get(route)
    if isinstance(rule, Mapping):
        rule = rule.get("GET" if method in {"HEAD", "OPTIONS"} else method)
    if rule is None:
        raise PermissionDenied("This address is not open to anybody.")
    return rule
