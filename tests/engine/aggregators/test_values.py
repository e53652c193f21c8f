"""What each aggregator says of a few teachers, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators import Context, Signals, build, mix
from mtkd_engine.aggregators.evidence import evidence
from mtkd_engine.nets.masking import NEG
from mtkd_engine.spec import (
    BestSingleSpec,
    KauPlusSpec,
    KauSpec,
    MedoidSpec,
    OracleSpec,
    SpecError,
    StaticSpec,
)
from mtkd_engine.tasks.grounding import Belief, Targets, gate_loss
from mtkd_engine.tasks.grounding.grid import clip_mask
from mtkd_engine.tasks.grounding.windows import unify_windows

CLIPS, LENGTH, SECONDS = [10, 10, 5], 10, 10.0
SAID = {
    "early": [(0.0, 4.0), (0.0, 4.0), (0.0, 4.0)],
    "middle": [(1.0, 5.0), (3.0, 7.0), (0.0, 4.0)],
    "late": [(3.0, 7.0), (3.0, 8.0), (6.0, 10.0)],
}
STATIC = [[0.2963, 0.4078, 0.2959]] * 3
KAU = [[0.2018, 0.5586, 0.2395], [0.2788, 0.3834, 0.3379], [0.2762, 0.3892, 0.3345]]
KAU_PLUS = [[0.0324, 0.8479, 0.1197], [0.0468, 0.8056, 0.1476], [0.0468, 0.8151, 0.1381]]
TRUE = [[(1.0, 5.0)], [(0.0, 2.0), (3.0, 8.0)], [(4.0, 6.0)]]


def belief_of(windows: Sequence[tuple[float, float]], *, logit: float) -> Belief:
    """Sure of one window with these odds against the whole video."""
    whole = torch.tensor([[0.0, SECONDS]]).expand(len(windows), 1, 2)
    return unify_windows(
        torch.cat([torch.tensor(windows).unsqueeze(1), whole], dim=1),
        torch.tensor([[logit, 0.0]]).expand(len(windows), 2),
        torch.ones(len(windows), 2, dtype=torch.bool),
        temperature=1.0,
        durations_B=torch.full((len(windows),), SECONDS, dtype=torch.float64),
        student_clips_B=torch.tensor(CLIPS),
        student_length=LENGTH,
        top_k=2,
    )


@pytest.fixture
def signals() -> Signals:
    beliefs = [belief_of(said, logit=place + 1.0) for place, said in enumerate(SAID.values())]
    return Signals.stack(beliefs, list(SAID))


@pytest.fixture
def labels(make: SimpleNamespace) -> Targets:
    found: Targets = make.targets_for(TRUE, clips=CLIPS, length=LENGTH, duration=SECONDS)
    return found


@pytest.fixture
def seen() -> Context:
    place = torch.arange(3 * LENGTH * 4, dtype=torch.float32).view(3, LENGTH, 4)
    return Context(
        video_BLC=torch.sin(0.7 * place),
        clip_mask_BL=clip_mask(torch.tensor(CLIPS), LENGTH),
        query_BWC=torch.cos(0.3 * place[:, :3]),
        word_mask_BW=clip_mask(torch.tensor([3, 2, 1]), 3),
    )


def close(found: Tensor, expected: object, *, within: float = 1e-4) -> None:
    torch.testing.assert_close(found.double(), torch.tensor(expected).double(), rtol=0, atol=within)


def test_best_single_takes_the_teacher_that_it_was_told_is_best_and_the_first_of_equals(
    signals: Signals,
) -> None:
    aggregator = build(BestSingleSpec(), teachers=3, feature_width=None)
    aggregator.told(torch.tensor([0.3, 0.4, 0.4]))
    close(aggregator.weights(signals, None), [[[0.0, 1.0, 0.0]]] * 3, within=0)
    aggregator.told(torch.tensor([0.5, 0.4, 0.4]))
    close(aggregator.weights(signals, None), [[[1.0, 0.0, 0.0]]] * 3, within=0)


def test_the_medoid_is_the_teacher_in_the_middle_and_the_first_of_equals(signals: Signals) -> None:
    weights_BHT = build(MedoidSpec(), teachers=3, feature_width=None).weights(signals, None)
    close(weights_BHT[:, 0], [[0, 1, 0], [0, 1, 0], [1, 0, 0]], within=0)


def test_the_oracle_takes_the_best_by_any_true_window_and_shares_among_equals(
    signals: Signals, labels: Targets
) -> None:
    weights_BHT = build(OracleSpec(), teachers=3, feature_width=None).weights(signals, None, labels=labels)
    close(weights_BHT[:, 0], [[0, 1, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3]])


def test_evidence_is_read_from_beliefs_and_saliency(signals: Signals) -> None:
    found_TBE = evidence(signals)
    sure, surer, surest = (float(torch.tensor(odds).sigmoid()) for odds in (1.0, 2.0, 3.0))
    close(found_TBE[:, 0, 0], [sure, surer, surest])
    close(found_TBE[:, 0, 1], [2 * sure - 1, 2 * surer - 1, 2 * surest - 1])
    assert 1 > float(found_TBE[1, 0, 2]) > float(found_TBE[2, 0, 2]) > 0
    close(found_TBE[:, 0, 3], [(0.6 + 1 / 7) / 2, (0.6 + 1 / 3) / 2, (1 / 7 + 1 / 3) / 2])
    assert not bool(found_TBE[:, :, 4:].any())  # nobody scores clips


def test_entropy_is_one_for_a_belief_in_all_windows_alike_and_zero_for_a_single_window() -> None:
    log_BLL = torch.full((2, 4, 4), NEG)
    log_BLL[0, torch.triu(torch.ones(4, 4, dtype=torch.bool))] = -torch.tensor(10.0).log()
    log_BLL[1, 0, 0] = 0.0
    alone = Signals(log_BLL.unsqueeze(0), torch.zeros(1, 2, 1, 2), torch.tensor([[[0.1], [1.0]]]), ["one"])
    close(evidence(alone)[0], [[0.1, 0.1, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]])


def test_saliency_counts_in_spreads_of_its_own_and_only_where_there_is_some(signals: Signals) -> None:
    """The best cells are [0, 3], [1, 4] and [3, 6] of ten clips, [0, 1], [0, 1] and [3, 4] of five."""
    bright_BL = torch.zeros(3, LENGTH)
    bright_BL[0, :4] = 1.0
    known_TBL = torch.stack([bright_BL, 7.0 * bright_BL - 3.0, torch.full_like(bright_BL, torch.nan)])
    found_TBE = evidence(Signals(*list(vars(signals).values())[:4], saliency_TBL=known_TBL))
    spread = 0.24**0.5
    close(found_TBE[:, 0, 4], [1 / spread / 3, (3 / 4 - 1 / 6) / spread / 3, 0.0])
    close(found_TBE[:, 1, 4], [0.0, 0.0, 0.0])  # the same everywhere: nothing stands out
    close(found_TBE[:, 0, 5], [1.0, 1.0, 0.0])


def learned(
    spec: KauSpec | KauPlusSpec | StaticSpec, signals: Signals, seen: Context, labels: Targets
) -> Tensor:
    torch.manual_seed(5)
    aggregator = build(spec, teachers=3, feature_width=4)
    optimizer = torch.optim.AdamW(aggregator.parameters(), lr=0.02)
    for _ in range(8):
        loss = gate_loss(mix(aggregator.weights(signals, seen), signals, seen.clip_mask_BL), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return aggregator.weights(signals, seen).detach()[:, 0]


def test_static_learns_these_weights(signals: Signals, seen: Context, labels: Targets) -> None:
    close(learned(StaticSpec(), signals, seen, labels), STATIC, within=1e-3)


def test_kau_learns_these_weights(signals: Signals, seen: Context, labels: Targets) -> None:
    close(learned(KauSpec(width=4, hidden=4), signals, seen, labels), KAU, within=1e-3)


def test_kau_plus_learns_these_weights(signals: Signals, seen: Context, labels: Targets) -> None:
    close(learned(KauPlusSpec(width=4, hidden=4), signals, seen, labels), KAU_PLUS, within=1e-3)


def test_kau_plus_sees_who_is_confident_where_nothing_else_tells(
    make: SimpleNamespace, labels: Targets
) -> None:
    """Two teachers take turns in being right, and each is surer when it is."""
    right, wrong = [(1.0, 5.0), (3.0, 8.0), (4.0, 6.0)], [(6.0, 9.0), (0.0, 2.0), (0.0, 2.0)]
    surely, hardly = belief_of(right, logit=3.0), belief_of(wrong, logit=0.5)
    turn_B = torch.tensor([0, 1, 0])
    both = [surely, hardly]
    teachers = [
        Belief.cat([both[int(turn) ^ t].rows(torch.tensor([row])) for row, turn in enumerate(turn_B)])
        for t in (0, 1)
    ]
    signals = Signals.stack(teachers, ["one", "other"])
    torch.manual_seed(0)
    aggregator = build(KauPlusSpec(), teachers=2, feature_width=None)
    optimizer = torch.optim.Adam(aggregator.parameters(), lr=0.05)
    for _ in range(40):
        weights_BHT = aggregator.weights(signals, None)
        loss = gate_loss(mix(weights_BHT, signals, clip_mask(torch.tensor(CLIPS), LENGTH)), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    weights_BT = aggregator.weights(signals, None).detach()[:, 0]
    assert bool((weights_BT.argmax(1) == turn_B).all())
    assert float(weights_BT.amax(1).min()) > 0.9


def test_kau_without_features_is_refused_with_a_sentence() -> None:
    with pytest.raises(SpecError, match=r"method\.aggregator\.kind: given 'kau'.* accepts 'kau_plus'"):
        build(KauSpec(), teachers=2, feature_width=None)
