"""Dense networks taken away: the ONNX file says the same, and a reader without torch finds the same maps."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtkd_engine.export import export_student
from mtkd_engine.export.command import export_command
from mtkd_engine.export.dense.batches import made_pictures
from mtkd_engine.export.dense.telling import limits, what_it_is
from mtkd_engine.export.onnxfile import form_of
from mtkd_engine.modelfile import load_dense
from mtkd_engine.nets.dense import AnyDenseCard
from mtkd_engine.nets.dense.base import resized
from mtkd_engine.spec import FilmInput, SegmenterCard
from mtkd_engine.tasks.dense.inputs import to_dense_input
from tests.engine.export.networks import needs_onnx
from tests.engine.nets.dense.networks import CARDS, built, given_to, segmenter


@pytest.mark.parametrize("name", ["segmenting pyramid", "saliency pyramid", "conv3d"])
def test_what_a_card_tells_fits_what_it_is_of(name: str) -> None:
    card = CARDS[name]
    feeding = form_of(card).feeding
    assert feeding["task"] == card.task
    told = feeding["film" if isinstance(card.input, FilmInput) else "picture"]
    assert (told["height"], told["width"]) == (card.input.height, card.input.width)
    assert {"segmenting pyramid": "segmentation", "saliency pyramid": "saliency", "conv3d": "video saliency"}[
        name
    ] in what_it_is(card)
    assert len(limits(card)) >= 2
    assert ("floor, wall, lamp" in what_it_is(card)) is isinstance(card, SegmenterCard)


@pytest.fixture
def with_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTKD_ONNX", "1")


def picture(path: Path, *, width: int, height: int) -> Path:
    """Noise in colour."""
    draw = np.random.default_rng(0)
    Image.fromarray(draw.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return path


def read_by(folder: Path, given: Path, into: Path) -> str:
    """What the program in the model card says, run without any part of mtkd."""
    text = (folder / "MODEL_CARD.md").read_text()
    (folder / "read.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[-1])
    command = [sys.executable, "-I", folder / "read.py", folder / "student.onnx", given, into]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=folder, check=True)
    return run.stdout


def said_of(card: AnyDenseCard, folder: Path, given: Path) -> torch.Tensor:
    """What the network says of a picture of its own size, at that size."""
    model, _ = load_dense(folder / "student.safetensors")
    pixels = torch.from_numpy(np.asarray(Image.open(given)).copy()).permute(2, 0, 1)[None]
    said = model(to_dense_input(pixels, card.input))
    return resized(said if said.ndim == 4 else said[:, None], card.input.height, card.input.width)[0]


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations", "with_onnx")
def test_the_reader_in_the_card_names_the_class_of_every_pixel(tmp_path: Path) -> None:
    card, into = CARDS["segmenting segformer"], tmp_path / "classes.png"
    export_student(built(card), card, folder=tmp_path, samples_batch=list(made_pictures(card)), result={})
    given = picture(tmp_path / "given.png", width=card.input.width, height=card.input.height)
    shares = read_by(tmp_path, given, into).splitlines()
    assert abs(sum(float(line.split()[0]) for line in shares) - 1) < 0.01
    expected = said_of(card, tmp_path, given).argmax(0)
    agreeing = np.asarray(Image.open(into)) == expected.numpy()
    assert agreeing.mean() > 0.99


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations", "with_onnx")
def test_the_readers_of_saliency_give_maps_of_the_pictures_size(tmp_path: Path) -> None:
    card, into = CARDS["saliency pyramid"], tmp_path / "map.png"
    export_student(built(card), card, folder=tmp_path, samples_batch=given_to(card), result={})
    given = picture(tmp_path / "given.png", width=card.input.width, height=card.input.height)
    read_by(tmp_path, given, into)
    shares = said_of(card, tmp_path, given)[0].flatten().softmax(0).reshape(32, 40)
    expected = (255 * shares / shares.max()).numpy()
    assert np.abs(np.asarray(Image.open(into)).astype(float) - expected).max() < 2


@needs_onnx
@pytest.mark.slow
@pytest.mark.usefixtures("translations", "with_onnx")
def test_the_reader_of_films_reads_more_frames_than_the_network(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    card, into = CARDS["divided attention"], tmp_path / "maps"
    export_student(built(card), card, folder=tmp_path, samples_batch=given_to(card), result={})
    with av.open(tmp_path / "film.mkv", "w") as film:
        stream = film.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 28, 20, "bgr0"
        for number in range(7):
            pixels = np.random.default_rng(number).integers(0, 256, (20, 28, 3), dtype=np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(stream.encode(None))
    read_by(tmp_path, tmp_path / "film.mkv", into)
    maps = [np.asarray(Image.open(path)) for path in sorted(into.iterdir())]
    assert [one.shape for one in maps] == [(20, 28)] * 7
    assert all(one.max() == 255 for one in maps)


def test_a_student_is_exported_again_without_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTKD_ONNX", "0")
    card = segmenter({"family": "pyramid", "width": 4}, temperature=1.5)
    export_student(built(card), card, folder=tmp_path, samples_batch=given_to(card), result={})
    again = export_command(tmp_path / "student.safetensors", out=tmp_path / "again", data=None)
    assert [path.name for path in again] == ["student.safetensors", "student.json", "MODEL_CARD.md"]
    assert json.loads(again[1].read_text())["temperature"] == 1.5
    assert "semantic segmentation" in again[2].read_text()
