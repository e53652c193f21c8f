from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from jobs.models import Dataset, Project, Registration, RegistrationState, Teacher, Upload, User

NEW = "/projects/moments/datasets/new/"
PLACE = {"file": "charades_sta_test.txt", "row": 17, "detail": "ends at 31.2 s of 30.0 s <b>"}
SAMPLE: dict[str, Any] = {"split": "train", "video": "AO8RW", "duration": 30.0, "windows": [[3, 9]]}
SAMPLE["sentence"] = "a person <i>sits</i>"
REPORT: dict[str, Any] = {
    "kind": "dataset",
    "format": "charades_sta",
    "splits": {"train": {"samples": 12408, "videos": 5338, "sources": 5338, "windows": 12408}},
    "feature_width": None,
    "problems": [
        {
            "code": "window_beyond",
            "severity": "error",
            "message": "562 moments end after their video.",
            "count": 562,
            "repair": "clip_windows",
            "places": [PLACE],
        },
        {
            "code": "x",
            "severity": "note",
            "message": "No features.",
            "count": 0,
            "repair": None,
            "places": [],
        },
    ],
    "repairs": [
        {"name": "clip_windows", "title": "clip moments", "count": 562, "needed": True, "accepted": False},
        {"name": "drop_duplicates", "title": "drop doubles", "count": 3, "needed": False, "accepted": False},
    ],
    "statistics": {"words": {"mean": {"train": 6.25}, "median": {"train": 6}}},
    "samples": [SAMPLE],
}


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.registrations.ring", lambda queue: None)


@pytest.fixture
def folder() -> Path:
    folder = Path(settings.DATA_ROOTS[0]) / "charades"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def registration(project: Project, people: dict[str, User]) -> Registration:
    return Registration.objects.create(
        project=project,
        user=people["editor"],
        kind="dataset",
        name="charades",
        asked={"path": "/data/charades", "format": "charades_sta"},
    )


def in_state(registration: Registration, state: str, **changes: Any) -> Registration:
    if state in {"registered", "refused", "failed", "cancelled"}:
        changes["finished_at"] = timezone.now()
    Registration.objects.filter(pk=registration.pk).update(state=state, **changes)
    registration.refresh_from_db()
    return registration


def upload(project: Project, user: User, name: str, *, size: int = 10, received: int = 10) -> Upload:
    return Upload.objects.create(project=project, user=user, name=name, size=size, received=received)


def page_of(client: Client, registration: Registration, part: str = "") -> str:
    return client.get(f"/registrations/{registration.pk}/{part}").content.decode()


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_the_form_names_what_is_allowed_and_what_is_refused(
    editor: Client, project: Project, noun: str
) -> None:
    page = editor.get(f"/projects/moments/{noun}s/new/").content.decode()
    for text in (str(settings.DATA_ROOTS[0]), "Upload files", "Path on the server", "Refused:", "pickle"):
        assert text in page or (text, noun) == ("pickle", "teacher")


def test_what_lies_below_the_allowed_folders_is_suggested(
    editor: Client, project: Project, folder: Path
) -> None:
    assert f'<option value="{folder}">' in editor.get(NEW).content.decode()


def test_a_path_becomes_a_registration_that_is_watched(
    editor: Client, project: Project, folder: Path
) -> None:
    answer = editor.post(
        NEW, {"name": "charades", "place": "path", "path": str(folder), "format": "charades_sta"}
    )
    made = Registration.objects.get()
    assert answer["Location"] == f"/registrations/{made.pk}/"
    assert (made.kind, made.name, made.asked["format"]) == ("dataset", "charades", "charades_sta")


def test_uploads_become_a_registration(editor: Client, project: Project, people: dict[str, User]) -> None:
    rows = [upload(project, people["editor"], name) for name in ("train.json", "features.npz")]
    ids = " ".join(str(row.pk) for row in rows)
    editor.post(NEW, {"name": "mine", "place": "upload", "uploads": ids, "path": "/etc"})
    made = Registration.objects.get()
    assert {row.name for row in made.uploads.all()} == {"train.json", "features.npz"}
    assert "path" not in made.asked


