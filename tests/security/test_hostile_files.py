"""Files that were made to hurt are refused in one sentence, before memory is taken."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mtkd_engine.__main__ import main
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.manifest import read_manifest
from mtkd_engine.modelfile import HEADER_KEY, LARGEST_CARD, ModelError, load_model
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import GroundingCard, SpanNet

NET = SpanNet(clips=8, width=8, encoder_layers=1, heads=2)
CARD = json.loads(
    GroundingCard(
        net=NET, feature_width=4, max_words=6, vocabulary=("<pad>", "<unk>", "red")
    ).model_dump_json()
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
    monkeypatch.setattr("mtkd_engine.modelfile.files.build_for", never)
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
        (["check", "dataset", "good.yaml"], "is no file of annotations"),
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


def header(entries: dict[str, Any] | str, *, data: bytes = b"", length: int | None = None) -> bytes:
    text = (entries if isinstance(entries, str) else json.dumps(entries)).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(shape: list[Any], offsets: list[Any], dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (header({"a": entry([1], [0, 4])}, data=b"1234", length=10**6), "header states 1,000,000 bytes"),
        (header({"a": entry([1], [0, 4])}, data=b"1234", length=2**39), "header states"),
        (header({"a": entry([1], [0, 4])}, data=b"1234", length=5), "header is no JSON"),
        (header('{"a": '), "header is no JSON"),
        (header('{"a": ' + "[" * 5000), "header is no JSON"),
        (header({"a": entry([2], [0, 8]), "b": entry([2], [4, 12])}, data=b"0" * 12), "'b' overlaps another"),
        (header({"a": entry([1], [0, 4]), "b": entry([1], [8, 12])}, data=b"0" * 12), "belong to no tensor"),
        (header({"a": entry([1], [0, 4])}, data=b"0" * 12), "8 bytes at its end belong to no tensor"),
        (header({"a": entry([1], [0, 4])}, data=b"00"), "ends at byte 4, but there are 2"),
        (header({"a": entry([25 * 10**9], [0, 10**11])}, data=b"0000"), "ends at byte 100,000,000,000"),
        (header({"a": entry([25 * 10**9], [0, 4])}, data=b"0000"), "needs 100,000,000,000 bytes"),
        (header({"a": entry([2**40, 2**40, 0], [0, 4])}, data=b"0000"), "needs 0 bytes"),
        (header({"a": entry([-1], [0, 4])}, data=b"0000"), r"has the shape \[-1\]"),
        (header({"a": entry([True], [0, 4])}, data=b"0000"), r"has the shape \[True\]"),
        (header({"a": entry([1.0], [0, 4])}, data=b"0000"), "has the shape"),
        (header({"a": entry([1] * 99, [0, 4])}, data=b"0000"), "has the shape"),
        (header({"a": entry([1], [4, 0])}, data=b"0000"), r"data_offsets \[4, 0\]"),
        (header({"a": entry([1], [0])}, data=b"0000"), "data_offsets"),
        (header({"a": entry([1], [0, 4], "F31")}, data=b"0000"), "unknown dtype 'F31'"),
        (header({"a": {"dtype": "F32"}}), "is no entry of dtype, shape and data_offsets"),
        (header({"a": 1}), "is no entry"),
        (header({"__metadata__": {"mtkd.model": 1}}), "is no object of texts"),
        (
            header('{"a": {"dtype":"F32","shape":[0],"data_offsets":[0,0]}, "a": {}}'),
            "names 'a' twice",
        ),
        (
            header('{"a": {"dtype":"F32","dtype":"F64","shape":[0],"data_offsets":[0,0]}}'),
            "names 'dtype' twice",
        ),
        (b"\x01", "not a complete"),
    ],
)
def test_a_header_that_lies_is_refused_before_memory_is_taken(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"not a complete \.safetensors file") as refused:
        load_model(path)
    assert re.search(words, str(refused.value))
    assert len(str(refused.value)) < 300


class Bomb:
    """Leaves a mark in the file system where it is unpickled."""

    def __reduce__(self) -> Any:
        return (os.mkdir, (MARK,))


MARK = "the-pickle-ran"


def pickled(protocol: int) -> bytes:
    return pickle.dumps({"weight": [1.0, 2.0], "bomb": Bomb()}, protocol=protocol)


def zipped(*names: str) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as file:
        for name in names:
            file.writestr(name, b"x")
    return stored.getvalue()


def tarred() -> bytes:
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w") as file:
        file.addfile(tarfile.TarInfo("m.safetensors"))
    return stored.getvalue()


def array(values: Any) -> bytes:
    stored = io.BytesIO()
    np.save(stored, values)
    return stored.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        *((f"m{n}.pkl", pickled(n), "is a Python pickle, which runs whatever code") for n in range(6)),
        *((f"m{n}.safetensors", pickled(n), "is a Python pickle") for n in range(6)),
        ("m.bin", pickled(2), "save its parameters with safetensors"),
        ("m.th", pickled(2), "which is code, not parameters; save what model.state_dict"),
        ("m.jsonl", pickled(4), "is a Python pickle"),
        ("m.safetensors", zipped("m/data.pkl", "m/code/m.py", "m/constants.pkl"), "TorchScript program"),
        ("m.pt2", zipped("archive_format", "models/model.json"), r"exported PyTorch program \(\.pt2\)"),
        ("m.pt2", zipped("serialized_exported_program.json", "serialized_state_dict.pt"), "exported PyTorch"),
        (
            "m.keras",
            zipped("config.json", "metadata.json", "model.weights.h5"),
            "a Keras model; hand in its stored",
        ),
        ("m.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "an HDF5 file"),
        ("m.onnx", b"\x08\x08\x12\x07pytorch" + b"\0" * 50, "is no complete ONNX file"),
        ("m.safetensors", b"\x08\x08\x12\x07pytorch" + b"\0" * 50, "is no complete ONNX file"),
        ("saved_model.pb", b"\x0a\x05hello", "a TensorFlow program"),
        ("m.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 50, "a TensorFlow program"),
        ("m.gguf", b"GGUF\x03\0\0\0", "a GGUF model"),
        ("m.npy", array(np.zeros(3)), "says nothing of samples"),
        ("m.npy", array(np.array([Bomb()], dtype=object)), "says nothing of samples"),
        ("m.zip", zipped("m.safetensors"), "is an archive; unpack it"),
        ("m.tar", tarred(), "is an archive"),
        ("m.tar.gz", gzip.compress(tarred(), mtime=0), "is an archive"),
        ("m.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "is an archive"),
        ("m.npz", b"PK\x03\x04 cut", "is an archive"),
        ("m.safetensors", b"", "is empty"),
        ("m.txt", b"hello", "of no kind known here; accepted are"),
        ("m.csv", b"1,2,3\n4,5,6\n", "of no kind known here; accepted are"),
        ("m.yaml", b"name: x\nteachers: [a]\n", "of no kind known here; accepted are"),
    ],
)
def test_what_cannot_be_a_teacher_is_refused_by_name_with_the_way_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    assert main(["check", "teacher", name, "--seal", "sealed"]) == 2
    said = capsys.readouterr().err
    assert re.search(words, said)
    assert said.startswith(f"{name} ")
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing was run and nothing was sealed"


@pytest.mark.parametrize("content", [pickled(4), header({"a": 1})], ids=["pickle", "header"])
def test_what_is_refused_at_sight_is_refused_without_torch(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    program = """
import sys
from mtkd_engine.__main__ import main
print(main(["check", "teacher", sys.argv[1]]), "torch" in sys.modules)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "m.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"
    assert done.stderr.startswith("m.safetensors is ")


def test_real_files_of_torch_are_told_from_each_other(tmp_path: Path) -> None:
    net = torch.nn.Linear(2, 2)
    torch.save(net.state_dict(), tmp_path / "state.pt")
    torch.save(net.state_dict(), tmp_path / "old.bin", _use_new_zipfile_serialization=False)
    for name, words in [("state.pt", "PyTorch archive of pickles"), ("old.bin", "PyTorch archive")]:
        with pytest.raises(ModelError, match=words):
            load_model(tmp_path / name)


def test_a_model_under_another_name_and_predictions_in_its_place_are_told(tmp_path: Path) -> None:
    path = model(tmp_path, json.dumps(CARD))
    path.rename(tmp_path / "m.bin")
    assert load_model(tmp_path / "m.bin")[1].feature_width == 4
    (tmp_path / "p.safetensors").write_text('{"qid": 1}')
    with pytest.raises(ModelError, match=r"holds stored predictions \(jsonl\)"):
        load_model(tmp_path / "p.safetensors")


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.safetensors")
    with pytest.raises(ModelError, match="is no plain file"):
        load_model(tmp_path / "m.safetensors")
