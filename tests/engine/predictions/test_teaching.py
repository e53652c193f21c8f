"""Stored predictions teach like any other teacher."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor

from mtkd_engine.__main__ import main
from mtkd_engine.data.dataset import Dataset
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished, Metrics, Warned
from mtkd_engine.predictions.content import Form, made
from mtkd_engine.sources import Sources
from mtkd_engine.spec import SpecError, parse
from mtkd_engine.tasks.grounding import unify
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.load import load_teachers
from mtkd_engine.teachers.stored import StoredTeacher, believed, best_windows
from tests.engine.loop.conftest import SOLO
from tests.engine.predictions.conftest import everybody, noisy, write_jsonl, write_npz


def seal(folder: Path, base: Path, dataset: Dataset, *, noise: float = 1.0, seed: int = 0) -> Path:
    path = write_jsonl(folder / f"noisy{seed}.jsonl", noisy(everybody(dataset), noise=noise, seed=seed))
    check_teacher(path, dataset=base / "planted", seal=folder / f"sealed{seed}")
    return folder / f"sealed{seed}"


def test_a_job_learns_from_a_live_teacher_and_stored_predictions(
    tmp_path: Path, base: Path, dataset: Dataset
) -> None:
    solo = tmp_path / "solo"
    for _ in distill(parse(SOLO), sources=Sources(base=base), place=Place(folder=solo, cache=solo / "cache")):
        pass
    sources = Sources(
        base=base,
        teachers={
            "live": solo / "artifacts" / "student.safetensors",
            "said": seal(tmp_path, base, dataset, seed=1),
            "also": seal(tmp_path, base, dataset, noise=3.0, seed=2) / "predictions.npz",
        },
    )
    spec = parse({**SOLO, "teachers": ["live", "said", "also"], "method": {"kind": "emtm", "folds": 2}})
    place = Place(folder=tmp_path / "job", cache=tmp_path / "cache")
    events = list(distill(spec, sources=sources, place=place))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.baselines["teacher:said"]["r1@0.5"] > 0.6
    assert {"blind", "uniform", "static", "oracle", "medoid", "best_single"} <= set(finished.baselines)
    copies = {name for e in events if isinstance(e, Metrics) for name in e.values if name.startswith("fold/")}
    assert copies
    assert all(name.startswith("fold/live/") for name in copies), "stored predictions have no copies"
    warned = [e for e in events if isinstance(e, Warned)]
    assert "in_sample_beliefs" not in {e.code for e in warned}
    outsiders = [e.message.split("'")[1] for e in warned if e.code == "outsider"]
    assert outsiders == ["said", "also"], "nobody knows what their models have seen"
    table = pq.read_table(place.artifacts / "per_sample.parquet").to_pydict()
    assert set(table["sample_id"]) == {
        s.sample_id for split in ("train", "val", "test") for s in dataset.splits[split]
    }
    said = dict(zip(table["sample_id"], table["said/start"], strict=True))
    truth = noisy(everybody(dataset), seed=1)
    assert all(abs(said[name] - truth[name][0][0]) < 1e-9 for name in said)
    assert any(e.values for e in events if isinstance(e, Metrics) and "weight/said" in str(e.values))


def test_beliefs_follow_the_dataset_and_not_the_file(tmp_path: Path, base: Path, dataset: Dataset) -> None:
    (teacher,) = load_teachers({"said": seal(tmp_path, base, dataset)}, dataset=dataset)
    assert isinstance(teacher, StoredTeacher)
    assert not teacher.saw(dataset)
    for split, samples in dataset.splits.items():
        belief = teacher.beliefs(split=split, dataset=dataset, student_length=16, device="cpu")
        assert belief.log_joint_BLL.shape == (len(samples), 16, 16)
        assert torch.allclose(
            belief.log_joint_BLL.flatten(1).logsumexp(1), torch.zeros(len(samples)), atol=1e-4
        )
        said = noisy(everybody(dataset))
        top = torch.tensor([said[sample.sample_id][0][:2] for sample in samples])
        assert torch.allclose(belief.windows_BK2[:, 0].float(), top)


@pytest.mark.parametrize("scale", ["logits", "probabilities"])
@pytest.mark.parametrize("form", ["span", "map"])
def test_grids_of_any_size_name_the_same_window(dataset: Dataset, form: str, scale: str) -> None:
    """The likeliest cells lie at a third and two thirds of the video, on grids of 3 to 12 clips."""
    samples = dataset.splits["val"]
    sizes = np.array([3 * (1 + row % 4) for row in range(len(samples))])
    low, high = (0.001, 0.9) if scale == "probabilities" else (-4.0, 4.0)
    start, end, maps = [], [], []
    for size in sizes:
        first, last = size // 3, 2 * size // 3 - 1
        grid = np.full((size, size), low)
        grid[first, last] = high
        maps.append(grid.reshape(-1))
        start.append(np.where(np.arange(size) == first, high, low))
        end.append(np.where(np.arange(size) == last, high, low))
    values = (
        {"map": np.concatenate(maps)}
        if form == "map"
        else {"start": np.concatenate(start), "end": np.concatenate(end)}
    )
    ids = [sample.sample_id for sample in samples]
    found = made(form=form, ids=ids, sizes=sizes, values=values, file="x")  # type: ignore[arg-type]
    assert found.scale == scale
    durations = torch.tensor([[sample.duration] for sample in samples])
    wanted = durations * torch.tensor([[1 / 3, 2 / 3]])
    assert torch.allclose(best_windows(found, samples).float(), wanted, atol=1e-4)
    belief = believed(found, samples, temperature=1.0, clips={s.video_id: 12 for s in samples}, length=12)
    cells = belief.log_joint_BLL.flatten(1).argmax(1)
    assert torch.equal(cells, torch.full_like(cells, 4 * 12 + 7))


@pytest.mark.parametrize("form", ["span", "map"])
def test_stored_vectors_and_maps_mean_what_a_network_would_mean(
    dataset: Dataset, make: SimpleNamespace, form: Form
) -> None:
    samples = dataset.splits["val"]
    sizes = [20 if row % 2 else 7 for row in range(len(samples))]
    output = getattr(make, form)(sizes, length=20)
    lengths = torch.tensor([14 + row % 3 for row in range(len(samples))])
    wanted = unify(
        output,
        temperature=1.5,
        durations_B=torch.tensor([sample.duration for sample in samples], dtype=torch.float64),
        student_clips_B=lengths,
        student_length=16,
    ).log_joint_BLL

    def stored(scale: str) -> Tensor:
        values = {}
        for name in ("start", "end") if form == "span" else ("map",):
            parts = []
            for row, size in enumerate(sizes):
                logits = getattr(output, f"{name}_BL" if form == "span" else "map_BLL")[row]
                part = logits[:size] if form == "span" else logits[:size, :size]
                parts.append(
                    (part.flatten().softmax(0) if scale == "probabilities" else part.flatten()).numpy()
                )
            values[name] = np.concatenate(parts)
        found = made(
            form=form,
            ids=[sample.sample_id for sample in samples],
            sizes=np.array(sizes),
            values=values,
            file="p.npz",
            scale=scale,
        )
        parts_of = [
            believed(
                found.take(np.array([row])),
                samples[row : row + 1],
                temperature=1.5,
                clips={samples[row].video_id: int(lengths[row])},
                length=16,
            ).log_joint_BLL
            for row in range(len(samples))
        ]
        return torch.cat(parts_of)

    torch.testing.assert_close(stored("logits"), wanted)
    torch.testing.assert_close(stored("probabilities"), wanted, rtol=1e-4, atol=1e-4)


def test_spans_stored_from_a_model_are_worth_what_the_model_is(
    base: Path, dataset: Dataset, tmp_path: Path
) -> None:
    """The network's own logits, exported and read back, give its quality and its temperature."""
    from mtkd_engine.evaluation.student import fitted_temperature as fitted_of_model
    from mtkd_engine.modelfile import load_model
    from mtkd_engine.teachers.stored import fitted_temperature

    for _ in distill(
        parse(SOLO), sources=Sources(base=base), place=Place(folder=tmp_path, cache=tmp_path / "cache")
    ):
        pass
    path = tmp_path / "artifacts" / "student.safetensors"
    model, card = load_model(path)
    ids, offsets, starts, ends = [], [0], [], []
    for samples in dataset.splits.values():
        for batch in SplitData(
            samples, Collator.of(card, dataset.needed_features()), device="cpu"
        ).in_order():
            output = model(batch.inputs)
            for row, clips in enumerate(output.clip_mask_BL.sum(1).tolist()):
                starts.append(output.start_BL[row, :clips].numpy())
                ends.append(output.end_BL[row, :clips].numpy())
                offsets.append(offsets[-1] + clips)
            ids += batch.sample_ids
    np.savez(
        tmp_path / "span.npz",
        sample_id=ids,
        offsets=offsets,
        start=np.concatenate(starts),
        end=np.concatenate(ends),
    )
    stored = check_teacher(tmp_path / "span.npz", dataset=base / "planted", seal=tmp_path / "sealed")
    live = check_teacher(path, dataset=base / "planted")
    assert stored["form"] == "span"
    assert stored["quality"] == live["quality"]
    assert stored["quality"]["metrics"]["miou"] > stored["quality"]["blind"]["miou"]
    (teacher,) = load_teachers({"span": tmp_path / "sealed"}, dataset=dataset)
    assert isinstance(teacher, StoredTeacher)
    val = dataset.splits["val"]
    split = SplitData(val, Collator.of(card, dataset.needed_features()), device="cpu")
    fitted = fitted_temperature(
        teacher.predictions.take_ids(s.sample_id for s in val), val, clips={}, length=16
    )
    assert fitted == pytest.approx(fitted_of_model(model, split), rel=1e-3)