def test_without_files_the_form_says_so_and_keeps_what_was_typed(editor: Client, project: Project) -> None:
    answer = editor.post(NEW, {"name": "mine", "place": "upload", "words": "glove.txt"})
    page = answer.content.decode()
    assert answer.status_code == 422
    for text in ("Nothing has been uploaded yet", 'value="mine"', 'value="glove.txt"'):
        assert text in page


def test_after_a_refusal_the_uploads_are_still_there(
    editor: Client, project: Project, people: dict[str, User], dataset: Dataset
) -> None:
    row = upload(project, people["editor"], "train.json")
    page = editor.post(NEW, {"name": "world", "place": "upload", "uploads": str(row.pk)}).content.decode()
    assert "already" in page
    given = re.search(r'<script id="uploads-given"[^>]*>(.*?)</script>', page)
    assert given is not None
    assert str(row.pk) in given[1]


def test_a_refused_name_can_be_registered_as_a_new_version(
    editor: Client, project: Project, dataset: Dataset, folder: Path
) -> None:
    asked = {"name": "world", "place": "path", "path": str(folder)}
    assert 'name="new_version"' in editor.post(NEW, asked).content.decode()
    editor.post(NEW, asked | {"new_version": "on"})
    assert Registration.objects.get().new_version_of == dataset


def test_a_path_outside_the_allowed_folders_is_refused(editor: Client, folder: Path) -> None:
    page = editor.post(NEW, {"name": "etc", "path": "/etc"}).content.decode()
    assert 'id="id_path-error"' in page
    assert not Registration.objects.exists()


def test_uploads_of_an_earlier_visit_are_offered_to_their_owner(
    editor: Client, project: Project, people: dict[str, User]
) -> None:
    upload(project, people["editor"], "whole.json")
    upload(project, people["editor"], "half.npz", received=5)
    upload(project, people["admin"], "of-somebody-else.json")
    page = editor.get(NEW).content.decode()
    for text in ("2 files", "whole.json", "half.npz", "1 is complete"):
        assert text in page
    assert "of-somebody-else.json" not in page


def test_a_teacher_is_measured_on_the_version_that_was_chosen(
    editor: Client, project: Project, dataset: Dataset, people: dict[str, User]
) -> None:
    row = upload(project, people["editor"], "predictions.jsonl")
    asked = {"name": "outsider", "place": "upload", "uploads": str(row.pk), "split": "test"}
    address = "/projects/moments/teachers/new/"
    page = editor.post(address, asked).content.decode()
    assert 'id="id_dataset-error"' in page
    editor.post(address, asked | {"dataset": "world@1"})
    made = Registration.objects.get()
    assert (made.measured_on, made.asked["split"]) == (dataset, "test")


def test_several_models_or_files_of_predictions_become_a_teacher_each(
    editor: Client, project: Project, dataset: Dataset, people: dict[str, User]
) -> None:
    names = ("models/b.jsonl.gz", "models/a.npz", "c.JSONL", "d.safetensors")
    rows = [upload(project, people["editor"], name) for name in names]
    asked = {"name": "", "place": "upload", "uploads": " ".join(str(row.pk) for row in rows), "split": "test"}
    answer = editor.post("/projects/moments/teachers/new/", asked | {"dataset": "world@1"}, follow=True)
    assert answer.redirect_chain == [("/projects/moments/", 302)]
    assert "4 teachers are being registered" in answer.content.decode()
    made = Registration.objects.order_by("name")
    assert [(row.name, row.measured_on, row.asked["split"]) for row in made] == [
        ("a", dataset, "test"),
        ("b", dataset, "test"),
        ("c", dataset, "test"),
        ("d", dataset, "test"),
    ]
    taken = [[file.name for file in row.uploads.all()] for row in made]
    assert taken == [[names[1]], [names[0]], [names[2]], [names[3]]]


