"""The ONNX file says what the network says, or there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtkd_engine.export import onnxfile
from mtkd_engine.export.feeding import INPUTS
from mtkd_engine.export.onnxfile import TOLERANCE, NoOnnxError, OnnxDiffersError, write_onnx
from tests.engine.export.networks import card_of, inputs, student


class _Off:
    """A session that gives every output with something added."""

    def __init__(self, plain: Any, by: float) -> None:
        self._plain = plain
        self._by = by

    def run(self, _names: None, fed: dict[str, Any]) -> list[Any]:
        said = self._plain(*(torch.from_numpy(fed[name]) for name in INPUTS))
        return [part.numpy() + self._by for part in said]


@pytest.fixture
def off(monkeypatch: pytest.MonkeyPatch) -> Any:
    """This will have the ONNX file be off by something, without translating anything."""

    def plan(by: float) -> None:
        monkeypatch.setattr(onnxfile, "_NEEDED", ())
        monkeypatch.setattr(onnxfile, "_translate", lambda _plain, _card, path: path.write_bytes(b"onnx"))
        compare = onnxfile._compare

        def compared(plain: Any, path: Path, batches: Any) -> Any:
            monkeypatch.setattr(onnxfile, "_session", lambda _path: _Off(plain, by))
            return compare(plain, path, batches)

        monkeypatch.setattr(onnxfile, "_compare", compared)

    return plan


def test_a_file_that_says_something_else_is_not_kept(off: Any, tmp_path: Path) -> None:
    card = card_of("span")
    off(2e-4)
    with pytest.raises(OnnxDiffersError, match=r"differs from the student by 0\.0002 on 3 samples"):
        write_onnx(student(card), card, path=tmp_path / "s.onnx", batches=[inputs(card, samples=3, words=2)])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_says_nan_is_not_kept(off: Any, tmp_path: Path) -> None:
    card = card_of("map2d")
    off(float("nan"))
    with pytest.raises(OnnxDiffersError, match="differs from the student by nan"):
        write_onnx(student(card), card, path=tmp_path / "s.onnx", batches=[inputs(card, samples=3, words=2)])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_says_the_same_is_kept(off: Any, tmp_path: Path) -> None:
    card = card_of("proposal")
    off(0.0)
    batches = [inputs(card, samples=3, words=2)]
    parity = write_onnx(student(card), card, path=tmp_path / "s.onnx", batches=batches)
    assert (parity.difference, parity.samples) == (0.0, 3)
    assert np.isfinite(parity.difference)
    assert [path.name for path in tmp_path.iterdir()] == ["s.onnx"]


def test_rounding_of_large_outputs_is_no_difference(off: Any, tmp_path: Path) -> None:
    card = card_of("span")
    loud, path = student(card), tmp_path / "s.onnx"
    batches = [inputs(card, samples=3, words=2)]
    off(3e-4)
    with pytest.raises(OnnxDiffersError, match=r"by 0\.0003 on 3"):
        write_onnx(loud, card, path=path, batches=batches)
    for parameter in loud.parameters():
        parameter.mul_(10.0)  # outputs of some hundreds, of which float32 knows three decimals
    parity = write_onnx(loud, card, path=path, batches=batches)
    assert 0.0 < parity.difference <= TOLERANCE
    assert "per hundred of outputs up to 4" in parity.in_words()
    assert path.is_file()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(onnxfile, "_NEEDED", ("numpy", "nowhere_to_be_found"))
    card = card_of("span")
    with pytest.raises(NoOnnxError, match="nowhere_to_be_found is not installed"):
        write_onnx(student(card), card, path=tmp_path / "s.onnx", batches=[inputs(card, samples=1, words=1)])


def test_a_network_that_torch_cannot_translate_is_refused_with_a_sentence(
    off: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise torch.onnx.errors.OnnxExporterError("no such operator\nand more")

    monkeypatch.setattr(onnxfile, "_NEEDED", ())
    monkeypatch.setattr(torch.export, "export", fails)
    card = card_of("span")
    with pytest.raises(NoOnnxError, match=r"student of family 'span' \(no such operator\)\.$"):
        write_onnx(student(card), card, path=tmp_path / "s.onnx", batches=[inputs(card, samples=1, words=1)])
    assert list(tmp_path.iterdir()) == []
