from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Dataset, Job, Project, Teacher
from tests.webapp.conftest import MakeJob
from tests.webapp.test_spec_form import posted_back
from tests.webapp.working import a_worker
from webapp.forms.spec import SpecForm

URL = "/projects/moments/jobs/new/"
pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, dataset: Dataset, teachers: list[Teacher]) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


def filled(**changes: str) -> str:
    form = SpecForm(datasets=["world"], teachers=["map2d", "span"])
    return posted_back(form, mode="form", yaml="", **changes)


def submitted(client: Client, **changes: str) -> Job:
    send(client, filled(**changes))
    return Job.objects.latest("id")


def send(client: Client, body: str) -> object:
    return client.post(URL, body, content_type="application/x-www-form-urlencoded")


def test_the_empty_form_offers_what_the_project_has(editor: Client) -> None:
    page = editor.get(URL).content.decode()
    for text in ('value="world" selected', 'value="span"', "Learning rate", "(above 0, at most 1)"):
        assert text in page


def test_versions_and_annotations_without_features_are_told_apart(
    editor: Client, project: Project, dataset: Dataset
) -> None:
    newer = Dataset.objects.create(
        project=project,
        name="world",
        version=2,
        content_hash="2" * 64,
        report={**dataset.report, "feature_width": None},
    )
    page = editor.get(URL).content.decode()
    assert page.count('<option value="world">') == 1
    assert ">world (version 2, the newest; annotations only)<" in page
    assert '<option value="world@1">world@1</option>' in page
    newer.delete()
    job = submitted(editor, **{"data.dataset": "world@1"})
    again = editor.get(f"{URL}?like={job.pk}").content.decode()
    assert '<option value="world@1" selected>world@1</option>' in again


def test_the_form_becomes_a_job(editor: Client) -> None:
    answer = send(editor, filled(name="first", **{"optim.epochs": "3"}))
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"  # type: ignore[index]
    assert (job.name, job.spec["optim"]["epochs"]) == ("first", 3)


def test_teachers_are_chosen_by_name(editor: Client) -> None:
    body = filled(**{"method.kind": "emtm"}) + "&teachers=span&teachers=map2d"
    send(editor, body)
    assert set(Job.objects.get().teachers.values_list("name", flat=True)) == {"span", "map2d"}


def test_a_refused_form_shows_the_sentence_at_its_field_and_keeps_what_was_typed(editor: Client) -> None:
    answer = send(editor, filled(name="kept", **{"optim.epochs": "many", "student.net[map2d].clips": "13"}))
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'id="f-optim-epochs-error"' in page
    assert "Given &#x27;many&#x27;" in page
    assert 'value="kept"' in page
    assert 'value="13"' in page
    assert not Job.objects.exists()


def test_a_missing_dataset_is_named(editor: Client) -> None:
    page = send(editor, filled(**{"data.dataset": ""})).content.decode()  # type: ignore[attr-defined]
    assert "This key is required and was not given." in page


def test_method_emtm_without_teachers_is_refused_at_the_teachers(editor: Client) -> None:
    page = send(editor, filled(**{"method.kind": "emtm"})).content.decode()  # type: ignore[attr-defined]
    assert "method emtm accepts one or more" in page
    assert not Job.objects.exists()


def test_yaml_becomes_the_same_job(editor: Client) -> None:
    text = "name: by yaml\ndata: {dataset: world}\nmethod: {kind: emtm}\nteachers: [span]\n"
    editor.post(URL, {"mode": "yaml", "yaml": text})
    assert Job.objects.get().name == "by yaml"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("data: {dataset: world}\nepoks: 3", "epoks: this key is not known here"),
        ("data: {dataset: nowhere}", "data.dataset: "),
        ("data: {dataset: world}\nteachers: [ghost]\nmethod: {kind: emtm}", "teachers.0"),
        ("data: {dataset: [", "This is not readable YAML in line"),
        ("just words", "A spec is a mapping"),
        ("", "A spec is a mapping"),
        ("!!python/object/apply:os.system ['id']", "not readable YAML"),
    ],
)
def test_refused_yaml_says_why_and_is_kept(editor: Client, text: str, sentence: str) -> None:
    answer = editor.post(URL, {"mode": "yaml", "yaml": text, "name": "typed in the other tab"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "typed in the other tab" in page
    assert text.split("\n", maxsplit=1)[0].replace("'", "&#x27;") in page
    assert not Job.objects.exists()


def test_a_job_can_be_the_template_of_the_next(editor: Client, make_job: MakeJob) -> None:
    job = make_job(taught=True)
    page = editor.get(f"{URL}?like={job.pk}").content.decode()
    assert f'value="{job.name}"' in page
    assert 'value="span" checked' in page


def test_a_job_of_a_foreign_project_is_no_template(editor: Client, make_job: MakeJob) -> None:
    job = make_job()
    Job.objects.filter(pk=job.pk).update(project=Project.objects.create(name="Secret", slug="secret"))
    assert job.name not in editor.get(f"{URL}?like={job.pk}").content.decode()
    assert editor.get(f"{URL}?like=what").status_code == 200


@pytest.mark.parametrize("mode", ["form", "yaml"])
def test_queue_priority_and_deadline_stand_beside_the_spec_of_both_tabs(editor: Client, mode: str) -> None:
    a_worker("host/worker-1", queues=["gpu"])
    assert "gpu (1 worker)" in editor.get(URL).content.decode()
    given = {"queue": "gpu", "priority": "-3", "deadline": "2d"}
    if mode == "yaml":
        editor.post(URL, {"mode": mode, "yaml": "data: {dataset: world}", **given})
    else:
        send(editor, f"{filled()}&{urlencode(given)}")
    job = Job.objects.get()
    assert (job.queue, job.priority) == ("gpu", -3)
    assert job.deadline_at is not None
    assert timedelta(hours=47) < job.deadline_at - timezone.now() <= timedelta(days=2)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"priority": "99"}, "accepted is a whole number from -10 to 10"),
        ({"deadline": "when"}, "a length such as"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_at_its_field(
    editor: Client, given: dict[str, str], sentence: str
) -> None:
    for body in (
        f"{filled(name='kept')}&{urlencode(given)}",
        urlencode({"mode": "yaml", "yaml": "{name: kept, data: {dataset: world}}", **given}),
    ):
        answer = send(editor, body)
        page = answer.content.decode()  # type: ignore[attr-defined]
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert f'id="s-{next(iter(given))}-error"' in page
        assert sentence in page
        assert "kept" in page
    assert not Job.objects.exists()


def test_a_changed_job_takes_queue_and_priority_over_and_remembers_the_old_one(
    editor: Client, make_job: MakeJob, dataset: Dataset
) -> None:
    a_worker("host/worker-1", queues=["gpu"])
    old = make_job(queue="gpu", priority=4, deadline_at=timezone.now())
    Dataset.objects.create(
        project=dataset.project, name="world", version=2, content_hash="2" * 64, report=dataset.report
    )
    page = editor.get(f"{URL}?like={old.pk}").content.decode()
    assert f'Starts from <a href="/jobs/{old.pk}/">' in page
    assert '<option value="gpu" selected>' in page
    assert 'name="priority" value="4"' in page
    assert '<option value="world@1" selected>' in page
    body = urlencode({"mode": "yaml", "yaml": "data: {dataset: world}", "queue": "gpu", "priority": "4"})
    editor.post(f"{URL}?like={old.pk}", body, content_type="application/x-www-form-urlencoded")
    assert Job.objects.latest("pk").resubmitted_from == old
