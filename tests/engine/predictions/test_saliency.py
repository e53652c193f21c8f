"""Scores of single clips are read with the predictions, sealed with them and taught with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.modelfile import recognise
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.match import match
from mtkd_engine.predictions.read import read_predictions
from mtkd_engine.predictions.sealed import Sealed, read_sealed, write_sealed
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.stored import StoredTeacher
from tests import real_data
from tests.engine.predictions.conftest import Said, everybody, noisy, write_jsonl

Clips = dict[str, list[float]]
REAL = real_data.FOLDER / "tsgv" / "qvhighlights_val_half"


def scores_of(dataset: Dataset, *, seed: int = 0) -> Clips:
    """Two scores a second that are higher inside the true window; some samples have none."""
    rng = np.random.default_rng(seed)
    found: Clips = {}
    for row, sample in enumerate(everybody(dataset)):
        clips = 0 if row % 9 == 4 else int(2 * sample.duration)
        middle = (np.arange(clips) + 0.5) / 2
        start, end = sample.windows[0]
        inside = (middle > start) & (middle < end)
        found[sample.sample_id] = (5.0 * inside + rng.normal(-8.0, 1.0, clips)).astype(np.float32).tolist()
    return found


def write(path: Path, said: Said, clips: Clips) -> Path:
    rows = [
        {"sample_id": name, "pred_relevant_windows": windows}
        | ({"pred_saliency_scores": clips[name]} if clips[name] else {})
        for name, windows in said.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def arrays(said: Said, clips: Clips) -> dict[str, Any]:
    table = np.array(list(said.values()))
    lists = [clips[name] for name in said]
    return {
        "sample_id": np.array(list(said)),
        "windows": table[:, :, :2],
        "scores": table[:, :, 2],
        "saliency": np.concatenate([np.asarray(part) for part in lists]),
        "saliency_offsets": np.cumsum([0, *map(len, lists)]),
    }


def read(path: Path) -> Predictions:
    kind = recognise(path)
    assert kind != "safetensors"
    return read_predictions(path, kind=kind)


def sealed(path: Path, dataset: Dataset) -> Sealed:
    return Sealed(match(read(path), dataset, file=path.name).predictions, dataset.content_hash)


def taught(path: Path, dataset: Dataset) -> StoredTeacher:
    found = sealed(path, dataset)
    return StoredTeacher("said", found.predictions, found.content_hash)


def test_they_are_the_same_in_every_format_and_come_back_from_a_seal(
    tmp_path: Path, dataset: Dataset
) -> None:
    said, clips = noisy(everybody(dataset)), scores_of(dataset)
    content = arrays(said, clips)
    np.savez(tmp_path / "p.npz", **content)
    columns = {name: content[name].tolist() for name in ("sample_id", "windows", "scores")}
    columns["saliency"] = [clips[name] for name in said]
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    mixed = dict(reversed(said.items()))
    paths = [write(tmp_path / "p.jsonl", mixed, clips), tmp_path / "p.npz", tmp_path / "p.parquet"]
    found = [sealed(path, dataset) for path in paths]
    assert len({one.content_hash for one in found}) == 1
    write_sealed(tmp_path / "sealed.npz", found[0])
    again = read_sealed(tmp_path / "sealed.npz")
    assert again.content_hash == found[0].content_hash
    assert again.predictions.saliency is not None
    for row, name in enumerate(again.predictions.ids):
        assert again.predictions.saliency.of(row).tolist() == clips[name]


def test_without_them_predictions_are_what_they_always_were(tmp_path: Path, dataset: Dataset) -> None:
    said, clips = noisy(everybody(dataset)), scores_of(dataset)
    plain = sealed(write_jsonl(tmp_path / "plain.jsonl", said), dataset)
    empty = sealed(write(tmp_path / "empty.jsonl", said, {name: [] for name in said}), dataset)
    salient = sealed(write(tmp_path / "salient.jsonl", said, clips), dataset)
    assert plain.predictions.saliency is None
    assert empty.content_hash == plain.content_hash != salient.content_hash
    write_sealed(tmp_path / "sealed.npz", plain)
    with np.load(tmp_path / "sealed.npz") as stored:
        assert set(stored.files) == {"meta", "ids", "offsets", "windows", "scores"}


def test_one_length_for_all_samples_may_be_a_table(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "p.npz", sample_id=["a", "b"], map=np.ones((2, 1, 1)), saliency=np.arange(6).reshape(2, 3)
    )
    found = read(tmp_path / "p.npz").saliency
    assert found is not None
    assert found.sizes.tolist() == [3, 3]
    assert found.of(1).tolist() == [3.0, 4.0, 5.0]


def test_rows_that_differ_in_them_alone_contradict_each_other(tmp_path: Path, dataset: Dataset) -> None:
    said, clips = noisy(everybody(dataset)), scores_of(dataset)
    path = write(tmp_path / "p.jsonl", said, clips)
    first = json.loads(path.read_text().splitlines()[0])
    first["pred_saliency_scores"][0] += 1.0
    path.write_text(path.read_text() + json.dumps(first))
    with pytest.raises(DataError, match="predict different things for sample 'train0#0'"):
        match(read(path), dataset, file=path.name)


def test_a_belief_has_them_on_the_students_grid_in_spreads_of_validation(
    tmp_path: Path, dataset: Dataset
) -> None:
    said, clips = noisy(everybody(dataset)), scores_of(dataset)
    teacher = taught(write(tmp_path / "p.jsonl", said, clips), dataset)
    seen = np.concatenate([clips[sample.sample_id] for sample in dataset.splits["val"]])
    for split, samples in dataset.splits.items():
        belief = teacher.beliefs(split=split, dataset=dataset, student_length=32, device="cpu")
        assert belief.saliency_BL is not None
        assert belief.saliency_BL.shape == belief.log_joint_BLL.shape[:2]
        for row, sample in enumerate(samples):
            values = np.array(clips[sample.sample_id])
            if not len(values):
                assert bool(belief.saliency_BL[row].isnan().all())
                continue
            # One row of features a second, so two scores share a clip.
            wanted = ((values - seen.mean()) / seen.std()).reshape(-1, 2).mean(1)
            kept = belief.saliency_BL[row, : len(wanted)].numpy()
            assert np.allclose(kept, wanted, atol=1e-4)
            assert not belief.saliency_BL[row, len(wanted) :].any()


def test_their_scale_leaves_no_trace_and_silence_gives_nothing(tmp_path: Path, dataset: Dataset) -> None:
    said, clips = noisy(everybody(dataset)), scores_of(dataset)

    def salience(changed: Clips) -> torch.Tensor:
        teacher = taught(write(tmp_path / "p.jsonl", said, changed), dataset)
        belief = teacher.beliefs(split="train", dataset=dataset, student_length=16, device="cpu")
        assert belief.saliency_BL is not None
        return belief.saliency_BL

    plain_BL = salience(clips)
    scaled_BL = salience({name: [3.0 - 0.01 * -s for s in part] for name, part in clips.items()})
    torch.testing.assert_close(plain_BL, scaled_BL, rtol=1e-3, atol=1e-3, equal_nan=True)
    level_BL = salience({name: [7.25] * len(part) for name, part in clips.items()})
    assert not level_BL.nan_to_num().any()
    silent = taught(write_jsonl(tmp_path / "silent.jsonl", said), dataset)
    belief = silent.beliefs(split="val", dataset=dataset, student_length=16, device="cpu")
    assert belief.saliency_BL is None


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ("high", "pred_saliency_scores is 'high'; a list of numbers is accepted"),
        ([[1.0]], r"pred_saliency_scores is \[\[1\.0\]\]; a list of numbers is accepted"),
        ([True], r"pred_saliency_scores is \[True\]; a list of numbers is accepted"),
        ([0.0] * 4097, "pred_saliency_scores has 4,097; up to 4,096 are accepted"),
        ([1e300], "saliency of sample '1' holds NaN or infinite values"),
        ([10**400], "pred_saliency_scores holds .*; finite numbers are accepted"),
    ],
)
def test_a_line_whose_scores_cannot_be_meant_is_refused(tmp_path: Path, scores: Any, words: str) -> None:
    row = {"qid": 1, "pred_relevant_windows": [[0, 1, 0.5]], "pred_saliency_scores": scores}
    (tmp_path / "p.jsonl").write_text(json.dumps(row))
    with pytest.raises(DataError, match=words) as refused:
        read(tmp_path / "p.jsonl")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"saliency": np.array(["a", "b"])}, "saliency is <U1 of shape"),
        ({"saliency": np.ones((2, 1, 1))}, r"saliency is float64 of shape \[2, 1, 1\]"),
        ({"saliency": np.ones((3, 2))}, "does not fit the 2 ids"),
        ({"saliency": np.ones((2, 4097))}, "has 4,097 clips; up to 4,096"),
        ({"saliency": np.ones(4)}, "needs the array saliency_offsets of 3 whole numbers"),
        ({"saliency": np.ones(4), "saliency_offsets": [0, 3, 2]}, "does not rise"),
        ({"saliency": np.ones(4), "saliency_offsets": [0, 1, 2]}, "has 4 numbers for 2 samples"),
        ({"saliency": np.array([[1.0], [np.nan]])}, "saliency of sample 'b' holds NaN"),
    ],
)
def test_arrays_of_them_that_do_not_fit_are_named(
    tmp_path: Path, content: dict[str, Any], words: str
) -> None:
    np.savez(tmp_path / "p.npz", sample_id=np.array(["a", "b"]), map=np.ones((2, 1, 1)), **content)
    with pytest.raises(DataError, match=words):
        read(tmp_path / "p.npz")


def test_the_report_says_how_many_samples_have_them(tmp_path: Path, base: Path, dataset: Dataset) -> None:
    said, clips = noisy(everybody(dataset)), scores_of(dataset)
    path = write(tmp_path / "p.jsonl", said, clips)
    assert check_teacher(path, dataset=base / "planted")["salient"] == 56
    plain = write_jsonl(tmp_path / "plain.jsonl", said)
    assert check_teacher(plain, dataset=base / "planted")["salient"] == 0


@pytest.mark.skipif(not REAL.is_dir(), reason=f"there is no real data at {REAL}")
@pytest.mark.parametrize("model", ["cgdetr", "momentdetr", "univtg"])
def test_published_predictions_have_a_score_for_every_two_seconds(model: str) -> None:
    found = read(REAL / "predictions" / f"{model}.jsonl.gz")
    rows = map(json.loads, (REAL / "annotations.jsonl").read_text().splitlines())
    durations = {str(row["qid"]): row["duration"] for row in rows}
    assert found.saliency is not None
    apart = [
        durations[name] - 2 * int(size) for name, size in zip(found.ids, found.saliency.sizes, strict=True)
    ]
    assert set(apart) <= {0, 2}  # some models leave out the last clip
