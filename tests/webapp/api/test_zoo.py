"""The zoo over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.comparisons.partners import Partners
from jobs.comparisons.samples import Few
from jobs.models import Measurement, Project, Registration
from tests.classifying import make_classifier, make_images
from tests.zoo_double import keep_measured, saying

URL = "/api/v1/projects/moments/zoo/"
ON = {"dataset": "pets"}


@pytest.fixture
def _zoo(project: Project, tmp_path: Path) -> None:
    pets = make_images(project)
    for name, said in (("hound", saying("cat", "dog")), ("vixen", saying("fox", "dog", but=(1, 5)))):
        keep_measured(make_classifier(project, name), pets, said, folder=tmp_path / "made")
    make_classifier(project, "shy")


@pytest.mark.usefixtures("_zoo")
def test_the_zoo_lists_models_with_what_was_measured(api: APIClient) -> None:
    found = api.get(URL, ON).json()
    assert (found["dataset"], found["split"], found["metric"]) == ("pets", "val", "top1")
    assert [(one["name"], one["metrics"]) for one in found["models"]] == [
        ("hound", {"top1": 0.5}),
        ("shy", {}),
        ("vixen", {"top1": 0.45}),
    ]
    assert found["models"][1]["measured_at"] is None
    assert found["models"][0]["parameters"] == 1000


@pytest.mark.usefixtures("_zoo")
def test_partners_are_ranked_with_their_numbers(api: APIClient) -> None:
    found = api.get(f"{URL}partners/", ON).json()
    told = {key: found[key] for key in ("samples", "unmeasured", "hint", "more", "left_out")}
    assert told == {"samples": 40, "unmeasured": ["shy"], "hint": "", "more": 0, "left_out": []}
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"]) == ("hound", "vixen")
    means = {
        name: pair[name]["mean"] for name in ("first_only", "second_only", "both", "neither", "together")
    }
    assert means == pytest.approx(
        {"first_only": 0.3, "second_only": 0.25, "both": 0.2, "neither": 0.25, "together": 0.75}
    )
    assert pair["gain"]["mean"] == pytest.approx(0.275)
    assert pair["gain"]["low"] < 0.275 < pair["gain"]["high"]
    assert pair["third"] is None
    of = api.get(f"{URL}partners/", {**ON, "of": "vixen"}).json()
    assert [(one["first"], one["second"]) for one in of["pairs"]] == [("vixen", "hound")]


@pytest.mark.usefixtures("_zoo")
def test_a_third_model_is_named_that_would_add_most(api: APIClient, project: Project, tmp_path: Path) -> None:
    pets = Measurement.objects.select_related("dataset")[0].dataset
    keep_measured(make_classifier(project, "strix"), pets, saying("owl"), folder=tmp_path / "made")
    pairs = api.get(f"{URL}partners/", ON).json()["pairs"]
    third = next(one["third"] for one in pairs if {one["first"], one["second"]} == {"hound", "vixen"})
    assert third == {"name": "strix", "adds": pytest.approx(0.25)}


@pytest.mark.usefixtures("_zoo")
def test_expertise_is_told_class_by_class(api: APIClient) -> None:
    found = api.get(f"{URL}expertise/", {**ON, "first": "hound", "second": "vixen", "split": "test"}).json()
    told: dict[str, Any] = {
        one["name"]: (one["first"], one["second"], one["leads"]) for one in found["classes"]
    }
    assert told == {
        "cat": (1.0, 0.0, "first"),
        "fox": (0.0, 1.0, "second"),
        "dog": (1.0, 0.8, None),
        "owl": (0.0, 0.0, None),
    }
    assert [one["samples"] for one in found["classes"]] == [10] * 4


@pytest.mark.usefixtures("_zoo")
def test_a_measurement_is_asked_for_once(api: APIClient) -> None:
    asked = {"dataset": "pets", "teacher": "shy"}
    first, again = (api.post(f"{URL}measurements/", asked, format="json") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["kind"] == "measurement"
    assert first["Location"] == again["Location"] == f"/api/v1/registrations/{Registration.objects.get().pk}/"
    shy = api.get(URL, ON).json()["models"][1]
    assert (shy["is_under_way"], shy["registration"]) == (True, first.json()["id"])


@pytest.mark.usefixtures("_zoo")
def test_wrong_questions_are_refused_at_their_field(api: APIClient) -> None:
    for path, query, field in (
        ("", {}, "dataset"),
        ("", {"dataset": "none"}, "dataset"),
        ("partners/", {**ON, "split": "train"}, "split"),
        ("partners/", {**ON, "of": "nobody"}, "of"),
        ("expertise/", {**ON, "first": "hound"}, "second"),
        ("expertise/", {**ON, "first": "hound", "second": "shy"}, "second"),
    ):
        answer = api.get(f"{URL}{path}", query)
        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == [field]
    answer = api.post(f"{URL}measurements/", {"dataset": "no", "teacher": "nobody"}, format="json")
    assert set(answer.json()["fields"]) == {"dataset", "teacher"}


@pytest.mark.usefixtures("_zoo")
def test_outcomes_that_are_gone_are_told(api: APIClient) -> None:
    for one in Measurement.objects.select_related("outcomes"):
        one.outcomes.sha256 = one.outcomes.sha256[::-1]
        one.outcomes.save()
        Measurement.objects.filter(pk=one.pk).update(outcomes=one.outcomes)
    answer = api.get(f"{URL}partners/", ON)
    assert answer.status_code == 404
    assert "said of samples" in answer.json()["detail"]


@pytest.mark.usefixtures("_zoo")
def test_pairs_and_models_that_are_not_told_are_counted(
    api: APIClient, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pets = Measurement.objects.select_related("dataset")[0].dataset
    keep_measured(make_classifier(project, "strix"), pets, saying("owl"), folder=tmp_path / "made")
    monkeypatch.setattr("jobs.comparisons.partners._found", Few[Partners]())
    monkeypatch.setattr("jobs.comparisons.partners.MOST_PAIRS", 1)
    found = api.get(f"{URL}partners/", ON).json()
    assert (len(found["pairs"]), found["more"]) == (1, 2)
    monkeypatch.setattr("jobs.comparisons.partners._found", Few[Partners]())
    monkeypatch.setattr("jobs.comparisons.partners.MOST_MODELS", 2)
    found = api.get(f"{URL}partners/", ON).json()
    assert (found["compared"], found["left_out"]) == (["hound", "vixen"], ["strix"])
