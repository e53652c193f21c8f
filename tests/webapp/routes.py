"""How each route is asked in tests of permissions: by which methods, and with what in the query and the body."""

from __future__ import annotations

from webapp.permissions import PERMISSIONS, Who, needed

POST_ONLY = {
    "logout",
    "token-revocation",
    "api-uploads",
    "job-cancellation",
    "job-pause",
    "job-promotion",
    "job-comparison",
    "job-actions",
    "job-description",
    "job-view-new",
    "job-view-deletion",
    "api-job-actions",
    "api-job-plan",
    "job-baseline",
    "baseline-removal",
    "job-resumption",
    "job-retry",
    "worker-drain",
    "group-cancellation",
    "api-job-resubmission",
    "api-job-promotion",
    "api-job-predictions",
    "dataset-archive",
    "teacher-archive",
    "registration-decision",
    "registration-cancellation",
    "job-inspect-selection",
    "zoo-measurement",
    "api-zoo-measurements",
    "selection-deletion",
    "webhook-switch",
    "webhook-rotation",
    "webhook-test",
    "webhook-redelivery",
    "webhook-deletion",
    "api-webhook-rotation",
    "api-webhook-test",
    "api-webhook-redelivery",
    "member-role",
    "member-removal",
    "person-change",
}
PUT_ONLY = {
    "api-account-password",
    "api-job-cancellation",
    "api-registration-decision",
    "api-registration-cancellation",
}
PUT_ONLY |= {"api-job-retry", "api-job-completion", "api-group-cancellation"}
METHODS = {
    **dict.fromkeys(POST_ONLY, ("POST",)),
    **dict.fromkeys(PUT_ONLY, ("PUT",)),
    **dict.fromkeys(("api-dataset", "api-teacher"), ("GET", "DELETE")),
    **dict.fromkeys(("api-dataset-archive", "api-teacher-archive"), ("PUT", "DELETE")),
    **dict.fromkeys(("api-job-pause", "api-worker-drain"), ("PUT", "DELETE")),
    "api-job": ("GET", "PATCH", "DELETE"),
    "api-view": ("GET", "PATCH", "DELETE"),
    "api-selection": ("GET", "DELETE"),
    "api-job-schedule": ("PATCH",),
    "api-project": ("GET", "PATCH"),
    "api-baseline": ("GET", "PUT", "DELETE"),
    "api-token": ("DELETE",),
    "api-webhook": ("GET", "PATCH", "DELETE"),
    "api-member": ("PATCH", "DELETE"),
    "api-user": ("GET", "PATCH"),
}
BOTH = {"login", "password", "tokens", "project-new", "dataset-new", "teacher-new", "job-new"}
BOTH |= {
    "api-projects",
    "api-datasets",
    "api-teachers",
    "api-jobs",
    "api-views",
    "api-groups",
    "api-job-metrics",
    "api-selections",
    "dataset-deletion",
    "teacher-deletion",
}
BOTH |= {"webhooks", "webhook", "api-webhooks"}
BOTH |= {"members", "people", "api-tokens", "api-members", "api-users"}
BOTH |= {"job-deletion", "job-schedule", "job-prediction", "project-settings"}
PROJECT_IN_QUERY = {
    "api-uploads",
    "api-registrations",
    "api-jobs",
    "api-job-table-file",
    "api-datasets",
    "api-teachers",
    "api-groups",
}
JOBS_IN_QUERY = {"api-overlay", "api-compare", "api-compare-weights", "api-compare-samples", "compare"}
WANTED: dict[str, dict[str, object]] = {
    "api-jobs": {"spec": {}},
    "api-job-plan": {"spec": {}},
    "api-groups": {"document": {}},
    "api-job-actions": {"action": "archive", "jobs": [1]},
}
HTTP_ROUTES = sorted(route for route in PERMISSIONS if not route.startswith("live-"))
CASES = [
    (route, method)
    for route in HTTP_ROUTES
    for method in METHODS.get(route, ("GET", "POST") if route in BOTH else ("GET",))
]

OF_A_PROJECT = [
    (route, method)
    for route, method in CASES
    if route.startswith("api-") and needed(route, method) in {Who.VIEWER, Who.EDITOR, Who.ADMIN}
]
