"""A model file is trusted only when its card, names, shapes, dtypes and numbers fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mtkd_engine.modelfile import HEADER_KEY, ModelError, check_model, load_model, model_hash, save_model
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import GroundingCard, SpanNet


def card() -> GroundingCard:
    net = SpanNet(clips=8, width=8, encoder_layers=1, heads=2)
    return GroundingCard(net=net, feature_width=4, max_words=6, vocabulary=("<pad>", "<unk>", "red"))


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


def saved(path: Path, tensors: dict[str, torch.Tensor], **changes: object) -> Path:
    text = json.dumps({**json.loads(card().model_dump_json()), **changes})
    save_file(tensors, path, metadata={HEADER_KEY: text})
    return path


def test_the_list_of_what_does_not_fit_is_whole_and_the_sentence_short(tmp_path: Path) -> None:
    tensors = load_file(write(tmp_path / "m.safetensors"))
    names = sorted(tensors)
    kept = {name: tensors[name] for name in names[10:]}
    with pytest.raises(ModelError) as refused:
        check_model(saved(tmp_path / "m.safetensors", kept))
    assert [item.tensor for item in refused.value.mismatch] == names[:10]
    assert {item.what for item in refused.value.mismatch} == {"missing"}
    assert "and 7 more" in str(refused.value)


@pytest.mark.parametrize("prefix", ["module.", "model.", "student.module."])
def test_a_prefix_on_every_name_is_told(tmp_path: Path, prefix: str) -> None:
    tensors = load_file(write(tmp_path / "m.safetensors"))
    path = saved(tmp_path / "m.safetensors", {prefix + name: tensor for name, tensor in tensors.items()})
    with pytest.raises(ModelError, match=f"to make it fit, remove '{prefix}' from the start of every name"):
        check_model(path)


def test_half_precision_is_told(tmp_path: Path) -> None:
    tensors = load_file(write(tmp_path / "m.safetensors"))
    halves = {n: t.half() if t.is_floating_point() else t for n, t in tensors.items()}
    with pytest.raises(
        ModelError, match=r"to make it fit, convert its tensors to the dtypes wanted"
    ) as refused:
        check_model(saved(tmp_path / "m.safetensors", halves))
    assert {item.what for item in refused.value.mismatch} == {"dtype"}


@pytest.mark.parametrize(
    ("net", "width", "words", "hint"),
    [
        ({"width": 16}, 4, 3, r"to make it fit, give the card net\.width 16"),
        ({"clips": 32}, 4, 3, r"to make it fit, give the card net\.clips 32"),
        ({"encoder_layers": 3}, 4, 3, r"to make it fit, give the card net\.encoder_layers 3"),
        ({"kernel": 5}, 4, 3, r"to make it fit, give the card net\.kernel 5"),
        ({}, 12, 3, r"to make it fit, give the card feature_width 12"),
        ({}, 4, 9, "to make it fit, give the card a vocabulary of 9 words"),
        ({"width": 16}, 12, 3, r"fit, give the card net\.width 16 and give the card feature_width 12"),
    ],
)
def test_the_size_that_the_card_gives_wrongly_is_named(
    tmp_path: Path, net: dict[str, int], width: int, words: int, hint: str
) -> None:
    other = card().net.model_copy(update=net)
    tensors = build(other, feature_width=width, vocabulary_size=words).state_dict()
    with pytest.raises(ModelError, match=hint):
        check_model(saved(tmp_path / "m.safetensors", tensors))


def test_a_network_of_another_kind_is_refused_without_a_false_hint(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.safetensors", {"conv1.weight": torch.zeros(3, 3)})
    with pytest.raises(ModelError) as refused:
        check_model(path)
    assert "to make it fit" not in str(refused.value)


def test_a_card_that_is_given_serves_for_a_file_without_one_only(tmp_path: Path) -> None:
    path, given = write(tmp_path / "m.safetensors"), tmp_path / "other.json"
    given.write_text(card().model_copy(update={"max_words": 9}).model_dump_json())
    with pytest.raises(ModelError, match=r"has a card in its header; other\.json is for files without one"):
        check_model(path, card=given)
    save_file(load_file(path), path)
    assert check_model(path, card=given).max_words == 9


def test_the_same_parameters_under_other_cards_are_other_models(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    save_file(load_file(path), path)
    hashes = set()
    for words in (6, 9):
        path.with_suffix(".json").write_text(card().model_copy(update={"max_words": words}).model_dump_json())
        hashes.add(model_hash(path))
    assert len(hashes) == 2


def test_the_same_model_in_another_file_is_the_same_model(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    bare = tmp_path / "bare.safetensors"
    save_file(load_file(path), bare)
    measured = card().model_copy(update={"metrics": {"test/miou": 0.5}})
    bare.with_suffix(".json").write_text(measured.model_dump_json())
    assert model_hash(bare) == model_hash(path)


def test_a_card_names_the_extractor_only_where_it_is_known(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    silent = model_hash(path)
    assert "extractor" not in json.loads(card().model_dump_json())
    tensors = load_file(path)
    named = saved(tmp_path / "named.safetensors", tensors, extractor="I3D, RGB")
    assert check_model(named).extractor == "I3D, RGB"
    assert model_hash(named) != silent
    with pytest.raises(ModelError, match="extractor: given"):
        check_model(saved(tmp_path / "named.safetensors", tensors, extractor=7))