def test_of_several_files_of_predictions_all_or_none_are_taken(
    editor: Client, project: Project, dataset: Dataset, teachers: list[Teacher], people: dict[str, User]
) -> None:
    rows = [upload(project, people["editor"], name) for name in ("new.jsonl", "span.jsonl")]
    uploads = " ".join(str(row.pk) for row in rows)
    asked = {"name": "", "place": "upload", "uploads": uploads, "dataset": "world@1", "split": "val"}
    address = "/projects/moments/teachers/new/"
    answer = editor.post(address, asked)
    assert answer.status_code == 422
    sentence = "span.jsonl: given &#x27;span&#x27;, but this project has a teacher of that name already."
    assert sentence in answer.content.decode()
    assert not Registration.objects.exists()
    editor.post(address, asked | {"name": "given"})
    assert list(Registration.objects.order_by("name").values_list("name", flat=True)) == [
        "given-new",
        "given-span",
    ]


def test_a_model_and_its_card_are_one_teacher_and_need_a_name(
    editor: Client, project: Project, people: dict[str, User]
) -> None:
    rows = [upload(project, people["editor"], name) for name in ("m.safetensors", "m.json")]
    asked = {"name": "", "place": "upload", "uploads": " ".join(str(row.pk) for row in rows), "split": "val"}
    address = "/projects/moments/teachers/new/"
    assert "printable characters" in editor.post(address, asked).content.decode()
    one = editor.post(address, asked | {"uploads": str(rows[0].pk)}).content.decode()
    assert "This field is required." in one
    editor.post(address, asked | {"name": "own"})
    assert Registration.objects.get().uploads.count() == 2


def test_a_registration_fills_the_form_of_the_next(
    editor: Client, project: Project, registration: Registration
) -> None:
    page = editor.get(f"{NEW}?like={registration.pk}").content.decode()
    for text in ('value="charades"', 'value="/data/charades"', '<option value="charades_sta" selected>'):
        assert text in page


@pytest.mark.parametrize("like", ["0", "x", "9" * 30])
def test_a_registration_that_is_not_there_fills_nothing(editor: Client, project: Project, like: str) -> None:
    assert editor.get(f"{NEW}?like={like}").status_code == 200


def test_a_check_under_way_shows_how_far_it_is(viewer: Client, registration: Registration) -> None:
    assert "Waiting for a worker" in page_of(viewer, registration)
    in_state(registration, "checking", part="features", done=1200, of=5000, started_at=timezone.now())
    fragment = page_of(viewer, registration, "progress/")
    assert "<html" not in fragment
    for text in ("Reading features, 1,200 of 5,000", 'value="1200"', 'data-moves="yes"', "0:00"):
        assert text in fragment


def test_a_registration_that_no_worker_takes_says_so(viewer: Client, registration: Registration) -> None:
    assert "perhaps none is running" not in page_of(viewer, registration)
    in_state(registration, "queued", created_at=timezone.now() - timedelta(minutes=2))
    assert "perhaps none is running" in page_of(viewer, registration, "progress/")
    in_state(Registration.objects.create(project=registration.project, kind="dataset", name="b"), "checking")
    assert "perhaps none is running" not in page_of(viewer, registration)


def test_a_long_sentence_of_a_sample_is_cut(viewer: Client, registration: Registration) -> None:
    sample = {"id": "1", "split": "train", "video": "v", "duration": 9, "windows": [[1, 2]]}
    report = {"kind": "dataset", "samples": [sample | {"sentence": "very " * 300}]}
    in_state(registration, "registered", report=report)
    assert page_of(viewer, registration).count("very very") < 250


def test_only_editors_are_offered_to_cancel(
    viewer: Client, editor: Client, registration: Registration
) -> None:
    assert "cancellation" not in page_of(viewer, registration)
    assert "cancellation" in page_of(editor, registration)
    editor.post(f"/registrations/{registration.pk}/cancellation/")
    page = page_of(editor, registration)
    assert "It was cancelled" in page
    assert f"?like={registration.pk}" in page


