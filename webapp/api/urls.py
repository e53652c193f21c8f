"""Addresses of the REST API; each name must stand in `webapp.access.PERMISSIONS`."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from webapp.api import (
    groups,
    history,
    inspect,
    jobs,
    lifecycle,
    logs,
    overlay,
    points,
    predictions,
    projects,
    queues,
    registrations,
    samples,
    selections,
    sources,
    uploads,
    workers,
)

urlpatterns: list[URLPattern] = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("v1/projects/", projects.projects, name="api-projects"),
    path("v1/projects/<slug:slug>/", projects.project, name="api-project"),
    path("v1/queues/", queues.queues, name="api-queues"),
    path("v1/workers/", workers.workers, name="api-workers"),
    path("v1/workers/<int:worker_id>/drain/", workers.drain, name="api-worker-drain"),
    path("v1/datasets/", sources.datasets, name="api-datasets"),
    path("v1/datasets/<int:dataset_id>/", sources.dataset, name="api-dataset"),
    path("v1/datasets/<int:dataset_id>/samples/", samples.samples, name="api-dataset-samples"),
    path("v1/teachers/", sources.teachers, name="api-teachers"),
    path("v1/teachers/<int:teacher_id>/", sources.teacher, name="api-teacher"),
    path("v1/datasets/<int:dataset_id>/archive/", sources.dataset_archive, name="api-dataset-archive"),
    path("v1/teachers/<int:teacher_id>/archive/", sources.teacher_archive, name="api-teacher-archive"),
    path("v1/registrations/", registrations.registrations, name="api-registrations"),
    path("v1/registrations/<int:registration_id>/", registrations.registration, name="api-registration"),
    path(
        "v1/registrations/<int:registration_id>/decision/",
        registrations.decision,
        name="api-registration-decision",
    ),
    path(
        "v1/registrations/<int:registration_id>/cancellation/",
        registrations.cancellation,
        name="api-registration-cancellation",
    ),
    path("v1/uploads/", uploads.Uploads.as_view(), name="api-uploads"),
    path("v1/uploads/<uuid:upload_id>/", uploads.OneUpload.as_view(), name="api-upload"),
    path("v1/jobs/", jobs.jobs, name="api-jobs"),
    path("v1/jobs/<int:job_id>/", jobs.job, name="api-job"),
    path("v1/jobs/<int:job_id>/cancellation/", lifecycle.cancellation, name="api-job-cancellation"),
    path("v1/jobs/<int:job_id>/pause/", lifecycle.pause, name="api-job-pause"),
    path("v1/jobs/<int:job_id>/retry/", lifecycle.again, name="api-job-retry"),
    path("v1/jobs/<int:job_id>/resubmission/", lifecycle.resubmission, name="api-job-resubmission"),
    path("v1/jobs/<int:job_id>/schedule/", lifecycle.schedule, name="api-job-schedule"),
    path("v1/jobs/<int:job_id>/promotion/", jobs.promotion, name="api-job-promotion"),
    path("v1/jobs/<int:job_id>/events/", history.events, name="api-job-events"),
    path("v1/jobs/<int:job_id>/log/", logs.log, name="api-job-log"),
    path("v1/jobs/<int:job_id>/metrics/", history.metrics, name="api-job-metrics"),
    path("v1/jobs/<int:job_id>/predictions/", predictions.predictions, name="api-job-predictions"),
    path(
        "v1/jobs/<int:job_id>/predictions/<int:prediction_id>/",
        predictions.prediction,
        name="api-job-prediction",
    ),
    path("v1/jobs/<int:job_id>/completion/", points.completion, name="api-job-completion"),
    path("v1/groups/", groups.groups, name="api-groups"),
    path("v1/groups/<int:group_id>/", groups.group, name="api-group"),
    path("v1/groups/<int:group_id>/cancellation/", groups.cancellation, name="api-group-cancellation"),
    path("v1/metrics/", overlay.curves, name="api-overlay"),
    path("v1/jobs/<int:job_id>/artifacts/", history.artifacts, name="api-job-artifacts"),
    path("v1/jobs/<int:job_id>/artifacts/<str:name>", history.artifact, name="api-job-artifact"),
    path("v1/jobs/<int:job_id>/samples/", inspect.samples, name="api-job-samples"),
    path("v1/jobs/<int:job_id>/samples/file.<str:form>", inspect.samples_file, name="api-job-samples-file"),
    path("v1/projects/<slug:slug>/selections/", selections.selections, name="api-selections"),
    path(
        "v1/projects/<slug:slug>/selections/<int:selection_id>/", selections.selection, name="api-selection"
    ),
]
