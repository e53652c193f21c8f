"""What a job would keep is told before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.cache.rows.build import fill
from mtkd_engine.cache.rows.sizes import ALL, BEST, cache_sizes
from mtkd_engine.cache.rows.table import Table
from mtkd_engine.spec import ClassificationSpec, parse
from tests.engine.cache.rows.rowfiles import Oracle, header_of

SAMPLES = {"train": 600, "val": 60, "test": 100}


def spec_of(
    method: dict[str, Any], *, teachers: tuple[str, ...] = ("a", "b"), epochs: int = 30
) -> ClassificationSpec:
    stated = {
        "task": "classification",
        "data": {"dataset": "images", "size": 8, "augment": {"views": 4}},
        "teachers": list(teachers),
        "method": {"kind": "multi_teacher", **method},
        "optim": {"epochs": epochs},
    }
    spec = parse(stated)
    assert isinstance(spec, ClassificationSpec)
    return spec


def views_of(method: dict[str, Any], **given: Any) -> dict[str, int]:
    sizes = cache_sizes(spec_of(method, **given), samples=SAMPLES, classes=10)
    return {size.teacher: size.bytes for size in sizes if size.views}


def test_every_teacher_is_asked_about_every_sample_as_it_is_and_about_the_views_that_are_shown() -> None:
    sizes = cache_sizes(spec_of({"aggregator": {"kind": "entropy"}}), samples=SAMPLES, classes=10)
    assert sum(size.rows for size in sizes if not size.views) == 2 * 760
    assert [(size.teacher, size.rows, size.bytes) for size in sizes if size.views] == [
        ("a", 2400, 48_000),
        ("b", 2400, 48_000),
    ]
    assert sum(size.bytes for size in sizes) == 2 * (760 + 2400) * 20


def test_a_short_training_shows_fewer_views() -> None:
    assert views_of({"aggregator": {"kind": "entropy"}}, epochs=3) == {"a": 36_000, "b": 36_000}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ({"aggregator": {"kind": "uniform"}}, {"a": 48_000, "b": 48_000, ALL: 48_000}),
        ({"aggregator": {"kind": "uniform"}, "inner": {"kind": "dkd"}}, {"a": 48_000, "b": 48_000}),
        ({"aggregator": {"kind": "uniform"}, "cache_form": "top_k", "cache_classes": 3}, {ALL: 28_800}),
        ({"aggregator": {"kind": "uniform"}, "cache_form": "sampled", "cache_classes": 3}, {ALL: 14_400}),
        ({"aggregator": {"kind": "best_single"}}, {BEST: 48_000}),
    ],
)
def test_weights_that_never_change_need_one_row(method: dict[str, Any], expected: dict[str, int]) -> None:
    assert views_of(method) == expected


def test_teachers_that_run_beside_the_student_need_none() -> None:
    assert cache_sizes(spec_of({"signals": "online"}), samples=SAMPLES, classes=10) == []


def test_draws_at_another_temperature_are_not_there(tmp_path: Path) -> None:
    method = {"inner": {"kind": "kd"}, "aggregator": {"kind": "static"}, "cache_form": "sampled"}
    spec = spec_of({**method, "temperature": 2.0}, teachers=("a",))
    augment = spec.data.augment.model_dump(mode="json")
    drawn = {"form": "sampled", "kept": 16, "views": 4, "augment": augment, "sources": (("hash a", 1.0),)}
    for softened, there in ((4.0, False), (2.0, True)):
        table = Table(tmp_path, header_of(**drawn, softened=softened))
        list(fill(table, views=range(4), produce=Oracle(), detail="a"))
        sizes = cache_sizes(
            spec, samples=SAMPLES, classes=10, teachers={"a": "hash a"}, dataset="dataset", cache=tmp_path
        )
        assert [size.exists for size in sizes if size.views] == [there]


def test_what_a_cache_has_already_is_told(tmp_path: Path) -> None:
    spec = spec_of({"aggregator": {"kind": "entropy"}})
    augment = spec.data.augment.model_dump(mode="json")
    table = Table(tmp_path, header_of(sources=(("hash a", 1.0),), views=4, augment=augment))

    def exists() -> list[str]:
        hashes = {"a": "hash a", "b": "hash b"}
        sizes = cache_sizes(
            spec, samples=SAMPLES, classes=10, teachers=hashes, dataset="dataset", cache=tmp_path
        )
        return [f"{size.teacher} {size.split} {size.views}" for size in sizes if size.exists]

    list(fill(table, views=range(3), produce=Oracle(), detail="a"))
    assert exists() == []
    list(fill(table, views=range(4), produce=Oracle(), detail="a"))
    assert exists() == ["a train 4"]
