"""Rows of features: which are seen, what a view is a function of, and whose labels may be learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.spec.classification.views import FeatureAugmentSpec
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch, Rows
from mtkd_engine.tasks.classification.losses import hard_label_loss
from mtkd_engine.tasks.classification.splits.features import FeatureSplit
from mtkd_engine.tasks.classification.splits.repeated import labelled_only

ROWS, WIDTH = 4, 3
LENGTHS = (9, 2, 4, 13, 5, 8)


class Stored:
    """Clips of several lengths; value of row t of clip n is 100 n + t + 1."""

    width = WIDTH
    longest = max(LENGTHS)

    def row(self, place: int) -> NDArray[np.float32]:
        values_T1 = 100 * place + 1 + np.arange(LENGTHS[place], dtype=np.float32)[:, None]
        return np.repeat(values_T1, WIDTH, axis=1)

    def rows(self, places: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        raise NotImplementedError


def split(
    augment: FeatureAugmentSpec | None,
    *,
    names: Sequence[int] = range(len(LENGTHS)),
    labelled: Sequence[bool] | None = None,
) -> FeatureSplit:
    listed = [LabelledSample(f"s{n}", f"s{n}", n % 2, n) for n in names]
    mask_N = None if labelled is None else np.array(labelled)
    return FeatureSplit(listed, Stored(), name="train", rows=ROWS, augment=augment, seed=0, labelled_N=mask_N)


def rows_of(batch: ClassBatch) -> Rows:
    assert isinstance(batch.inputs, Rows)
    return batch.inputs


def test_a_clean_clip_shows_the_middle_of_every_part_and_a_short_one_all_it_has() -> None:
    features_BTD, lengths_B = rows_of(split(None).at_view(CLEAN, range(6)))
    assert lengths_B.tolist() == [4, 2, 4, 4, 4, 4]
    assert features_BTD[:, :, 0].tolist() == [
        [1, 3, 5, 8],
        [101, 102, 0, 0],
        [201, 202, 203, 204],
        [302, 305, 308, 311],
        [401, 402, 403, 404],
        [501, 503, 505, 507],
    ]
    assert torch.equal(features_BTD[:, :, 0], features_BTD[:, :, 2])


@pytest.mark.parametrize(
    "augment",
    [
        FeatureAugmentSpec(views=3),
        FeatureAugmentSpec(views=3, drop=0.4),
        FeatureAugmentSpec(views=3, mixup=0.5),
    ],
)
def test_a_view_is_the_same_in_every_batch(augment: FeatureAugmentSpec) -> None:
    whole = split(augment).at_view(1, range(6))
    for row in range(6):
        alone = split(augment).at_view(1, [row])
        for part, other in zip(rows_of(alone), rows_of(whole), strict=True):
            assert torch.equal(part[0], other[row])


def test_every_row_of_a_view_is_of_its_own_part_of_the_clip() -> None:
    made = split(FeatureAugmentSpec(views=50))
    seen = torch.stack([rows_of(made.at_view(view, [3])).features_BTD[0, :, 0] for view in range(50)]) - 301
    first = torch.tensor([0, 3, 6, 9])
    assert bool(((seen >= first) & (seen <= torch.tensor([2, 5, 8, 12]))).all())
    assert len(seen[:, 3].unique()) == 4


def test_dropped_rows_are_zero_in_their_share() -> None:
    made = split(FeatureAugmentSpec(views=200, drop=0.3))
    seen = torch.cat([rows_of(made.at_view(view, [3])).features_BTD[0, :, 0] for view in range(200)])
    assert float((seen == 0).float().mean()) == pytest.approx(0.3, abs=0.05)


def test_mixed_clips_are_of_two_samples_by_their_share() -> None:
    augment = FeatureAugmentSpec(views=2, mixup=1.0, jitter=False)
    batch, clean = split(augment).at_view(0, range(6)), split(None).at_view(CLEAN, range(6))
    assert batch.mixed is not None
    share_B = batch.mixed.share_B
    own_BT = rows_of(clean).features_BTD[:, :, 0]
    other_BT = (rows_of(batch).features_BTD[:, :, 0] - share_B[:, None] * own_BT) / (1 - share_B[:, None])
    for row in range(6):
        partner = round(float(other_BT[row, 0]) // 100)
        assert partner != row
        torch.testing.assert_close(other_BT[row], own_BT[partner], rtol=1e-3, atol=0.05)


def test_the_labels_of_samples_without_one_teach_nothing() -> None:
    mask = [True, False, True, False, False, True]
    batch = split(None, labelled=mask).at_view(CLEAN, range(6))
    assert batch.labelled_B is not None
    logits_BC = torch.randn(6, 2, generator=torch.Generator().manual_seed(0), requires_grad=True)
    loss = hard_label_loss(logits_BC, batch)
    rows = [0, 2, 5]
    wanted = torch.nn.functional.cross_entropy(logits_BC[rows], batch.labels_B[rows])
    torch.testing.assert_close(loss, wanted)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits_BC.grad is not None
    assert not logits_BC.grad[[1, 3, 4]].any()
    none = split(None, labelled=[False] * 5 + [True]).at_view(CLEAN, range(5))
    assert float(hard_label_loss(torch.randn(5, 2), none)) == 0


def test_mixed_clips_count_by_what_of_them_has_a_label() -> None:
    augment = FeatureAugmentSpec(views=2, mixup=1.0)
    batch = split(augment, labelled=[True, False, True, False, False, True]).at_view(0, range(6))
    mixed = batch.mixed
    assert mixed is not None
    assert mixed.labelled_B is not None
    assert batch.labelled_B is not None
    logits_BC = torch.randn(6, 2, dtype=torch.float32, generator=torch.Generator().manual_seed(1))
    log_BC = torch.log_softmax(logits_BC, 1)
    total, weight = 0.0, 0.0
    for row in range(6):
        for label, share, has in (
            (batch.labels_B[row], mixed.share_B[row], batch.labelled_B[row]),
            (mixed.labels_B[row], 1 - mixed.share_B[row], mixed.labelled_B[row]),
        ):
            total -= float(share * has * log_BC[row, label])
            weight += float(share * has)
    assert float(hard_label_loss(logits_BC, batch)) == pytest.approx(total / weight, rel=1e-5)


def test_few_labelled_samples_come_as_often_as_the_split_has_samples() -> None:
    whole = split(FeatureAugmentSpec(views=100), labelled=[False, True, False, True, False, False])
    few = labelled_only(whole)
    assert len(few) == 6
    batch = few.batch(range(6))
    assert batch.sample_ids == ["s1", "s3"] * 3
    assert batch.labelled_B is not None
    assert bool(batch.labelled_B.all())
    seen = {int(few.batch([index], epoch=epoch).views_B[0]) for epoch in range(2) for index in (0, 2, 4)}
    assert len(seen) == 6, "every pass has a view of its own"
    assert labelled_only(split(None)) is not None
    assert len(labelled_only(split(None))) == 6
