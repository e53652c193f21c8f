"""Jobs on clips, on their compressed streams and on features, submitted in the browser."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.test import Client

from jobs.models import Group, Job, Project, User
from jobs.operations.jobs import submit
from mtkd_engine.spec import SPECS, parse
from tests.classifying import make_classifier, make_images
from tests.seen_as import HELD, make_held, make_reader, make_sources, plain
from tests.webapp.test_spec_form import fields, posted_back
from webapp.forms.schema import spec_tree
from webapp.forms.spec import SpecForm

NEW = "/projects/moments/jobs/new/"
SUBJECTS = ("clips", "streams", "features")


@pytest.fixture(autouse=True)
def _nobody_is_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


def send(client: Client, body: str) -> Any:
    return client.post(NEW, body, content_type="application/x-www-form-urlencoded")


def filled(subject: str, *, mode: str = "form", more: Any = (), **changes: str) -> str:
    """What a browser sends of the form of a subject, with two teachers chosen."""
    form = SpecForm(subject=subject, datasets=[HELD[subject]], teachers=["first", "second"])
    given = {"shown": subject, "task": subject, "method.kind": "multi_teacher", **changes}
    if subject == "features":
        given = {"student.input.width": "32", **given}
    taught = [("teachers", "first"), ("teachers", "second"), *more]
    return "&".join([posted_back(form, mode=mode, yaml="", **given), urlencode(taught)])


@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_untouched_form_is_the_default_spec_of_its_subject(subject: str) -> None:
    made = SpecForm(subject=subject, datasets=["world"], teachers=[])
    spec = parse(made.raw())
    assert spec == SPECS[subject].model_validate(
        {"task": "classification", "data": {"kind": subject, "dataset": "world"}}
    )
    for field in fields(spec_tree(subject)):
        assert field.title != field.path, field.path
        assert field.help, field.path


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_job_is_submitted_by_the_form_and_starts_the_next_one(
    editor: Client, project: Project, subject: str
) -> None:
    make_sources(project, subject)
    changes = {"method[multi_teacher].aggregator.kind": "entropy", "data.augment.views": "3"}
    assert send(editor, filled(subject, **changes)).status_code == 302
    job = Job.objects.get()
    assert (job.spec["data"]["kind"], job.spec["data"]["augment"]["views"]) == (subject, 3)
    assert [teacher.name for teacher in job.teachers.order_by("name")] == ["first", "second"]
    page = editor.get(f"{NEW}?like={job.pk}").content.decode()
    text = re.search(r'<textarea id="yaml".*?>\n(.*?)</textarea>', page, re.S)
    assert text
    again = parse(yaml.safe_load(text[1].replace("&#x27;", "'").replace("&quot;", '"')))
    assert again.model_dump(exclude={"name"}) == parse(job.spec).model_dump(exclude={"name"})


def test_a_stream_is_left_out_by_choosing_none_and_stays_so(editor: Client, project: Project) -> None:
    make_sources(project, "streams")
    send(editor, filled("streams", **{"student.net.motion.family": "none"}))
    job = Job.objects.get()
    assert job.spec["student"]["net"]["motion"] is None
    assert job.spec["student"]["net"]["iframe"]["family"] == "cifar_resnet"
    page = editor.get(f"{NEW}?like={job.pk}").content.decode()
    chosen = re.search(r'name="student.net.motion.family".*?</select>', page, re.S)
    assert chosen
    assert '<option value="none" selected>' in chosen[0]
    names = (f"student.net.{stream}.family" for stream in ("iframe", "motion", "residual"))
    refused = send(editor, filled("streams", **dict.fromkeys(names, "none")))
    assert refused.status_code == 422
    assert "given no network for any stream" in refused.content.decode().lower()
    assert Job.objects.count() == 1


def test_datasets_of_all_kinds_are_offered_and_the_newest_chooses_the_form(
    editor: Client, project: Project
) -> None:
    make_images(project)
    make_held(project, "clips")
    make_held(project, "features")
    page = editor.get(NEW).content.decode()
    assert 'name="shown" value="features"' in page
    for text in ("features (4 classes)", "pets (images; 4 classes)", "clips (clips; 4 classes)"):
        assert text in page
    page = editor.get(f"{NEW}?dataset=clips").content.decode()
    assert '<input type="radio" name="task" value="clips" checked>' in page
    assert '<input type="radio" name="task" value="streams">' in page
    assert '<option value="clips" selected>' in page


def test_choosing_another_dataset_asks_for_what_it_needs_and_keeps_the_rest(
    editor: Client, project: Project
) -> None:
    make_sources(project, "clips")
    make_held(project, "features", width=48)
    changes = {"data.dataset": "features", "name": "mine", "optim.epochs": "77"}
    answer = send(editor, filled("clips", **changes))
    page = answer.content.decode()
    assert answer.status_code == 200
    for text in ('name="shown" value="features"', 'value="mine"', 'value="77"', "Nothing was submitted yet"):
        assert text in page
    width = re.search(r'<input[^>]*name="student.input.width"[^>]*>', page)
    assert width
    assert 'value="48"' in width[0]
    answer = send(editor, filled("clips", task="streams", **{"optim.epochs": "many"}))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="shown" value="streams"' in page
    assert 'value="many"' in page
    assert not Job.objects.exists()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_refused_form_keeps_what_was_typed(editor: Client, project: Project, subject: str) -> None:
    make_sources(project, subject)
    typed = {"clips": "segments", "streams": "segments", "features": "rows"}[subject]
    answer = send(editor, filled(subject, **{f"data.{typed}": "0", "optim.epochs": "12"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    for text in (f'name="shown" value="{subject}"', f"f-data-{typed}-error", "accepted is 1 or more"):
        assert text in page
    assert 'value="12"' in page


def test_only_teachers_that_read_what_is_seen_are_offered(editor: Client, project: Project) -> None:
    make_sources(project, "features")
    make_classifier(project, "of images")
    make_reader(project, "of frames", reads="clips")
    page = editor.get(f"{NEW}?task=features").content.decode()
    assert 'value="first"' in page
    assert "first (Top-1 81.0 %; reads width 32)" in page
    assert "of images" not in page
    assert "of frames" not in page
    assert 'value="of frames"' in editor.get(f"{NEW}?task=clips").content.decode()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_yaml_of_any_subject_is_checked_and_submitted(editor: Client, project: Project, subject: str) -> None:
    make_sources(project, subject)
    text = yaml.safe_dump(plain(subject, "first", "second"))
    given = {"task": "grounding", "shown": "grounding", "yaml": text}
    checked = editor.post(NEW, {**given, "mode": "check-yaml"}).content.decode()
    assert "1 job can be submitted as it stands" in checked
    assert editor.post(NEW, {**given, "mode": "yaml"}).status_code == 302
    assert Job.objects.get().spec["data"]["kind"] == subject


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_group_over_aggregators_and_seeds_is_submitted(
    editor: Client, project: Project, subject: str
) -> None:
    make_sources(project, subject)
    more = [("group.ablate", "aggregator:*"), ("group.seeds", "0, 1")]
    assert send(editor, filled(subject, more=more)).status_code == 302
    group = Group.objects.get()
    cells = {job.spec["group"]["cell"] for job in group.jobs.all()}
    assert {"", "solo", "aggregator:entropy", "aggregator:oracle"} <= cells
    assert group.jobs.count() == 2 * len(cells)
    assert {job.spec["data"]["kind"] for job in group.jobs.all()} == {subject}


def test_a_job_on_clips_speaks_of_clips(viewer: Client, project: Project, people: dict[str, User]) -> None:
    make_sources(project, "features")
    job = submit(project=project, user=people["editor"], spec=parse(plain("features", "first", "second")))
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert "share of clips whose likeliest class" in page
    words = re.sub(r"<script.*?</script>|<[^>]*>", "", page, flags=re.S)
    assert "image" not in words.lower()