def test_findings_problems_and_repairs_are_shown_escaped(editor: Client, registration: Registration) -> None:
    page = page_of(editor, in_state(registration, "waiting", report=REPORT))
    for text in ("12,408", "5,338", "562 moments end", "charades_sta_test.txt", "17", "AO8RW", "6.2"):
        assert text in page
    assert "&lt;i&gt;sits" in page
    assert "30.0 s &lt;b&gt;" in page
    boxes = re.findall(r'<input type="checkbox" name="accept" value="(\w+)"( checked)?', page)
    assert boxes == [("clip_windows", " checked"), ("drop_duplicates", "")]
    assert page.count("562 moments end") == 1
    assert 'data-moves=""' in page


def test_a_viewer_sees_the_repairs_and_decides_nothing(viewer: Client, registration: Registration) -> None:
    page = page_of(viewer, in_state(registration, "waiting", report=REPORT))
    assert "Register with" not in page
    assert "editor role decides" in page


def test_a_decision_goes_on_with_the_ticked_repairs(editor: Client, registration: Registration) -> None:
    in_state(registration, "waiting", report=REPORT)
    answer = editor.post(f"/registrations/{registration.pk}/decision/", {"accept": ["clip_windows"]})
    registration.refresh_from_db()
    assert (registration.state, registration.accepted) == (RegistrationState.QUEUED, ["clip_windows"])
    assert answer["Location"] == f"/registrations/{registration.pk}/"


def test_a_decision_that_comes_too_late_is_a_sentence(editor: Client, registration: Registration) -> None:
    in_state(registration, "refused", sentence="the archive is a bomb.")
    answer = editor.post(f"/registrations/{registration.pk}/decision/", {"accept": []}, follow=True)
    assert "waits for no decision" in answer.content.decode()


def test_a_refusal_shows_its_sentence_and_the_tensors_that_differ(
    editor: Client, registration: Registration
) -> None:
    mismatch = [{"tensor": "head.weight", "what": "shape", "found": [3, 4], "wanted": [3, 8]}]
    in_state(registration, "refused", sentence="the model does not fit.", report={"mismatch": mismatch})
    page = page_of(editor, registration)
    for text in ("The model does not fit.", "head.weight", "[3, 4]", "[3, 8]", "Try again"):
        assert text in page


def test_what_is_registered_leads_to_its_card(
    viewer: Client, registration: Registration, dataset: Dataset
) -> None:
    in_state(registration, "registered", dataset=dataset, report=REPORT)
    assert f'data-goto="/datasets/{dataset.pk}/"' in page_of(viewer, registration, "progress/")
    in_state(registration, "registered", dataset=None)
    assert "has been deleted since" in page_of(viewer, registration)


def test_quality_stands_beside_the_blind_guess(
    viewer: Client, registration: Registration, teachers: list[Teacher]
) -> None:
    quality = {"split": "val", "samples": 775, "metrics": {"miou": 0.612}, "blind": {"miou": 0.296}}
    report = {"kind": "model", "family": "span", "parameters": 90210, "quality": quality, "problems": []}
    in_state(registration, "registered", kind="teacher", teacher=teachers[0], report=report)
    page = page_of(viewer, registration)
    for text in ("61.2", "29.6", "775", "90,210", "Quality on val"):
        assert text in page


def test_predictions_show_what_they_cover(
    viewer: Client, registration: Registration, dataset: Dataset
) -> None:
    report = {
        "kind": "predictions",
        "form": "windows",
        "samples": 775,
        "coverage": {"test": {"covered": 700, "of": 775}},
        "unknown": {"count": 3, "first": ["q1", "q2", "q3"]},
    }
    in_state(registration, "refused", kind="teacher", report=report, sentence="it covers no train.")
    page = page_of(viewer, registration)
    for text in ("scored windows", "700", "775", "3 predicted samples are none of the dataset", "q1, q2, q3"):
        assert text in page


def test_the_project_lists_what_is_on_its_way(viewer: Client, registration: Registration) -> None:
    assert "Being registered" in viewer.get("/projects/moments/").content.decode()
    in_state(registration, "refused", sentence="no.")
    assert "refused" in viewer.get("/projects/moments/").content.decode()
    in_state(registration, "registered")
    assert "Being registered" not in viewer.get("/projects/moments/").content.decode()
