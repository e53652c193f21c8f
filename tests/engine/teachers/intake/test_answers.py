"""What a confined process says of a stranger's file is a stranger's word: counted, cut and checked, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from mtkd_engine.modelfile import ModelError
from mtkd_engine.sandbox import Ended
from mtkd_engine.spec import ImageInput
from mtkd_engine.teachers.intake import conversion
from mtkd_engine.teachers.intake.conversion import MOST_TOLD, convert, limits_for, look_at_program
from mtkd_engine.teachers.intake.measuring import at_once

SAID: dict[str, Any] = {
    "found_under": "state_dict",
    "prefix": "",
    "renamed": [],
    "ignored": [],
    "converted": [],
    "tensors": 1,
    "parameters": 2,
}


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the confined process answers; it has left one tensor."""
    answer: dict[str, Any] = dict(SAID)

    def run(*_: Any, folder: Path, **__: Any) -> Ended:
        save_file({"a": torch.ones(2)}, folder / conversion.PRODUCT)
        return Ended(exit_code=0, answer=answer)

    monkeypatch.setattr(conversion, "run_confined", run)
    (tmp_path / "m.pt").write_bytes(b"x")
    return answer


@pytest.mark.parametrize(
    "false",
    [
        {"tensors": float("inf")},
        {"tensors": float("nan")},
        {"tensors": True},
        {"parameters": -1},
        {"parameters": 10**4000},
        {"renamed": 7},
        {"renamed": {"a": "b"}},
        {"ignored": [["a"]]},
        {"converted": [["a", "b", None]]},
        {"prefix": ["x"]},
        {"found_under": None},
    ],
    ids=str,
)
def test_what_is_no_count_and_no_text_is_not_believed(
    tmp_path: Path, answering: dict[str, Any], false: dict[str, Any]
) -> None:
    answering |= false
    with pytest.raises(ModelError, match="brought the confined process that reads it to its end"):
        convert(tmp_path / "m.pt", to=tmp_path / "out.safetensors")


def test_a_report_of_millions_of_names_is_cut_and_made_printable(
    tmp_path: Path, answering: dict[str, Any]
) -> None:
    answering["renamed"] = [["a\x1b[2J\n", "b" * 10_000]] * 50_000
    told = convert(tmp_path / "m.pt", to=tmp_path / "out.safetensors")
    assert len(told.renamed) == MOST_TOLD
    assert told.renamed[0] == ("a?[2J?", "b" * 500)


@pytest.mark.parametrize("size", [float("inf"), float("nan"), -1, "2", [], 2**60])
def test_sizes_of_a_program_that_are_none_are_not_believed(
    tmp_path: Path, answering: dict[str, Any], size: object
) -> None:
    answering |= {"classes": size, "channels": 3, "size": None}
    with pytest.raises(ModelError, match="could not be converted"):
        look_at_program(tmp_path / "m.pt")


def test_a_program_larger_than_its_format_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(ModelError, match=r"large.onnx has 2,147,483,648 bytes; ONNX programs of up to"):
        look_at_program(path)


def test_a_conversion_never_gets_more_memory_than_the_machine_has() -> None:
    assert limits_for(10**14).memory <= limits_for(10**15).memory < 10**14
    assert limits_for(10**6).memory > 4 * 10**6


def test_fewer_of_large_images_are_scored_at_once() -> None:
    assert [at_once(ImageInput(size=size)) for size in (8, 32, 64, 224, 1024)] == [256, 256, 256, 20, 1]
