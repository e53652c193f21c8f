"""What a group says: means, spreads, and paired differences from the reference."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from jobs.comparisons import GroupTable, Row, group_table, pairs
from jobs.models import Artifact, Group, Job, Project, User
from jobs.operations.groups import submit_group
from jobs.storage import qualities
from jobs.storage.blobs import blob_name
from jobs.storage.tables import Columns
from mtkd_engine.comparing import paired
from tests.group_double import PER_SOURCE, SAMPLES, end_well, ious, of_cell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset", "nothing_kept")]
SOLO: dict[str, Any] = {"name": "study", "data": {"dataset": "world"}}
SHORT, LONG = {"optim": {"epochs": 2}}, {"optim": {"epochs": 40}}


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_kept", pairs._Kept())
    monkeypatch.setattr(qualities, "_kept", Columns(1 << 20))


@pytest.fixture
def group(project: Project, user: User) -> Group:
    ablate = [{"cell": "short", "change": SHORT}, {"cell": "long", "change": LONG}]
    return submit_group(project=project, user=user, document={**SOLO, "seeds": [1, 2, 3], "ablate": ablate})


@pytest.fixture
def ended(group: Group) -> Group:
    """The cell `long` is better than the reference everywhere, `short` the same on average."""
    for seed in (1, 2, 3):
        end_well(of_cell(group, "", seed), iou=ious(0.5, seed=seed))
        end_well(of_cell(group, "long", seed), iou=ious(0.6, seed=seed + 1))
        end_well(of_cell(group, "short", seed), iou=ious(0.5, seed=seed)[::-1])
    return group


def row(table: GroupTable, cell: str) -> Row:
    return next(row for row in table.rows if row.cell == cell)


def test_a_group_that_waits_has_its_cells_and_no_numbers(group: Group) -> None:
    table = group_table(group)
    assert [row.cell for row in table.rows] == ["", "short", "long"]
    assert [row.text.title for row in table.rows] == ["reference", "short", "long"]
    assert [[member.seed for member in row.members] for row in table.rows] == [[1, 2, 3]] * 3
    assert all(row.spread is None and row.difference is None and not row.is_comparing for row in table.rows)
    assert (table.metric, table.metrics, table.is_settled) == ("miou", (), False)


def test_mean_and_spread_are_over_the_seeds(ended: Group) -> None:
    spread = row(group_table(ended), "").spread
    assert spread is not None
    values = [sum(ious(0.5, seed=seed)) / SAMPLES for seed in (1, 2, 3)]
    assert (spread.n, spread.low, spread.high) == (3, min(values), max(values))
    assert spread.mean == pytest.approx(sum(values) / 3)
    assert spread.sd == pytest.approx(math.sqrt(sum((v - spread.mean) ** 2 for v in values) / 2))


def test_a_difference_is_that_of_the_paired_bootstrap(ended: Group) -> None:
    found = row(group_table(ended), "long").difference
    assert found is not None
    own = [ious(0.6, seed=seed + 1) for seed in (1, 2, 3)]
    other = [ious(0.5, seed=seed) for seed in (1, 2, 3)]
    expected = paired(own, other, [f"v{number // PER_SOURCE}" for number in range(SAMPLES)])
    assert found.mean == pytest.approx(expected.mean)
    # Sources are taken in another order, so the draws are others.
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=2e-3)
    assert (found.seeds, found.samples, found.is_decided) == (3, SAMPLES, True)
    same = row(group_table(ended), "short").difference
    assert same is not None
    assert not same.is_decided
    assert row(group_table(ended), "").difference is None


def test_any_metric_with_a_value_for_each_sample_can_be_chosen(ended: Group) -> None:
    table = group_table(ended, metric="r1@0.5")
    assert table.metrics == ("miou", "r1@0.5")
    found = row(table, "long").difference
    assert found is not None
    reference = sum(v >= 0.5 for seed in (1, 2, 3) for v in ious(0.5, seed=seed)) / (3 * SAMPLES)
    assert found.mean == pytest.approx(1.0 - reference)
    assert group_table(ended, metric="nonsense").metric == "miou"


def test_metrics_without_values_for_samples_have_no_interval(group: Group) -> None:
    for cell in ("", "long"):
        end_well(
            of_cell(group, cell, 1), iou=ious(0.5), metrics={"map": 0.4, "r5@0.5": 0.7, "odd": "Infinity"}
        )
    table = group_table(group, metric="map")
    assert table.metrics == ("map", "r5@0.5")
    assert row(table, "long").spread is not None
    assert row(table, "long").difference is None
    assert not row(table, "long").is_comparing


def test_only_seeds_that_both_have_are_compared(group: Group) -> None:
    end_well(of_cell(group, "", 1), iou=ious(0.5))
    end_well(of_cell(group, "long", 2), iou=ious(0.6))
    assert row(group_table(group), "long").difference is None
    end_well(of_cell(group, "long", 1), iou=ious(0.6))
    found = row(group_table(group), "long").difference
    assert found is not None
    assert found.seeds == 1


def test_samples_are_matched_by_their_ids_not_by_their_places(group: Group) -> None:
    iou = [number / 100 for number in range(SAMPLES)]
    turned = [f"s{number}" for number in reversed(range(SAMPLES))]
    end_well(of_cell(group, "", 1), iou=iou)
    end_well(
        of_cell(group, "long", 1),
        iou=iou[::-1],
        sample_id=[*turned, "of-val"],
        source_id=[f"v{int(name[1:]) // PER_SOURCE}" for name in turned] + ["v-val"],
    )
    end_well(
        of_cell(group, "short", 1), iou=iou, sample_id=[*turned[:5], *(f"x{n}" for n in range(SAMPLES - 4))]
    )
    found, some = row(group_table(group), "long").difference, row(group_table(group), "short").difference
    assert found is not None
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)
    assert some is not None
    assert some.samples == 5


def test_jobs_on_other_samples_are_not_compared(group: Group) -> None:
    end_well(of_cell(group, "", 1), iou=ious(0.5))
    end_well(of_cell(group, "long", 1), iou=[0.5], sample_id=["other", "of-val"])
    assert row(group_table(group), "long").difference is None


def test_a_combination_of_teachers_is_judged_on_all_its_samples(group: Group) -> None:
    for cell, level in (("", 0.5), ("long", 0.6)):
        own = [*ious(level), level]
        end_well(of_cell(group, cell, 1), iou=ious(level), student_iou=None, target_iou=own)
    found = row(group_table(group), "long").difference
    assert found is not None
    assert found.samples == SAMPLES + 1


def test_a_table_whose_sources_are_not_named_goes_by_its_videos(group: Group) -> None:
    videos = [f"v{number // PER_SOURCE}" for number in range(SAMPLES)] + ["v-val"]
    for cell in ("", "long"):
        end_well(of_cell(group, cell, 1), iou=ious(0.5), source_id=None, video_id=videos)
    assert row(group_table(group), "long").difference is not None


def test_what_cannot_be_read_is_left_out_and_tried_again(ended: Group, settings: Any) -> None:
    artifact = Artifact.objects.get(job=of_cell(ended, "long", 2))
    path = Path(settings.STORAGE) / blob_name(artifact.blob_id)
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(b"spoilt")
    table = group_table(ended)
    assert row(table, "long").difference is None
    assert row(table, "long").spread is not None
    assert row(table, "short").difference is not None
    path.write_bytes(content)
    assert row(group_table(ended), "long").difference is not None


def test_a_file_that_is_no_table_of_samples_is_left_out(group: Group) -> None:
    end_well(of_cell(group, "", 1), iou=ious(0.5))
    end_well(of_cell(group, "long", 1), iou=ious(0.5), student_iou=None)
    assert row(group_table(group), "long").difference is None


def test_comparisons_that_take_too_long_come_with_the_next_look(ended: Group) -> None:
    table = group_table(ended, seconds=0)
    assert row(table, "long").is_comparing
    assert not table.is_settled
    group_table(ended)
    assert row(group_table(ended, seconds=0), "long").difference is not None
    assert group_table(ended, seconds=0).is_settled


def test_a_comparison_is_made_once(ended: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    group_table(ended)
    monkeypatch.setattr(pairs, "_sums", lambda *_: pytest.fail("it was known"))
    assert row(group_table(ended), "long").difference is not None


def test_a_failed_job_has_no_numbers(ended: Group) -> None:
    Job.objects.filter(pk=of_cell(ended, "long", 3).pk).update(state="failed")
    found = row(group_table(ended), "long")
    assert found.spread is not None
    assert (found.spread.n, len(found.members)) == (2, 3)
    assert found.difference is not None
    assert found.difference.seeds == 2
