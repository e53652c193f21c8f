"""Files that were made to hurt are refused in one sentence, before memory is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from mtkd_engine.__main__ import main
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.manifest import read_manifest
from mtkd_engine.modelfile import HEADER_KEY, LARGEST_CARD, ModelError, load_model
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import ModelCard, SpanNet

NET = SpanNet(clips=8, width=8, encoder_layers=1, heads=2)
CARD = json.loads(
    ModelCard(net=NET, feature_width=4, max_words=6, vocabulary=("<pad>", "<unk>", "red")).model_dump_json()
)


def model(folder: Path, card: str) -> Path:
    path = folder / "m.safetensors"
    parameters = build(NET, feature_width=4, vocabulary_size=3).state_dict()
    save_file(parameters, path, metadata={HEADER_KEY: card})
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"temperature": float("inf")}, "temperature"),
        ({"metrics": {"a": float("nan")}}, "metrics.a"),
        ({"metrics": {"a\x00": 1.0}}, "metrics"),
        ({"vocabulary": ["<pad>", "<unk>", "a\x00"]}, "vocabulary.2"),
        ({"vocabulary": ["<pad>", "<unk>", "\ud800"]}, "vocabulary.2"),
        ({"vocabulary": ["<pad>", "<unk>", "<unk>"]}, "each word once"),
        ({"vocabulary": ["a", "b", "c"]}, "<pad>"),
        ({"feature_width": 10**12}, "feature_width"),
    ],
)
def test_a_card_is_refused_where_it_is_wrong(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match="model card is not accepted") as refused:
        load_model(model(tmp_path, json.dumps({**CARD, **changes})))
    assert words in str(refused.value)


def test_a_card_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nested too deeply"):
        load_model(model(tmp_path, "[" * 100_000))
    path = tmp_path / "bare.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    path.with_suffix(".json").write_bytes(b'{"\xff": 1}')
    with pytest.raises(ModelError, match=r"bare\.json cannot be read"):
        load_model(path)
    with path.with_suffix(".json").open("wb") as file:
        file.truncate(LARGEST_CARD + 1)
    with pytest.raises(ModelError, match="is accepted"):
        load_model(path)


@pytest.mark.parametrize(
    "net",
    [
        {
            "family": "span",
            "clips": 256,
            "width": 512,
            "encoder_layers": 8,
            "attention_layers": 4,
            "heads": 1,
        },
        {"family": "map2d", "clips": 64, "width": 512, "map_layers": 8, "kernel": 9},
    ],
)
def test_a_card_of_a_giant_takes_no_memory(
    tmp_path: Path, net: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("memory was taken")

    vocabulary = ["<pad>", "<unk>", *(f"w{number}" for number in range(200_000))]
    path = model(
        tmp_path, json.dumps({**CARD, "net": net, "feature_width": 65_536, "vocabulary": vocabulary})
    )
    monkeypatch.setattr("mtkd_engine.modelfile.files.build", never)
    monkeypatch.setattr("mtkd_engine.modelfile.files.load_file", never)
    with pytest.raises(ModelError, match="does not fit the architecture"):
        load_model(path)


def test_a_file_larger_than_any_memory_is_refused(tmp_path: Path) -> None:
    path, size = tmp_path / "m.safetensors", 2**43
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        try:
            file.truncate(8 + len(header) + size)
        except OSError:
            pytest.skip("this file system has no sparse files of that size")
    with pytest.raises(ModelError):
        load_model(path)


@pytest.mark.parametrize("name", ["a\x00b", "a" * 5000, "\ud800", "../x", "/etc/passwd", "loop"])
def test_a_manifest_that_leads_astray_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    manifest = {
        "format": "mtkd.dataset/1",
        "task": "grounding",
        "name": "x",
        "annotations": {"train": name, "test": name},
        "features": name,
    }
    (tmp_path / "dataset.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError) as refused:
        read_manifest(tmp_path)
    assert len(str(refused.value)) < 300
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "latin.yaml", "--out", "out"], "not UTF-8"),
        (["run", "good.yaml", "--out", "out", "--sources", "latin.yaml"], "cannot be read as sources"),
        (["run", "good.yaml", "--out", "out", "--sources", "list.json"], "cannot be read as sources"),
        (["run", "good.yaml", "--out", "out", "--device", "warp"], "--device: given 'warp'"),
        (["run", "good.yaml", "--out", "out", "--resume", "no.pt"], "no checkpoint lies there"),
        (["run", "long.yaml", "--out", "out"], "nothing lies at"),
        (["run", "none.yaml", "--out", "out"], "No such file"),
        (["resume", "none"], "No such file"),
        (["check", "dataset", "good.yaml"], "is not a folder"),
        (["check", "teacher", "none"], "does not exist"),
    ],
)
def test_the_command_line_refuses_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("latin.yaml").write_bytes(b"name: \xff")
    Path("good.yaml").write_text("data: {dataset: none}")
    Path("long.yaml").write_text(f"data: {{dataset: {'a' * 290}}}")
    Path("list.json").write_text("[]")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not Path("out").exists()
