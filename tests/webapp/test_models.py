"""The page of a job whose models taught each other: the form that asks for it, its result, its files, its teachers."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from jobs.models import Job, Project, Registration, User
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from mtkd_engine.spec.measures import CLASSIFICATION, SALIENCY, SEGMENTATION
from tests.classifying import make_classifier, make_images
from tests.participating import MODELS, ended_mutual, mutual_result, mutual_spec
from tests.webapp.test_spec_form import posted_back
from webapp.forms.spec import SpecForm
from webapp.pages.model_charts import model_charts, who_knows_best
from webapp.pages.participants import change, participants_context
from webapp.pages.transfer import transfer_context

NEW = "/projects/moments/jobs/new/"


@pytest.fixture
def pets(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    monkeypatch.setattr("jobs.operations.registrations.ring", lambda queue: None)
    make_images(project)
    for name in MODELS:
        make_classifier(project, name)
    return project


@pytest.fixture
def job(pets: Project, people: dict[str, User]) -> Job:
    return ended_mutual(pets, people["editor"])


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_model_is_told_before_after_and_alone() -> None:
    told = participants_context(mutual_result(), CLASSIFICATION)
    big, _, odd = told["models"]
    assert (big.before, big.after, big.alone, big.put_right) == ("80.0", "82.1", "81.0", "5.0")
    assert (big.gain.text, big.gain.tone, big.gain.interval) == ("+2.1", "is-ahead", "+1.1 to +3.1")
    assert (odd.gain.text, odd.gain.tone) == ("−0.7", "")
    assert big.costs == ["270 k", "41 M", "1.3 ms", "4 MB"]
    assert [row.title for row in told["models_measures"]][:2] == ["Top-1", "NLL"]
    assert told["models_measures"][1].gain.tone == "is-ahead"


def test_what_became_better_is_told_by_what_the_task_measures() -> None:
    told = [participants_context(mutual_result(), one)["models_flips"] for one in (SEGMENTATION, SALIENCY)]
    assert [(rise[0], fall[0]) for rise, fall, _ in told] == [("Rise", "Fall")] * 2
    assert ["SIM" in sentence for *_, sentence in told] == [False, True]


def test_a_model_that_only_taught_has_no_gain() -> None:
    rows = participants_context(mutual_result(learners=["big"]), CLASSIFICATION)["models"]
    assert [(row.name, row.learns, row.after) for row in rows][1:] == [
        ("small", False, ""),
        ("v1.2/odd", False, ""),
    ]
    assert rows[1].gain is None


@pytest.mark.parametrize(("value", "text"), [(0.0, "±0.0"), (-0.0004, "±0.0"), (0.02, "+2.0"), ("x", None)])
def test_a_lead_is_written_with_its_sign(value: object, text: str | None) -> None:
    found = change(value, "top1")
    assert (found.text if found else None) == text


def test_who_taught_whom_is_a_table_of_shares_and_one_of_what_that_brought() -> None:
    told = transfer_context(mutual_result(learners=["big"]))
    assert told["transfer_sources"] == [*MODELS, "own start"]
    (shares,) = told["transfer_shares"]
    assert [(cell.text, cell.depth, cell.is_own) for cell in shares.cells[:2]] == [
        ("50.0 %", 0.5, True),
        ("30.0 %", 0.3, False),
    ]
    (brought,) = told["transfer_brought"]
    assert [(cell.text, cell.tone) for cell in brought.cells] == [
        ("+3.1", "good"),
        ("−1.2", "bad"),
        ("+0.4", "good"),
        ("–", ""),
    ]
    assert brought.cells[0].about == "mean over 14 samples that big knew best"


@pytest.mark.parametrize(
    "transfer", [None, 4, {}, {"learners": ["a"], "sources": ["b"], "share": "x", "brought": [["y"]]}]
)
def test_tables_of_another_engine_break_nothing(transfer: Any) -> None:
    told = transfer_context({"transfer": transfer})
    assert told == {} or told["transfer_shares"][0].cells[0].text == "–"


def test_the_page_shows_the_result_and_the_files_of_each_model(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/")
    for text in (
        "What the models learned from each other",
        "Taught by each other, the models gained +0.9 points of Top-1 on average: big +2.1, small +1.2, v1.2/odd −0.7.",
        "Over plain fine-tuning of the same length",
        "lost more than 0.5 points of Top-1",
        "Who taught whom",
        "What they knew between them before",
        "Who knows best",
        "Who knew which sample best",
        "Samples of small",
        "Of the whole job",
    ):
        assert text in shown, text
    assert re.findall(r'is-file-group"><bdi>([^<]+)', shown) == [*MODELS, "Of the whole job"]
    assert "3-v1_2_odd.onnx" in shown
    assert "student" not in shown.split('id="artifacts-title"')[1].split("</section>")[0]


def test_a_partition_tells_of_its_one_learner(viewer: Client, pets: Project, people: dict[str, User]) -> None:
    job = ended_mutual(pets, people["editor"], method="partition")
    shown = page(viewer, f"/jobs/{job.pk}/")
    assert "Taught by small and v1.2/odd, big went from 80.0 to 82.1 % Top-1 (+2.1 points)" in shown
    assert shown.count("taught only") == 2
    assert "Losses of the labels" not in shown


def test_a_job_that_runs_or_failed_shows_its_curves_alone(
    viewer: Client, pets: Project, people: dict[str, User]
) -> None:
    job = submit(project=pets, user=people["editor"], spec=parse(mutual_spec(*MODELS)))
    assert "Losses of what they teach" in page(viewer, f"/jobs/{job.pk}/")
    Job.objects.filter(pk=job.pk).update(state="failed", result=None, failure="It broke.")
    shown = page(viewer, f"/jobs/{job.pk}/")
    assert "It broke." in shown
    assert "What the models learned" not in shown


def test_without_a_table_its_samples_are_missed_in_words(
    viewer: Client, pets: Project, people: dict[str, User]
) -> None:
    job = submit(project=pets, user=people["editor"], spec=parse(mutual_spec(*MODELS)))
    for address in ("samples/", "samples/confusion/", "samples/0/", "samples/file.csv"):
        assert viewer.get(f"/jobs/{job.pk}/{address}").status_code in {200, 404}, address


def test_lists_groups_comparisons_and_badges_do_without_a_student(
    viewer: Client, editor: Client, job: Job, pets: Project, people: dict[str, User]
) -> None:
    assert "79.0" in page(viewer, f"/projects/{pets.slug}/jobs/")
    assert page(viewer, f"/projects/{pets.slug}/jobs/?q=method%3Amutual&columns=name,test/big/top1")
    assert "79.0" in page(viewer, f"/projects/{pets.slug}/")
    assert page(viewer, f"/compare/?jobs={job.pk}")
    assert viewer.get(f"/jobs/{job.pk}/prediction/").status_code in {200, 404}
    document = mutual_spec(*MODELS) | {"seeds": [0, 1]}
    group = submit_group(project=pets, user=people["editor"], document=document)
    assert page(viewer, f"/groups/{group.pk}/")
    assert editor.get(f"/projects/{pets.slug}/jobs/new/?like={job.pk}").status_code == 200


def test_a_model_is_promoted_from_its_page(editor: Client, job: Job) -> None:
    assert '<option value="small">small</option>' in page(editor, f"/jobs/{job.pk}/")
    answer = editor.post(f"/jobs/{job.pk}/promotion/", {"name": "small-2", "participant": "small"})
    asked = Registration.objects.get()
    assert answer["Location"] == f"/registrations/{asked.pk}/"
    assert asked.asked["file"] == "2-small.safetensors"


def test_without_a_model_the_form_says_which_there_are(editor: Client, job: Job) -> None:
    answer = editor.post(f"/jobs/{job.pk}/promotion/", {"name": "small-2"})
    assert answer.status_code == 422
    assert "Given none, accepted is one of those that learned" in answer.content.decode()
    assert not Registration.objects.exists()


def test_the_form_calls_teachers_participants_and_builds_no_student() -> None:
    form = SpecForm(
        subject="classification", datasets=["pets"], teachers=list(MODELS), start=mutual_spec(*MODELS)
    )
    shown = {section.node.path: section for section in form.sections()}
    usual, other = shown["teachers"].wordings
    assert (usual.title, usual.hidden, other.title, other.hidden) == ("Teachers", True, "Participants", False)
    assert (shown["student"].hidden, shown["teachers"].hidden, shown["optim"].hidden) == (True, False, False)
    assert "student" not in form.raw()
    rate = next(part for part in shown["optim"].parts if part.node.path == "optim.learning_rate")
    assert rate.advice is not None
    assert not rate.advice.hidden
    assert parse(form.raw()).method.kind == "mutual"


def test_the_form_of_another_method_is_as_it_was() -> None:
    form = SpecForm(subject="classification", datasets=["pets"], teachers=["big"])
    shown = {section.node.path: section for section in form.sections()}
    assert [one.hidden for one in shown["teachers"].wordings] == [False, True]
    grounding = SpecForm(datasets=[], teachers=[])
    assert all(not section.wordings for section in grounding.sections())


def sent(client: Client, *models: str, **changes: str) -> str:
    """This will send the form as it stands with other values, and give the page that comes back."""
    form = SpecForm(subject="classification", datasets=["pets"], teachers=list(MODELS))
    given = {"mode": "check-form", "task": "classification", "shown": "classification", "yaml": "", **changes}
    chosen = urlencode([("teachers", name) for name in models])
    body = f"{posted_back(form, **given)}&{chosen}"
    answer = client.post(NEW, body, content_type="application/x-www-form-urlencoded")
    return unescape(answer.content.decode())


def test_partition_asks_which_of_the_chosen_ones_learns(editor: Client, pets: Project) -> None:
    asked = {"method.kind": "partition", "method[partition].student": "v1.2/odd"}
    shown = sent(editor, "big", "small", **asked)
    assert "Given 'v1.2/odd', accepted is one of the teachers: 'big', 'small'." in shown
    assert "<learner-choice>" in shown
    assert "It fits" in sent(editor, "big", "small", **{**asked, "method[partition].student": "big"})
    unsaid = sent(editor, "big", "small", **{**asked, "method[partition].student": ""})
    assert "This key is required and was not given." in unsaid


def test_one_model_alone_is_refused_where_it_is_chosen(editor: Client, pets: Project) -> None:
    assert "method mutual accepts 2 or more" in sent(editor, "big", **{"method.kind": "mutual"})


def test_there_is_a_line_for_each_model() -> None:
    spec = parse(mutual_spec(*MODELS)).model_dump(mode="json")
    charts = {chart["key"]: chart for chart in model_charts(spec)}
    assert list(charts)[:3] == ["loss", "transfer", "val"]
    assert (charts["val"]["prefixes"], charts["val"]["suffix"], charts["val"]["owned"]) == (
        ["val/"],
        "/top1",
        True,
    )
    assert charts["val-nll"]["percent"] is False
    assert "solo" not in charts
    spec["evaluation"]["compare_solo"] = True
    assert "solo" in {chart["key"] for chart in model_charts(spec)}
    heat = who_knows_best(spec)
    assert heat is not None
    assert (heat["title"], heat["teachers"]) == ("Who knows best", list(MODELS))
