"""Inspect on jobs whose models taught each other: whose samples, what they said before and say now, who knew best."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest
from django.test import Client

from jobs.models import Job, Project, Selection, User
from jobs.queries.inspect.probabilities import Answer
from tests.classifying import make_classifier, make_images
from tests.participating import MODELS, ended_mutual
from webapp.pages.inspect_model_why import why_models


@pytest.fixture
def job(project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    make_images(project)
    for name in MODELS:
        make_classifier(project, name)
    return ended_mutual(project, people["editor"])


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client: Client, job: Job, query: str = "") -> list[int]:
    shown = page(client, f"/jobs/{job.pk}/samples/?{query}")
    return [int(row) for row in re.findall(rf'class="pictured" href="/jobs/{job.pk}/samples/(\d+)/', shown)]


def test_the_first_model_that_learned_is_shown_and_the_others_are_offered(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/")
    for text in (
        "Who knew which sample best",
        "Samples as seen by",
        "Models before training",
        "Right now, wrong before",
        "Before, true class",
        "After: <bdi>",
        "Before: <bdi>",
        "Fine-tuned alone",
        "knew best</span>",
    ):
        assert text in shown, text
    assert '<a href="?" aria-current="page"><bdi>big</bdi></a>' in shown
    assert '<a href="?participant=v1.2%2Fodd"><bdi>v1.2/odd</bdi></a>' in shown
    for text in ("Which teacher", "Leading teacher", "over solo", "outvoted", "Where teachers"):
        assert text not in shown, text


def test_filters_find_what_became_of_samples(viewer: Client, job: Job) -> None:
    wanted: dict[str, Callable[[int], bool]] = {
        "outcome=learned": lambda n: n % 5 == 4 and n % 10 != 9,
        "outcome=forgotten": lambda n: n % 10 == 9 and n % 5 != 4,
        "participant=small&outcome=learned": lambda n: n % 4 == 3 and n % 8 != 7,
        "participant=small&who=start&right=no": lambda n: n % 4 == 3,
        "leading=small": lambda n: n % 3 == 1,
        "participant=who": lambda n: True,
    }
    for query, is_found in wanted.items():
        assert listed(viewer, job, query) == [n for n in range(48) if is_found(n)], query


def test_every_address_keeps_whose_samples_they_are(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/?participant=small&split=test")
    addresses = re.findall(rf'href="(/jobs/{job.pk}/samples[^"]*|\?[^"]+)"', shown)
    others = [one for one in addresses if "participant=small" not in one]
    assert set(others) == {"?split=test", "?participant=v1.2%2Fodd&amp;split=test"}
    assert '<input type="hidden" name="participant" value="small">' in shown


def test_a_sample_tells_who_knew_it_best_and_what_changed(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/4/?participant=small")
    assert "Before training small itself (true class 0.65) knew it best." in shown
    assert "small said cat (0.60), right, and says cat (0.80) now, right" in shown
    assert "0.20 more likely to it than before" in shown
    assert "Fine-tuned alone it says" in shown
    order = re.findall(r'data-who="([^"]+)"', shown)
    assert order == ["teacher:big", "teacher:v1.2/odd", "start", "student", "solo"]
    assert "Over training" in shown


def test_the_matrix_is_of_the_chosen_model_before_or_after(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/confusion/?participant=small&who=start&split=test")
    assert "24 samples</a>, 18 right" in shown
    assert "participant=small" in shown
    assert "<bdi>Before</bdi>" in shown


def test_files_and_selections_are_of_the_chosen_model(viewer: Client, editor: Client, job: Job) -> None:
    answer = viewer.get(f"/jobs/{job.pk}/samples/file.parquet?participant=small&outcome=learned")
    rows = pq.read_table(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert f"job-{job.pk}-small-samples.parquet" in answer["Content-Disposition"]
    assert "start_class" in rows.column_names
    assert rows.num_rows == 6
    posted = {"which": "all", "name": "learned", "use": "keep", "query": "participant=small&outcome=learned"}
    editor.post(f"/jobs/{job.pk}/samples/selection/", posted)
    assert Selection.objects.get().count == 6


def told(who: str, said: str, *, score: float = 0.5, quality: float = 0.5, right: bool = True) -> Answer:
    return Answer(who=who, said=said, score=score, quality=quality, is_right=right, classes=[])


def test_sentences_say_no_more_than_the_row() -> None:
    assert why_models([], {}, learner="a") == []
    assert why_models(
        [told("teacher:a", "cat"), told("teacher:b", "cat")], {"a": 0.5, "b": 0.5}, learner="a"
    ) == ["Before training a itself (true class 0.50) and b (true class 0.50) knew it alike."]
    assert why_models([told("teacher:(own start)", "cat")], {"(own start)": 1.0}, learner="a") == [
        "Before training a itself (true class 0.50) knew it best."
    ]
    changed = [
        told("start", "cat"),
        told("student", "dog", quality=0.2, right=False),
        told("solo", "dog", right=False),
    ]
    assert why_models(changed, {}, learner="a") == [
        "a said cat (0.50), right, and says dog (0.50) now, wrong; the true class is 0.30 less likely to it than "
        "before.",
        "Fine-tuned alone it says dog (0.50), wrong as well.",
    ]
