"""What a job of classification leaves behind."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtkd_engine.events import ArtifactWritten, Entered, Event, Finished, ProbeSet, Weights
from mtkd_engine.modelfile import load_classifier
from mtkd_engine.spec import parse
from mtkd_engine.teachers.classification.evaluate import evaluate_classifier
from tests.engine.attempts import points
from tests.engine.pipelines.conftest import SOLO, TEACHERS, Gallery, same_student


@pytest.fixture(scope="module")
def taught(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Event], Path]:
    folder = tmp_path_factory.mktemp("taught")
    spec = gallery.spec({"aggregator": {"kind": "confidence"}}, evaluation={"compare_solo": True})
    return gallery.run(spec, folder=folder), folder


def result_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "artifacts" / "result.json").read_text())
    return found


def test_the_student_is_held_against_every_baseline(taught: tuple[list[Event], Path]) -> None:
    events, folder = taught
    finished, result = events[-1], result_of(folder)
    assert isinstance(finished, Finished)
    teachers = {f"teacher:{name}" for name in TEACHERS}
    named = {"blind", "best_single", "uniform", "static", "oracle", "aggregated", "solo"}
    assert set(finished.baselines) == teachers | named
    assert finished.metrics == result["metrics"] == result["best"]["test"]
    assert set(finished.metrics) == {"top1", "top5", "ece", "nll"}
    assert finished.baselines["oracle"]["top1"] >= max(
        values["top1"] for name, values in finished.baselines.items() if name.startswith("teacher:")
    )
    assert result["best_single"] in TEACHERS
    assert sum(result["static_weights"].values()) == pytest.approx(1.0, abs=1e-5)
    assert set(result["without"]) == set(result["agreement"]) == set(TEACHERS)
    assert result["aggregated_reads_labels"] is True
    for compared in result["comparisons"].values():
        for difference in compared.values():
            assert difference["low"] <= difference["difference"] <= difference["high"]
    lead = finished.metrics["top1"] - finished.baselines["solo"]["top1"]
    assert result["comparisons"]["solo"]["top1"]["difference"] == pytest.approx(lead, abs=1e-5)


def test_the_table_of_samples_says_who_was_right_and_who_taught(taught: tuple[list[Event], Path]) -> None:
    _, folder = taught
    table = pq.read_table(folder / "artifacts" / "per_sample.parquet")
    rows = table.to_pylist()
    assert {row["split"] for row in rows} == {"train", "val", "test"}
    test = [row for row in rows if row["split"] == "test"]
    right = [row["student_class"] == row["label"] for row in test]
    assert float(np.mean(right)) == pytest.approx(result_of(folder)["metrics"]["top1"])
    for row in rows:
        weights = [row[f"{name}/weight"] for name in TEACHERS]
        assert sum(weights) == pytest.approx(1.0, abs=1e-5)
        assert row["leading"] == TEACHERS[int(np.argmax(weights))]
        differ = row["one/class"] != row["two/class"]
        assert row["disagreement"] == float(differ)
        assert row["gain"] == pytest.approx(row["student_quality"] - row["solo_quality"])
        assert 0 <= row["target_quality"] <= row["target_score"] <= 1
        if row["one/class"] == row["label"]:
            assert row["one/quality"] == row["one/score"]


def test_every_participant_gives_every_class_a_probability(taught: tuple[list[Event], Path]) -> None:
    _, folder = taught
    rows = pq.read_table(folder / "artifacts" / "probabilities.parquet").to_pylist()
    who = ["student", "solo", "target", *(f"teacher:{name}" for name in TEACHERS)]
    assert [row["who"] for row in rows[: len(who)]] == who
    assert len({row["sample_id"] for row in rows[: len(who)]}) == 1
    assert len(rows) == (48 + 64) * len(who)
    result = result_of(folder)
    for row in rows:
        assert row["classes"] == result["classes"]
        assert sum(row["probabilities"]) == pytest.approx(1.0, abs=1e-4)


def test_the_student_in_the_file_measures_what_the_result_says(
    taught: tuple[list[Event], Path], gallery: Gallery
) -> None:
    _, folder = taught
    file = folder / "artifacts" / "student.safetensors"
    again = evaluate_classifier(file, data=gallery.base / "gallery", split="test")
    assert again == pytest.approx(result_of(folder)["metrics"], abs=1e-6)
    _, card = load_classifier(file)
    assert card.recipe is None
    assert card.metrics["test/top1"] == pytest.approx(again["top1"])


def test_weights_are_kept_over_the_training_and_shown_of_probe_samples(
    taught: tuple[list[Event], Path],
) -> None:
    events, folder = taught
    probe = next(event for event in events if isinstance(event, ProbeSet))
    spoken = [event for event in events if isinstance(event, Weights)]
    assert len(spoken) == 2
    assert all(len(event.probe) == len(probe.sample_ids) == 16 for event in spoken)
    table = pq.read_table(folder / "artifacts" / "weights.parquet")
    assert set(table.column_names) == {"sample_id", "step", *TEACHERS}
    assert len(table) == 2 * (96 + 48)


def test_every_file_is_named_as_an_artifact(taught: tuple[list[Event], Path]) -> None:
    events, folder = taught
    named = {event.name for event in events if isinstance(event, ArtifactWritten)}
    assert named == {path.name for path in (folder / "artifacts").iterdir()}
    assert named >= {"student.safetensors", "result.json", "per_sample.parquet", "probabilities.parquet"}


def test_the_student_without_teachers_is_that_of_a_job_of_method_solo(
    taught: tuple[list[Event], Path], gallery: Gallery, tmp_path: Path
) -> None:
    events, _ = taught
    alone = gallery.run(parse(SOLO), folder=tmp_path)
    beside = {
        (name.removeprefix("solo/"), step - 6): value
        for (name, step), value in points(events).items()
        if name.startswith("solo/")
    }
    assert beside == points(alone)


def test_a_job_without_teachers_is_held_against_blind_alone(gallery: Gallery) -> None:
    result = result_of(gallery.base / "one")
    assert set(result["baselines"]) == {"blind"}
    assert result["metrics"]["top1"] > result["baselines"]["blind"]["top1"]
    _, card = load_classifier(gallery.teachers["one"])
    assert card.recipe is not None
    assert [row["name"] for row in result["per_class"]] == list(card.classes)


def test_a_baseline_that_reads_labels_is_called_a_bound(
    taught: tuple[list[Event], Path], gallery: Gallery
) -> None:
    _, folder = taught
    sentence = "`aggregated` reads the labels of what it weighs"
    assert sentence in (folder / "artifacts" / "MODEL_CARD.md").read_text()
    assert sentence not in (gallery.base / "one" / "artifacts" / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize(
    ("method", "views"),
    [
        ({}, ["one", "two", "all teachers"]),
        ({"cache_form": "top_k", "cache_classes": 3}, ["all teachers"]),
        ({"inner": {"kind": "dkd"}}, ["one", "two"]),
        ({"aggregator": {"kind": "static"}}, ["one", "two"]),
    ],
)
def test_teachers_whose_weights_are_fixed_become_one_row_where_the_loss_allows_it(
    method: dict[str, Any], views: list[str], gallery: Gallery, tmp_path: Path
) -> None:
    assert views_asked_for(gallery, method, cache=tmp_path) == views


def test_only_the_best_single_teacher_is_asked_about_views(gallery: Gallery, tmp_path: Path) -> None:
    asked = views_asked_for(gallery, {"aggregator": {"kind": "best_single"}}, cache=tmp_path)
    assert len(asked) == 1
    assert asked[0] in TEACHERS


def views_asked_for(gallery: Gallery, method: dict[str, Any], *, cache: Path) -> list[str]:
    """Whose rows of augmented images a job computes in an empty cache before its student is trained."""
    with closing(gallery.start(gallery.spec(method), folder=cache / "run", cache=cache)) as events:
        before = takewhile(lambda event: event != Entered(part="training"), events)
        details = [event.detail for event in before if isinstance(event, Entered)]
    end = ": train, 2 views"
    return [detail.removesuffix(end) for detail in details if detail.endswith(end)]


def test_one_row_that_stands_for_all_teachers_teaches_as_teachers_beside_the_student_do(
    gallery: Gallery, tmp_path: Path
) -> None:
    cached = gallery.run(gallery.spec({}), folder=tmp_path / "cached")
    online = gallery.run(gallery.spec({"signals": "online"}), folder=tmp_path / "online")
    assert points(cached) == pytest.approx(points(online), rel=0.01, abs=2e-3)
    assert not same_student(tmp_path / "cached", tmp_path / "online"), "rows are in half precision"


def test_teachers_that_are_weighed_one_by_one_are_cached_one_by_one(gallery: Gallery, tmp_path: Path) -> None:
    method = {"aggregator": {"kind": "entropy"}}
    cached = gallery.run(gallery.spec(method), folder=tmp_path / "cached")
    online = gallery.run(gallery.spec({**method, "signals": "online"}), folder=tmp_path / "online")
    assert points(cached) == pytest.approx(points(online), rel=0.01, abs=2e-3)
