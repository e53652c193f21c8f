from __future__ import annotations

from django.test import Client

from jobs.models import Dataset, Project, Teacher
from tests.webapp.conftest import MakeJob


def test_home_lists_only_ones_own_projects(viewer: Client, people: dict[str, object]) -> None:
    Project.objects.create(name="Secret", slug="secret")
    page = viewer.get("/").content.decode()
    assert "Moments" in page
    assert "Secret" not in page


def test_somebody_without_projects_is_told_what_to_do(people: dict[str, object]) -> None:
    client = Client()
    client.force_login(people["outsider"])  # type: ignore[arg-type]
    assert "You are in no project yet" in client.get("/").content.decode()


def test_a_new_project_opens_at_once(viewer: Client) -> None:
    assert viewer.post("/projects/new/", {"name": "Kitchen moments"})["Location"] == (
        "/projects/kitchen-moments/"
    )


def test_a_project_name_in_use_is_refused_at_its_field(viewer: Client) -> None:
    page = viewer.post("/projects/new/", {"name": "Moments"}).content.decode()
    assert "exists already" in page
    assert 'id="id_name-error"' in page


def test_an_empty_project_says_what_to_do_next(editor: Client) -> None:
    page = editor.get("/projects/moments/").content.decode()
    assert "Start with a dataset" in page
    assert "Promote the student" in page


def test_a_project_shows_its_datasets_teachers_and_jobs(
    editor: Client, dataset: Dataset, teachers: list[Teacher], make_job: MakeJob
) -> None:
    make_job()
    page = editor.get("/projects/moments/").content.decode()
    for text in ("world", "span", "map2d", "job 1", "Submit a job"):
        assert text in page


def test_a_model_that_did_not_fit_its_dataset_is_not_called_measured(
    editor: Client, dataset: Dataset, teachers: list[Teacher]
) -> None:
    report = {"quality": None, "card": {"metrics": {"test/miou": 0.5}}}
    Teacher.objects.filter(pk=teachers[0].pk).update(dataset=dataset, report=report)
    page = editor.get("/projects/moments/").content.decode()
    assert "not measured on world" in page
    assert "50.0 % mIoU on test, as its card says" in page


def test_a_viewer_is_not_offered_what_is_refused(viewer: Client, dataset: Dataset) -> None:
    page = viewer.get("/projects/moments/").content.decode()
    assert "Submit a job" not in page
    assert "Register" not in page
