"""A model file is trusted only when its card, names, shapes, dtypes and numbers fit."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mtkd_engine.modelfile import HEADER_KEY, ModelError, check_model, load_model, save_model
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import ModelCard, SpanNet


def card() -> ModelCard:
    net = SpanNet(clips=8, width=8, encoder_layers=1, heads=2)
    return ModelCard(net=net, feature_width=4, max_words=6, vocabulary=("<pad>", "<unk>", "red"))


def write(path: Path) -> Path:
    model = build(card().net, feature_width=4, vocabulary_size=3)
    save_model(path, parameters=model.state_dict(), card=card())
    return path


def test_a_saved_model_comes_back_equal_and_frozen(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    model, read = load_model(path)
    assert read == card()
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    stored = load_file(path)
    assert all(torch.equal(stored[name], tensor) for name, tensor in model.state_dict().items())


def test_loading_draws_no_random_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    load_model(path)
    assert torch.equal(torch.rand(1), expected)


def test_a_card_beside_the_file_serves_for_one_in_the_header(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    save_file(load_file(path), path)
    with pytest.raises(ModelError, match=r"no m\.json lies beside it"):
        check_model(path)
    path.with_suffix(".json").write_text(card().model_dump_json())
    assert check_model(path) == card()


def test_a_pickle_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ModelError, match=r"not a complete \.safetensors file .* pickles"):
        check_model(path)


def test_a_cut_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match="not a complete"):
        check_model(path)


def test_what_does_not_fit_the_architecture_is_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    tensors = load_file(path)
    tensors["encoder.video.weight"] = torch.zeros(8, 5)
    tensors["extra"] = torch.zeros(1)
    del tensors["encoder.video.bias"]
    save_file(tensors, path, metadata={HEADER_KEY: card().model_dump_json()})
    with pytest.raises(ModelError) as refused:
        check_model(path)
    sentence = str(refused.value)
    assert "missing encoder.video.bias" in sentence
    assert "unexpected extra" in sentence
    assert "encoder.video.weight is [8, 5] float32, wanted [8, 4] float32" in sentence


def test_parameters_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    tensors = load_file(path)
    tensors["encoder.video.bias"][0] = torch.nan
    save_file(tensors, path, metadata={HEADER_KEY: card().model_dump_json()})
    with pytest.raises(ModelError, match=r"'encoder\.video\.bias' holds NaN"):
        load_model(path)


def test_a_card_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    bad = {**json.loads(card().model_dump_json()), "code": "import os"}
    save_file(load_file(path), path, metadata={HEADER_KEY: json.dumps(bad)})
    with pytest.raises(ModelError, match="code: this key is not known here"):
        check_model(path)