def test_incomplete_or_foreign_predictions_are_refused_with_numbers(
    tmp_path: Path, base: Path, dataset: Dataset
) -> None:
    path = write_npz(tmp_path / "val.npz", noisy(dataset.splits["val"]))
    report = check_teacher(path, dataset=base / "planted", seal=tmp_path / "val")
    assert [problem["code"] for problem in report["problems"]] == ["incomplete_coverage"]
    with pytest.raises(
        SpecError, match=r"teachers: given 'x', which predicts 0 of 36 of train, 12 of 12 of val, 0 of 15"
    ):
        load_teachers({"x": tmp_path / "val"}, dataset=dataset)
    with np.load(tmp_path / "val" / "predictions.npz") as arrays:
        changed = dict(arrays)
    meta = {**json.loads(changed["meta"].tobytes()), "dataset_hash": "0" * 64}
    changed["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(tmp_path / "other.npz", **changed)
    with pytest.raises(
        SpecError, match=r"teachers: given 'x', predictions for a dataset of hash 000000000000"
    ):
        load_teachers({"x": tmp_path / "other.npz"}, dataset=dataset)


def test_predictions_that_nobody_checked_and_the_same_ones_twice_are_refused(
    tmp_path: Path, base: Path, dataset: Dataset
) -> None:
    raw = write_jsonl(tmp_path / "raw.jsonl", noisy(everybody(dataset)))
    with pytest.raises(SpecError, match="not checked against a dataset"):
        load_teachers({"x": raw}, dataset=dataset)
    one = seal(tmp_path, base, dataset)
    check_teacher(
        write_npz(tmp_path / "same.npz", noisy(everybody(dataset))),
        dataset=base / "planted",
        seal=tmp_path / "two",
    )
    with pytest.raises(SpecError, match="'a' and 'b' are the same"):
        load_teachers({"a": one, "b": tmp_path / "two"}, dataset=dataset)


def test_the_command_line_checks_and_seals_predictions(
    tmp_path: Path, base: Path, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_jsonl(tmp_path / "p.jsonl.gz", noisy(everybody(dataset)))
    report, progress = tmp_path / "report.json", tmp_path / "progress.json"
    call = ["check", "teacher", str(path), "--dataset", str(base / "planted"), "--split", "test"]
    call += ["--seal", str(tmp_path / "sealed"), "--report", str(report), "--progress", str(progress)]
    assert main(call) == 0
    assert not capsys.readouterr().out
    read = json.loads(report.read_text())
    assert read["kind"] == "predictions"
    assert read["samples"] == 63
    assert read["coverage"]["test"] == {"covered": 15, "of": 15}
    assert read["quality"]["split"] == "test"
    assert read["quality"]["metrics"]["r1@0.5"] > read["quality"]["blind"]["r1@0.5"]
    assert json.loads(progress.read_text())["part"] == "quality"
    assert [file.name for file in (tmp_path / "sealed").iterdir()] == ["predictions.npz"]
    assert main(call) == 2
    assert "exists already" in capsys.readouterr().err
