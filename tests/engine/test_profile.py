"""What a model costs: counted by hand on small networks, at the lengths that samples have, extraction beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtkd_engine.__main__ import main
from mtkd_engine.data.dataset import Dataset, Sample, load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.extractor import Extractor
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.nets.registry import build_for
from mtkd_engine.profile import cost_of, measuring
from mtkd_engine.profile.grounding import SAMPLES
from mtkd_engine.spec import GroundingCard, Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet

WIDTH = 5
NETS: list[NetSpec] = [
    SpanNet(clips=8, width=8, encoder_layers=1, heads=2, attention_layers=1),
    Map2dNet(clips=8, width=8),
    ProposalNet(clips=8, width=8, anchors=3),
    RegressionNet(clips=8, width=8),
]


class Rows:
    """Videos whose name says how many rows they have."""

    width = WIDTH

    @property
    def path(self) -> Path:
        return Path("rows")

    def keys(self) -> list[str]:
        return []

    def load(self, video_id: str) -> NDArray[np.float32]:
        return np.ones((int(video_id), WIDTH), np.float32)


def dataset_of(*shapes: tuple[int, int]) -> Dataset:
    """One test sample for each (rows, words), a second a row."""
    samples = tuple(
        Sample(f"s{number}", f"s{number}", str(rows), float(rows), ((0.0, 1.0),), " ".join(["red"] * words))
        for number, (rows, words) in enumerate(shapes)
    )
    return Dataset(name="made", task="grounding", splits={"test": samples, "val": ()}, features=Rows())  # type: ignore[arg-type]


def card_of(net: NetSpec, **stated: object) -> GroundingCard:
    return GroundingCard.model_validate(
        {
            "net": net,
            "feature_width": WIDTH,
            "max_words": 6,
            "vocabulary": ("<pad>", "<unk>", "red"),
            **stated,
        }
    )


class OneProduct(nn.Module):
    """Every clip times a 5 x 7 matrix, then doubled."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Linear(WIDTH, 7, bias=False)

    def forward(self, inputs: GroundingInputs) -> Tensor:
        product: Tensor = self.matrix(inputs.features_BLD)
        return product * 2.0


def test_by_hand_one_matrix_at_the_lengths_of_the_samples() -> None:
    cost = cost_of(OneProduct(), card_of(NETS[0]), dataset_of((4, 2), (6, 1)), runs=3)
    assert cost.parameters == 35
    assert cost.macs == (4 * 35 + 6 * 35) / 2
    assert (cost.clips, cost.words, cost.samples, cost.runs) == (5.0, 1.5, 2, 3)
    assert (cost.threads, cost.device) == (torch.get_num_threads(), "cpu")


def test_by_hand_the_recurrence_over_words_is_counted() -> None:
    class Reader(OneProduct):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(4, 4, batch_first=True)

        def forward(self, inputs: GroundingInputs) -> Tensor:
            states_BWC: Tensor = self.gru(inputs.words_BW.unsqueeze(2).expand(-1, -1, 4).float())[0]
            return states_BWC

    cost = cost_of(Reader(), card_of(NETS[0]), dataset_of((4, 5)), runs=1)
    assert cost.macs == 5 * 2 * (4 * 12)


def test_by_hand_the_memory_of_the_longest_query() -> None:
    cost = cost_of(OneProduct(), card_of(NETS[0]), dataset_of((4, 2), (6, 1)), runs=1)
    inputs = 6 * WIDTH * 4 + 6 + 1 * 8 + 1  # float32 rows, clip mask, one int64 word, word mask
    results = 2 * 6 * 7 * 4  # the product and its double at once
    assert cost.memory_bytes == 35 * 4 + inputs + results


def test_results_that_are_let_go_take_no_memory() -> None:
    class Chain(OneProduct):
        def forward(self, inputs: GroundingInputs) -> Tensor:
            found = super().forward(inputs)
            for _ in range(5):
                found = found + 1.0
            return found

    short, long = (
        cost_of(net, card_of(NETS[0]), dataset_of((6, 1)), runs=1).memory_bytes
        for net in (OneProduct(), Chain())
    )
    assert short == long


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.family)
def test_padding_is_not_counted(net: NetSpec) -> None:
    card = card_of(net)
    model = build_for(card)
    short, long = (cost_of(model, card, dataset_of((rows, 3)), runs=1) for rows in (3, 8))
    assert 0 < short.macs < long.macs
    assert short.memory_bytes < long.memory_bytes
    assert short.parameters == long.parameters == sum(p.numel() for p in model.parameters())


def test_longer_videos_and_sentences_are_cut_to_what_the_network_reads() -> None:
    cost = cost_of(OneProduct(), card_of(NETS[0]), dataset_of((40, 9)), runs=1)
    assert (cost.clips, cost.words) == (8.0, 6.0)


