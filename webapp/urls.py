"""Every address of the site; each name must stand in `webapp.access.PERMISSIONS`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from webapp.api.health import prometheus
from webapp.pages import (
    account,
    checkup,
    compare,
    errors,
    groups,
    health,
    home,
    inspect,
    inspect_sample,
    job,
    lifecycle,
    members,
    people,
    prediction,
    projects,
    queue,
    registration,
    samples,
    selections,
    sources,
    submit,
    workers,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("healthz", health.alive, name="health"),
    path("readyz", health.ready, name="readiness"),
    path("metrics", prometheus, name="api-prometheus"),
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path("account/password/", account.password, name="password"),
    path("account/tokens/", account.tokens, name="tokens"),
    path("account/tokens/<int:token_id>/revocation/", account.revocation, name="token-revocation"),
    path("people/", people.people, name="people"),
    path("people/<str:username>/change/", people.change, name="person-change"),
    path("queue/", queue.queue, name="queue"),
    path("workers/", workers.workers, name="workers"),
    path("workers/<int:worker_id>/drain/", workers.drain, name="worker-drain"),
    path("health/", checkup.checkup, name="health-page"),
    path("compare/", compare.compare, name="compare"),
    path("projects/new/", home.project_new, name="project-new"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/settings/", projects.project_settings, name="project-settings"),
    path("projects/<slug:slug>/members/", members.members, name="members"),
    path("projects/<slug:slug>/members/<str:username>/role/", members.role, name="member-role"),
    path("projects/<slug:slug>/members/<str:username>/removal/", members.removal, name="member-removal"),
    path("projects/<slug:slug>/jobs/", projects.job_list, name="job-list"),
    path("projects/<slug:slug>/jobs/new/", submit.job_new, name="job-new"),
    path("projects/<slug:slug>/groups/", groups.group_list, name="group-list"),
    path("projects/<slug:slug>/datasets/new/", registration.dataset_new, name="dataset-new"),
    path("projects/<slug:slug>/teachers/new/", registration.teacher_new, name="teacher-new"),
    path("datasets/<int:dataset_id>/", sources.dataset, name="dataset"),
    path("datasets/<int:dataset_id>/samples/", samples.samples, name="dataset-samples"),
    path("datasets/<int:dataset_id>/samples/<int:row>/", samples.sample, name="dataset-sample"),
    path("datasets/<int:dataset_id>/videos/<path:name>", samples.video, name="dataset-video"),
    path("datasets/<int:dataset_id>/archive/", sources.dataset_archive, name="dataset-archive"),
    path("datasets/<int:dataset_id>/deletion/", sources.dataset_deletion, name="dataset-deletion"),
    path("teachers/<int:teacher_id>/", sources.teacher, name="teacher"),
    path("teachers/<int:teacher_id>/archive/", sources.teacher_archive, name="teacher-archive"),
    path("teachers/<int:teacher_id>/deletion/", sources.teacher_deletion, name="teacher-deletion"),
    path("registrations/<int:registration_id>/", registration.registration, name="registration"),
    path(
        "registrations/<int:registration_id>/progress/", registration.progress, name="registration-progress"
    ),
    path(
        "registrations/<int:registration_id>/decision/", registration.decision, name="registration-decision"
    ),
    path(
        "registrations/<int:registration_id>/cancellation/",
        registration.cancellation,
        name="registration-cancellation",
    ),
    path("jobs/<int:job_id>/", job.job, name="job"),
    path("jobs/<int:job_id>/outcome/", job.outcome, name="job-outcome"),
    path("jobs/<int:job_id>/head/", job.head, name="job-head"),
    path("jobs/<int:job_id>/log/", job.log, name="job-log"),
    path("jobs/<int:job_id>/attempts/", job.attempts, name="job-attempts"),
    path("jobs/<int:job_id>/cancellation/", lifecycle.cancellation, name="job-cancellation"),
    path("jobs/<int:job_id>/pause/", lifecycle.pause, name="job-pause"),
    path("jobs/<int:job_id>/resumption/", lifecycle.resumption, name="job-resumption"),
    path("jobs/<int:job_id>/retry/", lifecycle.another_try, name="job-retry"),
    path("jobs/<int:job_id>/schedule/", lifecycle.schedule, name="job-schedule"),
    path("jobs/<int:job_id>/deletion/", lifecycle.deletion, name="job-deletion"),
    path("jobs/<int:job_id>/promotion/", job.promotion, name="job-promotion"),
    path("jobs/<int:job_id>/prediction/", prediction.prediction, name="job-prediction"),
    path("jobs/<int:job_id>/artifacts/<str:name>", job.artifact, name="artifact"),
    path("jobs/<int:job_id>/samples/", inspect.samples, name="job-inspect"),
    path("jobs/<int:job_id>/samples/file.<str:form>", inspect.samples_file, name="job-inspect-file"),
    path("jobs/<int:job_id>/samples/selection/", inspect.selection, name="job-inspect-selection"),
    path("jobs/<int:job_id>/samples/<int:row>/", inspect_sample.sample, name="job-inspect-sample"),
    path("selections/<int:selection_id>/deletion/", selections.deletion, name="selection-deletion"),
    path("groups/<int:group_id>/", groups.group, name="group"),
    path("groups/<int:group_id>/table.csv", groups.group_csv, name="group-csv"),
    path("groups/<int:group_id>/cancellation/", groups.cancellation, name="group-cancellation"),
    path("api/", include("webapp.api.urls")),
]

handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