def test_of_many_samples_some_of_all_lengths_are_taken() -> None:
    shapes = [(rows, 1) for rows in range(1, 9) for _ in range(50)]
    cost = cost_of(OneProduct(), card_of(NETS[0]), dataset_of(*shapes), runs=1)
    assert cost.samples == SAMPLES
    assert cost.clips == pytest.approx(4.5)


def test_latency_is_the_median_after_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the beginning of a run that warms up is looked at.
    moments = iter([0.0] * measuring.WARM_UP + [10.0, 10.001, 20.0, 20.002, 30.0, 30.007])
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: next(moments))
    cost = cost_of(OneProduct(), card_of(NETS[0]), dataset_of((4, 2)), runs=3)
    assert cost.latency_ms == pytest.approx(2.0)
    assert cost.latency_p90_ms == pytest.approx(6.0)


def test_training_goes_on_as_it_was() -> None:
    model = OneProduct().train()
    cost_of(model, card_of(NETS[0]), dataset_of((4, 2)), runs=1)
    assert model.training
    assert model.matrix.weight.grad is None


def test_an_extractor_that_nobody_named_is_unknown() -> None:
    stated = cost_of(OneProduct(), card_of(NETS[0]), dataset_of((4, 2)), runs=1).to_json()
    assert (stated["extractor"], stated["extraction_macs"], stated["macs_with_extraction"]) == (
        "unknown",
        None,
        None,
    )
    json.dumps(stated, allow_nan=False)


def test_what_extraction_costs_is_added_where_it_is_known() -> None:
    data = replace(dataset_of((4, 2), (6, 2)), extractor=Extractor("I3D", macs_per_second=1000.0))
    cost = cost_of(OneProduct(), card_of(NETS[0]), data, runs=1)
    assert cost.extraction_macs == pytest.approx(5000.0)
    assert cost.to_json()["macs_with_extraction"] == pytest.approx(cost.macs + 5000.0)


def test_the_cost_of_another_extractor_is_not_taken_for_the_models_own() -> None:
    data = replace(dataset_of((4, 2)), extractor=Extractor("I3D", macs_per_second=1000.0))
    cost = cost_of(OneProduct(), card_of(NETS[0], extractor="CLIP"), data, runs=1)
    assert (cost.extractor, cost.extraction_macs) == ("CLIP", None)


def test_a_split_without_samples_is_refused_with_a_sentence() -> None:
    with pytest.raises(DataError, match="The split val of made has no sample"):
        cost_of(OneProduct(), card_of(NETS[0]), dataset_of((4, 2)), split="val")


def write_dataset(folder: Path, **stated: object) -> Path:
    folder.mkdir()
    videos = {f"v{number}": np.ones((6 + number, WIDTH), np.float32) for number in range(4)}
    np.savez(folder / "features.npz", **videos)
    for split, names in {"train": ["v0", "v1"], "val": ["v2"], "test": ["v3"]}.items():
        annotations = {
            name: {"duration": float(len(videos[name])), "timestamps": [[0.0, 2.0]], "sentences": ["red red"]}
            for name in names
        }
        (folder / f"{split}.json").write_text(json.dumps(annotations))
    manifest = {
        "format": "mtkd.dataset/1",
        "task": "grounding",
        "name": "little",
        "annotations": {split: f"{split}.json" for split in ("train", "val", "test")},
        "features": "features.npz",
        **stated,
    }
    (folder / "dataset.json").write_text(json.dumps(manifest))
    return folder


def test_the_command_prints_the_cost_of_a_file_on_a_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_dataset(tmp_path / "data", extractor={"name": "I3D", "macs_per_second": 2.0e9})
    card = card_of(NETS[0])
    save_model(tmp_path / "m.safetensors", parameters=build_for(card).state_dict(), card=card)
    command = ["profile", "--model", str(tmp_path / "m.safetensors"), "--data", str(data), "--runs", "2"]
    assert main(command) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["clips"], printed["words"], printed["runs"], printed["threads"]) == (8.0, 2.0, 2, 1)
    assert printed["extraction_macs"] == pytest.approx(9 * 2.0e9)
    assert load_dataset(data).extractor == Extractor("I3D", 2.0e9)


def test_the_command_refuses_what_does_not_fit_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_dataset(tmp_path / "data")
    card = card_of(NETS[0]).model_copy(update={"feature_width": 9})
    save_model(tmp_path / "m.safetensors", parameters=build_for(card).state_dict(), card=card)
    given = ["profile", "--model", str(tmp_path / "m.safetensors"), "--data", str(data)]
    assert main(given) == 2
    assert "reads features of width 9, but those of little have width 5" in capsys.readouterr().err
    assert main([*given, "--device", "nowhere"]) == 2
    assert "--device: given 'nowhere'" in capsys.readouterr().err
